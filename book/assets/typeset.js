// The order and the economy of typesetting: formulas in the window first, then ever farther ones,
// at last folded ones; each font is measured once; of formulas that are the same one is made and
// copied. MathJax.startup.promise still means that all stand. Loaded before MathJax.
"use strict";

(() => {
  const FOLDED = "details:not([open]) > :not(summary), [hidden]";
  const SPECIAL = /\\(tag|label|(new|renew|provide)(command|environment)|def|let|Declare|require)/;
  const NEAR = 0.5; // of the window's height: what a little scrolling shows comes with the window
  const FEW = 100, MANY = 400; // formulas at a time, after the first; more and more, up to these

  let doc = null, pending = [];
  let target = null; // what the address names: it keeps its place until the reader does something
  const metrics = new Map(), models = new Map();

  /** What MathJax measures of the font around a formula, once for each font and size. */
  function measured(element) {
    const { fontFamily, fontSize } = getComputedStyle(element), key = `${fontSize} ${fontFamily}`;
    if (!metrics.has(key)) {
      const probe = document.createElement("div");
      Object.assign(probe.style, { fontFamily, fontSize, position: "absolute" });
      document.body.append(probe);
      metrics.set(key, doc.outputJax.getMetricsFor(probe, false));
      probe.remove();
    }
    return metrics.get(key);
  }

  /** Typeset these formulas: one of each kind by MathJax, the others as copies of it. */
  function typeset(items) {
    const made = [], copies = [];
    for (const item of items) {
      item.around = item.start.node.parentElement;
      if (SPECIAL.test(item.math)) {
        made.push(item);
        continue;
      }
      item.measured = measured(item.around);
      const key = [item.measured.scale, item.display, item.math].join(" ");
      if (models.has(key)) {
        copies.push([item, models.get(key)]);
      } else {
        models.set(key, item);
        made.push(item);
      }
    }
    doc.math.clear();
    doc.math.push(...made);
    doc.processed.reset();
    doc.processed.set("findMath");
    doc.compile();
    for (const item of made) {
      if (!item.measured) continue; // its width matters too: MathJax measures itself
      const { em, ex, containerWidth, lineWidth, scale } = item.measured;
      item.setMetrics(em, ex, containerWidth, lineWidth, scale);
      item.state(MathJax._.core.MathItem.STATE.METRICS);
    }
    doc.render();
    for (const [item, model] of copies) {
      item.typesetRoot = model.typesetRoot.cloneNode(true);
      item.updateDocument(doc);
    }
    const done = items.map((item) => item.typesetRoot);
    target?.scrollIntoView({ behavior: "instant" });
    document.dispatchEvent(new CustomEvent("typeset", { detail: done }));
  }

  /** Take from what is pending: what is special, else what is in the window or near it, else about
      `many` next to it, else what is folded. */
  function next(many) {
    const height = window.innerHeight, ranks = new Map();
    for (const item of pending) {
      const element = item.start.node.parentElement;
      if (SPECIAL.test(item.math)) ranks.set(item, -1);
      else if (element.closest(FOLDED)) ranks.set(item, Infinity);
      else {
        const { top, bottom } = element.getBoundingClientRect();
        ranks.set(item, Math.max(0, -bottom / height - NEAR, top / height - 1 - NEAR));
      }
    }
    pending.sort((a, b) => ranks.get(a) - ranks.get(b) || 0);
    let end = pending.findIndex((item) => ranks.get(item) > 0);
    if (end < 0) end = pending.length;
    else if (end === 0) end = many;
    return pending.splice(0, end);
  }

  const turn = () => new Promise((resolve) => { setTimeout(resolve); });

  async function all() {
    if (document.readyState === "interactive") { // the other scripts first, which move formulas
      await new Promise((resolve) => {
        document.addEventListener("DOMContentLoaded", () => setTimeout(resolve), { once: true });
      });
    }
    window.FontAwesome?.noAuto?.(); // the icons stand; it need not look for more in each formula
    doc = MathJax.startup.document;
    doc.findMath();
    const found = [...doc.math];
    pending = [...found];
    if (performance.getEntriesByType("navigation")[0]?.type === "navigate") {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      for (const act of ["wheel", "touchmove", "keydown", "pointerdown"]) {
        window.addEventListener(act, () => { target = null; }, { once: true, passive: true });
      }
    }
    window.addEventListener("beforeprint", finish);
    for (let many = FEW; pending.length; many = Math.min(2 * many, MANY)) {
      typeset(next(many));
      if (!document.hidden) await turn(); // nobody waits for a page that is out of sight
    }
    doc.math.clear();
    doc.math.push(...found);
  }

  /** All that is left, at once: paper has no later. */
  function finish() {
    if (pending.length) typeset(pending.splice(0));
  }

  window.MathJax = { ...window.MathJax, startup: { pageReady: all } };
})();

// A formula within a line that is wider than the line scrolls within itself, not out of the page;
// the comma after a formula stays with it; the lines of a printed table stay whole.
"use strict";

(() => {
  const LINE = "p, li, dd, dt, td, th, figcaption, summary, div, aside";

  const FOLDED = "details:not([open]) > :not(summary), [hidden]"; // to be measured once it opens

  /** Mark what is too wide among these formulas; those of a proof scroll with their row. */
  function mark(containers = document.querySelectorAll("mjx-container")) {
    const formulas = [...containers]
      .filter((formula) => formula.matches("article mjx-container:not([display])"))
      .filter((formula) => !formula.closest(`.memorize-proof .m, ${FOLDED}`));
    formulas.forEach((formula) => formula.classList.remove("house-wide"));
    const wide = formulas.filter((formula) => {
      const line = formula.closest(LINE);
      return line !== null && formula.getBoundingClientRect().width > line.clientWidth;
    });
    wide.forEach((formula) => formula.classList.add("house-wide"));
  }

  const NARROW = 600, FULL = 34; // pixels of a phone; glyphs that fill its line

  /** About how many characters a formula shows. */
  const glyphs = (tex) =>
    tex.replace(/\\(left|right|[bB]igg?[lr]?|t?frac|mathbb|mathcal|operatorname)\b/g, "")
      .replace(/\\([a-zA-Z]+|.)/g, "x").replace(/[{}_^\s]/g, "").length;

  /** Split LaTeX before or at what `sign` matches outside all brackets; whole if these are odd. */
  function split(tex, sign, keep) {
    const parts = [""], open = [];
    for (const [token] of tex.matchAll(/\\[a-zA-Z]+|\\.|[\s\S]/g)) {
      const bar = token === "|" || token === "\\|";
      if (bar ? open.at(-1) === token : /^([)\]}]|\\(rangle|rvert|rVert|rbrace|rfloor|rceil|\}))$/.test(token)) {
        if (open.pop() === undefined) return [tex];
      } else if (bar || /^([([{]|\\(langle|lvert|lVert|lbrace|lfloor|lceil|\{))$/.test(token)) open.push(token);
      else if (!open.length && sign.test(token) && !/[_^:]\s*$/.test(parts.at(-1))) {
        parts.push(keep ? token : "");
        continue;
      }
      parts[parts.length - 1] += token;
    }
    return open.length || /\\(left|right)\./.test(tex) ? [tex] : parts.filter((p) => p.trim());
  }

  /** A long formula as lines: before its relation signs, and long sides between their terms. */
  function lines(tex) {
    if (glyphs(tex) <= FULL) return tex;
    const found = [], short = (line) => glyphs(line) < 6; // stays with what follows
    const sides = split(tex, /^(=|<|>|\\(le|ge|iff|approx|longrightarrow))$/, true);
    if (sides.length > 1 && short(sides[0])) sides.splice(0, 2, sides[0] + sides[1]);
    for (const side of sides) {
      let line = "";
      for (const term of split(side, /^[+-]$/, true)) {
        if (!short(line) && glyphs(line + term) > FULL) {
          found.push(line);
          line = `\\quad{}${term}`;
        } else line += term;
      }
      found.push(line);
    }
    return `\\begin{aligned}&${found.join("\\\\&{}")}\\end{aligned}`;
  }

  /** On a phone: displayed formulas that stand side by side one below the other, long ones broken. */
  function stack() {
    for (const block of document.querySelectorAll("article div.math")) {
      const tex = /^\s*\\\[([\s\S]*)\\\]\s*$/.exec(block.textContent)?.[1];
      if (!tex || block.children.length || glyphs(tex) <= FULL) continue;
      if (/\\begin|\\\\|&|\\tag|\\label/.test(tex)) continue;
      const parts = split(tex, /^\\q?quad$/, false).map(lines);
      block.textContent = `\\[\\begin{gathered}${parts.join("\\\\")}\\end{gathered}\\]`;
    }
  }

  document.addEventListener("readystatechange", () => { // before MathJax reads the page
    if (document.readyState === "interactive" && window.innerWidth <= NARROW) stack();
  });

  /** Put each formula within a line, the bracket before it and the punctuation after it in one
      unbreakable span. */
  function keep() {
    for (const formula of document.querySelectorAll("article span.math")) {
      const after = formula.nextSibling;
      const sign = after?.nodeType === Node.TEXT_NODE && /^[.,;:!?)’”]+/.exec(after.data);
      const before = formula.previousSibling;
      const bracket = before?.nodeType === Node.TEXT_NODE ? before.data.search(/[(“‘]+$/) : -1;
      if (!(sign || bracket >= 0) || formula.closest(".house-keep")) continue;
      const span = document.createElement("span");
      span.className = "house-keep";
      formula.before(span);
      if (bracket >= 0) span.append(before.splitText(bracket));
      span.append(formula);
      if (sign) {
        after.splitText(sign[0].length);
        span.append(after);
      }
    }
  }

  /** Mark printed tables: at least two lines with columns set apart by spaces. */
  function tables() {
    for (const block of document.querySelectorAll(".cell_output pre")) {
      const lines = block.textContent.split("\n").filter((line) => /\S {2,}\S/.test(line));
      block.classList.toggle("house-table", lines.length > 1);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    keep();
    tables();
    document.addEventListener("typeset", (event) => mark(event.detail));
    let timer = 0;
    const soon = () => { // once for many folds that open together
      clearTimeout(timer);
      timer = setTimeout(() => mark(), 50);
    };
    document.addEventListener("toggle", soon, true);
    window.addEventListener("resize", soon);
  });
})();

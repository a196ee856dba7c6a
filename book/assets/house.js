// A formula within a line that is wider than the line scrolls within itself, not out of the page;
// the comma after a formula stays with it; the lines of a printed table stay whole.
"use strict";

(() => {
  const LINE = "p, li, dd, dt, td, th, figcaption, summary, div, aside";

  function mark() {
    const formulas = [...document.querySelectorAll("article mjx-container:not([display])")]
      .filter((formula) => !formula.closest(".memorize-proof .m")); // there the row scrolls
    formulas.forEach((formula) => formula.classList.remove("house-wide"));
    const wide = formulas.filter((formula) => {
      const line = formula.closest(LINE);
      return line !== null && formula.getBoundingClientRect().width > line.clientWidth;
    });
    wide.forEach((formula) => formula.classList.add("house-wide"));
  }

  /** Put each formula within a line and the punctuation after it in one unbreakable span. */
  function keep() {
    for (const formula of document.querySelectorAll("article span.math")) {
      const after = formula.nextSibling;
      const sign = after?.nodeType === Node.TEXT_NODE && /^[.,;:!?)’”]+/.exec(after.data);
      if (!sign || formula.closest(".house-keep")) continue;
      const span = document.createElement("span");
      span.className = "house-keep";
      formula.before(span);
      after.splitText(sign[0].length);
      span.append(formula, after);
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
    window.MathJax?.startup?.promise?.then(mark);
    let timer = 0;
    const soon = () => { // once for many folds that open together
      clearTimeout(timer);
      timer = setTimeout(mark, 50);
    };
    document.addEventListener("toggle", soon, true);
    window.addEventListener("resize", soon);
  });
})();

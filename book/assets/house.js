// A formula within a line that is wider than the line scrolls within itself, not out of the page.
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

  document.addEventListener("DOMContentLoaded", () => {
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

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
    document.addEventListener("toggle", mark, true);
    let timer = 0;
    window.addEventListener("resize", () => {
      clearTimeout(timer);
      timer = setTimeout(mark, 50);
    });
  });
})();

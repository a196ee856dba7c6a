// Bounds at one's own numbers: the same search as memorize.statements.bound, in the page.
"use strict";

const memorizeBound = (() => {
  const STEPS = 64, DOUBLINGS = 50;

  const contains = (p, x) =>
    Number.isFinite(x) &&
    (p.low === null || p.low < x || (p.low === x && !p.open[0])) &&
    (p.high === null || x < p.high || (x === p.high && !p.open[1])) &&
    (!p.integer || Number.isInteger(x));

  const isVacuous = (bound, value, trivial) => {
    const better = bound.sense === "<=" ? trivial - value : value - trivial;
    return !(better > 1e-12 * Math.abs(value));
  };

  function vacuousAt(bound, values) {
    const [value, trivial] = bound.numbers(values).slice(-2);
    return Number.isNaN(value + trivial) ? null : isVacuous(bound, value, trivial);
  }

  function grid(p, start, direction) {
    const up = direction === "up", end = up ? p.high : p.low, sign = up ? 1 : -1;
    let points = [];
    if (end !== null) {
      const gap = end - start;
      for (let k = 1; k <= STEPS; k++) points.push(start + (gap * k) / STEPS);
      for (let k = 1; k < DOUBLINGS; k++) points.push(end - gap * 2 ** -k);
    } else {
      const scale = Math.max(Math.abs(start), 1) / STEPS;
      for (let k = 1; k <= STEPS; k++) points.push(start + sign * scale * k);
      for (let k = 1; k < DOUBLINGS; k++) points.push(start + sign * scale * 2 ** k);
    }
    if (p.integer) points = points.map(up ? Math.floor : Math.ceil);
    return points.filter((x) => x !== start && contains(p, x)).sort((a, b) => sign * (a - b));
  }

  function bisect(vacuous, last, far, integer) {
    const here = vacuous(last);
    for (;;) {
      let middle = (last + far) / 2;
      if (integer) middle = last + Math.trunc(middle - last);
      const close = Math.abs(far - last) <= 1e-13 * Math.max(Math.abs(far), Math.abs(last));
      if ((close && !integer) || middle === last || middle === far) return far;
      if (vacuous(middle) === here) last = middle;
      else far = middle;
    }
  }

  function crossing(bound, values, p, direction) {
    const vacuous = (x) => vacuousAt(bound, { ...values, [p.name]: x });
    let last = values[p.name];
    const here = vacuous(last);
    for (const x of grid(p, last, direction)) {
      const there = vacuous(x);
      if (there === null) break;
      if (there !== here) {
        return { direction, at: bisect(vacuous, last, x, p.integer), vacuous: there, limit: x };
      }
      last = x;
    }
    return { direction, at: null, vacuous: here, limit: last };
  }

  // What BoundFormula.evaluate returns; throws an Error that names the argument.
  function evaluate(bound, values) {
    for (const p of bound.parameters) {
      if (!contains(p, values[p.name])) throw new Error(`${p.name} must be ${p.said}`);
    }
    const numbers = bound.numbers(values);
    if (numbers.some(Number.isNaN)) throw new Error("the formula is not defined at these numbers");
    const [value, trivial] = numbers.slice(-2);
    return {
      terms: numbers.slice(0, -2),
      value,
      trivial,
      vacuous: isVacuous(bound, value, trivial),
      crossings: bound.parameters.map((p) =>
        ["down", "up"].map((direction) => crossing(bound, values, p, direction))),
    };
  }

  const tidy = (x) => String(Number(x.toPrecision(10)));

  function told(bound, found) {
    const lines = bound.parameters.map((p, i) => [p.name, found.crossings[i]
      .filter((c) => c.at !== null)
      .map((c) => `${c.vacuous ? "turns vacuous" : "stops being vacuous"} at ${tidy(c.at)}, ` +
        `going ${c.direction}`)]);
    return lines.filter(([, changes]) => changes.length > 0)
      .map(([name, changes]) => [name, `: ${changes.join("; ")}`]);
  }

  function verdict(found) {
    if (found.vacuous) {
      return `vacuous at these numbers: ${tidy(found.trivial)} is known without it`;
    }
    return Number.isFinite(found.trivial)
      ? `not vacuous: without the statement one knows only ${tidy(found.trivial)}`
      : "";
  }

  // A slider moves its number by a factor of up to 32 either way, or across a bounded domain.
  function slid(p, centre, s) {
    let x = p.low !== null && p.high !== null
      ? s < 0 ? centre + s * (centre - p.low) * 0.999 : centre + s * (p.high - centre) * 0.999
      : centre * 32 ** s;
    if (p.integer) x = Math.round(x);
    return contains(p, x) ? x : centre;
  }

  function start(form) {
    const bound = globalThis.memorizeBounds[form.dataset.bound];
    const put = (name, text) => { form.querySelector(`[${name}]`).textContent = text; };
    const inputs = bound.parameters.map((p) => form.elements[p.name]);
    const show = () => {
      const values = Object.fromEntries(bound.parameters.map((p, i) =>
        [p.name, inputs[i].value === "" ? NaN : Number(inputs[i].value)]));
      let found;
      try {
        found = evaluate(bound, values);
      } catch (error) {
        form.querySelectorAll("output").forEach((o) => { o.textContent = ""; });
        put("data-verdict", error.message);
        form.querySelector("[data-crossings]").replaceChildren();
        return;
      }
      form.querySelectorAll("[data-term]").forEach((o, i) => { o.textContent = tidy(found.terms[i]); });
      put("data-value", tidy(found.value));
      put("data-verdict", verdict(found));
      form.classList.toggle("vacuous", found.vacuous);
      form.querySelector("[data-crossings]").replaceChildren(...told(bound, found).map(([name, said]) => {
        const line = document.createElement("li"), label = form.elements[name].labels[0];
        line.append(...[...label.childNodes].map((node) => node.cloneNode(true)), said);
        return line;
      }));
    };
    bound.parameters.forEach((p, i) => {
      const slider = inputs[i].nextElementSibling;
      let centre = Number(inputs[i].value) || 1;
      inputs[i].addEventListener("input", () => {
        centre = Number(inputs[i].value) || centre;
        slider.value = "0";
        show();
      });
      slider.addEventListener("input", () => {
        inputs[i].value = tidy(slid(p, centre, Number(slider.value)));
        show();
      });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
  }

  return { evaluate, start };
})();

if (typeof document !== "undefined") {
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form.memorize-bound").forEach(memorizeBound.start);
  });
}

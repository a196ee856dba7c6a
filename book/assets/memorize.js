// Cards that show a statement where it is referred to; filters and sorting for the ledger; the
// graph's ancestors. Everything works from file:// and asks nobody for anything.
"use strict";

(() => {
  // ---- cards ----------------------------------------------------------------------------------
  let shown = null;
  let timer = 0;

  function hide() {
    clearTimeout(timer);
    if (shown !== null) shown.card.hidden = true;
    shown = null;
  }

  function show(link) {
    const card = document.getElementById(`preview-${link.dataset.st}`);
    if (card === null) return;
    if (shown !== null && shown.card !== card) hide();
    clearTimeout(timer);
    shown = { card, link };
    card.hidden = false;
    const at = link.getBoundingClientRect(), size = card.getBoundingClientRect(), gap = 8;
    const widest = document.documentElement.clientWidth - size.width - gap;
    const below = at.bottom + gap, fits = below + size.height <= window.innerHeight;
    card.style.left = `${Math.max(gap, Math.min(at.left, widest))}px`;
    card.style.top = `${Math.max(gap, fits ? below : at.top - size.height - gap)}px`;
  }

  function hideSoon() {
    clearTimeout(timer);
    timer = setTimeout(hide, 250);
  }

  function cards() {
    document.querySelectorAll("a.memorize-st, span.memorize-st").forEach((link) => {
      let touched = false;
      if (link.tagName === "SPAN") link.tabIndex = 0;
      link.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; });
      link.addEventListener("pointerenter", (event) => {
        if (event.pointerType !== "touch") show(link);
      });
      link.addEventListener("pointerleave", (event) => {
        if (event.pointerType !== "touch") hideSoon();
      });
      link.addEventListener("focus", () => { if (!touched) show(link); });
      link.addEventListener("blur", hideSoon);
      // A first tap shows the card, a second one follows the link.
      link.addEventListener("click", (event) => {
        if (touched && (shown === null || shown.link !== link)) {
          event.preventDefault();
          show(link);
        }
      });
    });
    document.querySelectorAll(".memorize-preview").forEach((card) => {
      card.addEventListener("pointerenter", () => clearTimeout(timer));
      card.addEventListener("pointerleave", (event) => {
        if (event.pointerType !== "touch") hideSoon();
      });
      card.addEventListener("focusin", () => clearTimeout(timer));
      card.addEventListener("focusout", hideSoon);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    document.addEventListener("pointerdown", (event) => {
      const inside = event.target.closest(".memorize-preview, .memorize-st");
      if (inside === null) hide();
    });
    // Moving to a link may scroll the page, and smoothly: the card goes with its link, and is away
    // while that is out of sight.
    window.addEventListener("scroll", () => {
      if (shown === null) return;
      const { card, link } = shown, at = link.getBoundingClientRect();
      const seen = at.bottom > 0 && at.top < window.innerHeight;
      if (!card.matches(":hover") && !link.matches(":hover, :focus")) hide();
      else if (seen) show(link);
      else card.hidden = true;
    });
  }

  // ---- the ledger -----------------------------------------------------------------------------
  function selection(name, label, values) {
    const select = document.createElement("select");
    select.setAttribute("aria-label", label);
    select.name = name;
    select.append(new Option(label, ""), ...values.map((value) => new Option(value, value)));
    return select;
  }

  function filters(table) {
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const values = (name) => [...new Set(rows.flatMap((row) => row.dataset[name].split(" ")))]
      .filter(Boolean);
    const bar = document.createElement("form"), search = document.createElement("input");
    const count = document.createElement("output");
    bar.className = "memorize-filters";
    bar.setAttribute("aria-label", "Filter the ledger");
    search.type = "search";
    search.placeholder = "Text";
    search.setAttribute("aria-label", "Text");
    const selects = [
      selection("part", "Every part", values("part")),
      selection("status", "Every status", values("status")),
      selection("kinds", "Every kind of check", values("kinds")),
    ];
    const apply = () => {
      const wanted = search.value.toLowerCase();
      rows.forEach((row, i) => {
        row.hidden = !texts[i].includes(wanted) || selects.some((select) =>
          select.value !== "" && !row.dataset[select.name].split(" ").includes(select.value));
      });
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    };
    bar.append(search, ...selects, count);
    bar.addEventListener("input", apply);
    bar.addEventListener("submit", (event) => event.preventDefault());
    table.parentElement.before(bar);
    apply();
  }

  function sorting(table) {
    const body = table.tBodies[0], original = [...body.rows];
    const key = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.sort ?? cell.textContent;
    };
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "none" };
        const order = next[heading.getAttribute("aria-sort")] ?? "ascending";
        [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
        const rows = [...original];
        if (order !== "none") {
          const sign = order === "ascending" ? 1 : -1;
          heading.setAttribute("aria-sort", order);
          rows.sort((a, b) => sign * key(a, column).localeCompare(key(b, column), "en"));
        }
        body.append(...rows);
      });
    });
  }

  // ---- the graph ------------------------------------------------------------------------------
  function lineage(graph) {
    const edges = [...graph.querySelectorAll(".edge")];
    const nodes = [...graph.querySelectorAll(".node")];
    const reach = (start, from, to) => {
      const seen = new Set([start]);
      for (const id of seen) {
        edges.forEach((edge) => { if (edge.dataset[from] === id) seen.add(edge.dataset[to]); });
      }
      return seen;
    };
    const mark = (id) => {
      const above = reach(id, "to", "from"), below = reach(id, "from", "to");
      const kin = new Set([...above, ...below]);
      graph.classList.add("tracing");
      nodes.forEach((node) => node.classList.toggle("kin", kin.has(node.dataset.id)));
      edges.forEach((edge) => {
        const { from, to } = edge.dataset;
        const both = (set) => set.has(from) && set.has(to);
        edge.classList.toggle("kin", both(above) || both(below));
      });
    };
    const clear = () => graph.classList.remove("tracing");
    nodes.forEach((node) => {
      node.addEventListener("pointerenter", () => mark(node.dataset.id));
      node.addEventListener("focus", () => mark(node.dataset.id));
      node.addEventListener("pointerleave", clear);
      node.addEventListener("blur", clear);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    cards();
    document.querySelectorAll("table.memorize-ledger").forEach((table) => {
      filters(table);
      sorting(table);
    });
    document.querySelectorAll(".memorize-graph").forEach(lineage);
  });
})();

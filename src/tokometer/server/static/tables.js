// @ts-check
// Tables as their readers want them: sorted by a column, with or without what *Other* stands for.

/** Sorts a panel's table as its reader has chosen. @param {HTMLElement} panel */
export function sort(panel) {
  const body = panel.querySelector("tbody");
  if (!body || !panel.dataset.sort) return;
  const [column, direction] = panel.dataset.sort.split(" ");
  /** @param {HTMLTableRowElement} row */
  const data = (row) => row.cells[Number(column)]?.dataset ?? {};
  /** @param {HTMLTableRowElement} row */
  const words = (row) => data(row).sortText ?? row.cells[0].textContent ?? "";
  const rows = [...body.rows].filter((row) => !row.classList.contains("more-row"));
  rows.sort((one, other) => {
    const [a, b] = [data(one).sortValue, data(other).sortValue];
    const order = a === undefined || b === undefined ? words(one).localeCompare(words(other)) : Number(a) - Number(b);
    return direction === "ascending" ? order : -order;
  });
  body.prepend(...rows);
  panel.querySelectorAll("thead th").forEach((head, index) => {
    if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", index === Number(column) ? direction : "none");
  });
}

/** Shows or hides what *Other* stands for. @param {HTMLElement} panel */
export function more(panel) {
  const open = panel.dataset.more === "open";
  for (const row of panel.querySelectorAll(".folded")) /** @type {HTMLElement} */ (row).hidden = !open;
  panel.querySelector("[data-do=more]")?.setAttribute("aria-expanded", String(open));
}

/** Shows only the rows with what the reader looks for, those of *Other* among them. @param {HTMLElement} panel */
export function find(panel) {
  const wanted = (panel.dataset.find ?? "").trim().toLowerCase();
  const box = /** @type {HTMLInputElement | null} */ (panel.querySelector("[data-find]"));
  if (box && box.value !== (panel.dataset.find ?? "")) box.value = panel.dataset.find ?? "";
  if (!wanted) {
    for (const row of panel.querySelectorAll("tbody tr:not(.folded)")) /** @type {HTMLElement} */ (row).hidden = false;
    more(panel);
    return;
  }
  for (const row of panel.querySelectorAll("tbody tr")) {
    const name = row.querySelector("th");
    const words = `${name?.textContent} ${name?.querySelector("[title]")?.getAttribute("title")}`.toLowerCase();
    /** @type {HTMLElement} */ (row).hidden = row.classList.contains("more-row") || !words.includes(wanted);
  }
}

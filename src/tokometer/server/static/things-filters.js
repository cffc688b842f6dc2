// @ts-check
// An editor of filters within a dialog of things.js: rows of a dimension and its values, as `{team: ["research"]}`.
// Drawn by `filters` of things.html; its data-filters is the field's name, its data-dimensions titles by name.

import { make } from "./sending.js";

for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-filters]"))) begin(box);

/** @param {HTMLElement} box */
function begin(box) {
  const form = /** @type {HTMLFormElement} */ (box.closest("form")), name = box.dataset.filters ?? "filters";
  const rows = /** @type {HTMLElement} */ (box.querySelector("[data-filters-rows]"));
  const add = /** @type {HTMLButtonElement} */ (box.querySelector("[data-filters-add]"));
  add.addEventListener("click", () => /** @type {HTMLElement | null} */ (rows.appendChild(row(box, "", [])).querySelector("select"))?.focus());
  form.addEventListener("filled", (event) => {
    const given = Object.entries(/** @type {CustomEvent} */ (event).detail[name] ?? {});
    rows.replaceChildren(...given.map(([dimension, values]) => row(box, dimension, /** @type {string[]} */ (values))));
  });
  form.addEventListener("gathered", (event) => {
    /** @type {Record<string, string[]>} */
    const found = {};
    for (const one of rows.children) {
      const [dimension, values] = /** @type {[HTMLSelectElement, HTMLInputElement]} */ ([...one.querySelectorAll("select, input")]);
      const told = split(values.value);
      if (dimension.value && told.length) found[dimension.value] = [...(found[dimension.value] ?? []), ...told];
    }
    /** @type {CustomEvent} */ (event).detail[name] = found;
  });
}

let count = 0;

/** @param {HTMLElement} box @param {string} dimension @param {string[]} values */
function row(box, dimension, values) {
  /** @type {Record<string, string>} */
  const titles = JSON.parse(box.dataset.dimensions ?? "{}");
  if (dimension && !titles[dimension]) titles[dimension] = dimension;
  const id = `filter-values-${++count}`;
  const choose = /** @type {HTMLSelectElement} */ (make("select", { "aria-label": "Dimension" },
    ...Object.entries(titles).map(([name, title]) => make("option", { value: name, selected: name === dimension }, title))));
  const input = /** @type {HTMLInputElement} */ (make("input", { "aria-label": "Values, with commas between them", list: id, autocomplete: "off", spellcheck: "false", placeholder: "one, or several with commas" }));
  const known = make("datalist", { id }), off = make("button", { type: "button", class: "icon-button", "aria-label": "Remove this filter", title: "Remove" }, "✕");
  input.value = joined(values);
  const line = make("div", { class: "filter-row" }, choose, input, known, off);
  off.addEventListener("click", () => {
    line.remove();
    /** @type {HTMLElement | null} */ (box.querySelector("[data-filters-add]"))?.focus();
  });
  const offer = async () => known.replaceChildren(...(await valuesOf(choose.value)).map((value) => make("option", { value })));
  choose.addEventListener("change", offer);
  input.addEventListener("focus", offer, { once: true });
  return line;
}

/** @type {Promise<{name: string, values: {value: string}[]}[]> | undefined} */
let offered;

/** The values that are used most. @param {string} dimension @returns {Promise<string[]>} */
async function valuesOf(dimension) {
  offered ??= fetch("/api/filters?range=30d").then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
  const group = (await offered).find((one) => one.name === dimension);
  return (group?.values ?? []).map((one) => one.value).filter(Boolean);
}

/** Values as they are typed: a comma within one has a backslash before it. @param {string} text */
function split(text) {
  return text.split(/(?<!\\),/).map((one) => one.trim().replaceAll("\\,", ",")).filter(Boolean);
}

/** @param {string[]} values */
function joined(values) {
  return values.map((one) => one.replaceAll(",", "\\,")).join(", ");
}

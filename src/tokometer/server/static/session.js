// @ts-check
// The page of a session: draws its course, and lists the kinds of record that are wanted.

import { Charts } from "./chart.js";
import "./shell.js";

const { vega = "", charts: kit = "" } = /** @type {HTMLElement} */ (document.getElementById("charts")).dataset;
/** @type {Record<string, import("./layout.js").ChartData>} */
const data = JSON.parse(document.getElementById("chart-data")?.textContent ?? "{}");
if (Object.keys(data).length) {
  const charts = new Charts(vega, kit, /** @type {HTMLElement} */ (document.getElementById("tip")));
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-chart]"))) {
    charts.show(element, data[element.dataset.chart ?? ""]);
  }
}

const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#timeline-rows [data-kind]")]);
/** @type {Map<string, number>} */
const kinds = new Map();
for (const row of rows) if (row.id) kinds.set(row.dataset.kind ?? "", (kinds.get(row.dataset.kind ?? "") ?? 0) + 1);
const group = /** @type {HTMLElement} */ (document.getElementById("kinds"));

/** @param {HTMLButtonElement} button */
function toggle(button) {
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  for (const row of rows) if (row.dataset.kind === button.value) row.hidden = !shown;
}

for (const [kind, count] of kinds.size > 1 ? kinds : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button toggle";
  button.value = kind;
  button.textContent = `${kind} ${count.toLocaleString("en")}`;
  button.setAttribute("aria-pressed", "true");
  button.addEventListener("click", () => toggle(button));
  group.append(button);
}

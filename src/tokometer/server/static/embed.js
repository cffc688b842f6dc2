// @ts-check
// A panel or widget in the page of another: shows it, and renews it for as long as the link opens.

import { Charts } from "./chart.js";
import { renew } from "./keep.js";
import { more } from "./tables.js";

/** @typedef {{title: string, html: string, chart: import("./layout.js").ChartData | null, range: string}} Content */

const root = /** @type {HTMLElement} */ (document.getElementById("embed"));
const panel = /** @type {HTMLElement} */ (root.querySelector(".panel"));
const body = /** @type {HTMLElement} */ (panel.querySelector(".panel-body"));
const state = /** @type {HTMLElement} */ (document.getElementById("embed-state"));
const charts = new Charts(root.dataset.vega ?? "", root.dataset.charts ?? "", /** @type {HTMLElement} */ (document.getElementById("tip")));
const every = Math.max(5, Number(root.dataset.every) || 60) * 1000;
const GONE = [404, 410];

async function show() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${location.pathname}/content`);
    if (GONE.includes(answer.status)) return end((await answer.json()).detail);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    /** @type {Content} */
    const content = await answer.json();
    const place = renew(body, content.html);
    more(panel);
    if (place?.isConnected && content.chart) charts.show(place, content.chart);
    charts.sweep();
    for (const button of body.querySelectorAll("button:not([data-do=more])")) button.setAttribute("tabindex", "-1");
    /** @type {HTMLElement} */ (document.getElementById("embed-range")).textContent = content.range;
    state.textContent = "";
    panel.removeAttribute("aria-busy");
  } catch (error) {
    state.textContent = `Not up to date: ${error instanceof TypeError ? "the server does not answer" : /** @type {Error} */ (error).message}`;
  }
}

/** @param {string} why */
function end(why) {
  clearInterval(timer);
  const words = document.createElement("p");
  words.className = "ended";
  words.textContent = why;
  body.replaceChildren(words);
  panel.removeAttribute("aria-busy");
}

document.addEventListener("click", (event) => {
  if (!(/** @type {HTMLElement} */ (event.target).closest("[data-do=more]"))) return;
  panel.dataset.more = panel.dataset.more === "open" ? "" : "open";
  more(panel);
});
document.addEventListener("visibilitychange", () => show());
const timer = setInterval(show, every);
show();

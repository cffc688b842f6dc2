// @ts-check
// The menus of a mark, a name and a panel.

import { records } from "./chosen.js";
import { about, address, drillOf } from "./drill.js";
import { menu } from "./menu.js";

/**
 * @typedef {import("./chosen.js").Page} Page
 * @typedef {import("./chosen.js").Place} Place
 * @typedef {import("./menu.js").Choice} Choice
 */

/** What a panel can be saved as: titles by how the address ends. @type {Record<string, string>} */
const FORMATS = JSON.parse(document.getElementById("dashboard")?.dataset.forms ?? "{}");

/** What a file of this form is asked for with: a picture wears the colours of the page. @param {Page} page @param {string} form */
const asked = (page, form) => `${page.query()}${/^(png|svg)$/.test(form) ? `&theme=${document.documentElement.dataset.theme ?? "light"}` : ""}`;

/**
 * @param {Page} page
 * @param {[dimension: string, value: string] | null} pick
 * @param {[since: number, until: number] | null} zoom
 * @param {string} to the list of its records
 * @returns {Choice[]}
 */
function choices({ filters, zoom: into }, pick, zoom, to) {
  return [
    ...(pick ? [
      { text: filters.has(...pick) ? "No longer only this" : "Show only this", act: () => filters.toggle(...pick) },
      { text: "Leave this out", note: "Alt + click", act: () => filters.exclude(...pick) },
    ] : []),
    ...(zoom ? [{ text: "Look into this time", act: () => into(...zoom) }] : []),
    ...(to ? [{ text: "Show the calls", href: to }] : []),
  ];
}

/**
 * The form of an alert rule, filled with what is looked at.
 * @param {import("./drill.js").Drill | undefined} drill
 * @param {[dimension: string, value: string]} [about]
 * @returns {Choice[]}
 */
function alarm(drill, about) {
  if (!drill?.of) return [];
  const [cube] = drill.of.split("."), asked = new URLSearchParams({ alert: "1", measure: drill.of, tz: drill.tz });
  const own = about ? [`${cube}.${about[0]} in ${JSON.stringify([about[1]])}`] : [];
  for (const one of [...(drill.where[cube] ?? []), ...own]) asked.append("where", one);
  const window = new URLSearchParams(location.search).get("range") ?? drill.since;
  asked.set("window", /^([1-9]\d*(m|h|d|w|mo|y)|today|week|month)$/.test(window) ? window : "24h");
  return [{ text: "Alert me about this", href: `/alerts?${asked}` }];
}

/** @param {Page} page @param {import("./chosen.js").Chosen} chosen */
export function ofMark(page, { mark, from, ...place }) {
  const { pick, zoom } = mark, to = records(from, mark);
  if (pick || zoom || to) menu(pick ? page.filters.label(...pick) : "This mark", choices(page, pick, zoom, to), { ...place, from });
}

/** @param {Page} page @param {Place} place */
export function ofName(page, place) {
  const { from } = place, { filter = "", value = "" } = from.dataset, drill = drillOf(from), row = from.closest("tr, li");
  // The first number of its row; where there is none, all of its calls.
  const number = row?.querySelector("a[data-of]")?.getAttribute("href");
  const to = number ?? (drill ? address(drill, "calls.requests", row ? about(from) : [[filter, [value]]]) : "");
  const found = choices(page, [filter, value], null, to), asked = new URLSearchParams(location.search);
  const more = /** @type {HTMLAnchorElement | null | undefined} */ (from.closest("[data-panel]")?.querySelector("a[data-leads]"));
  asked.delete(filter);
  asked.append(filter, value);
  if (more) found.push({ text: `Show in ${more.textContent}`, href: `${more.pathname}?${asked}` });
  if (filter === "model") found.push({ text: "What if …", href: `/what-if?${asked}` });
  menu(page.filters.label(filter, value), [...found, ...alarm(drill, [filter, value])], place);
}

/** @param {Page} page @param {HTMLElement} from the button of a panel */
export function ofPanel(page, from) {
  const panel = /** @type {HTMLElement} */ (from.closest("[data-panel]")), id = panel.dataset.panel ?? "";
  const { left, bottom } = from.getBoundingClientRect(), drill = drillOf(panel);
  const to = drill?.of ? address(drill, drill.of, []) : "";
  const more = /** @type {HTMLAnchorElement | null} */ (panel.querySelector("a[data-leads]"));
  menu(from.getAttribute("aria-label") ?? "", [
    ...(to ? [{ text: "Show the calls", href: to }] : []),
    ...(more ? [{ text: `More in ${more.textContent}`, href: more.href }] : []),
    ...alarm(drill),
    { text: "Renew now", act: () => page.renew(panel) },
    { text: "paused" in panel.dataset ? "Go on renewing" : "Pause", act: () => page.pause(panel) },
    ...Object.entries(FORMATS).map(([ending, title]) => ({ text: `Save as ${title}`, href: `/api/panels/${id}.${ending}?${asked(page, ending)}`, download: true })),
    { text: "Copy a link to this panel", act: () => page.link(panel.id) },
    { text: "Embed…", act: async () => (await import("./share.js")).embed(panel, panel.querySelector("h3")?.textContent ?? "", page.query()) },
    { text: "How is this computed?", act: () => page.explain(id) },
  ], { x: left, y: bottom + 4, from });
}

// @ts-check
// A dashboard: fetches its panels, swaps what has changed, draws, and keeps what is chosen in the URL.

import { Charts } from "./chart.js";
import { listen } from "./chosen.js";
import { lead, step } from "./drill.js";
import { Filters } from "./filters.js";
import { renew } from "./keep.js";
import { Live } from "./live.js";
import { Notice } from "./notice.js";
import { Rounds } from "./rounds.js";
import { close, deeds, keys } from "./shell.js";
import { failed, quiet } from "./states.js";
import { find, more, sort } from "./tables.js";
import { When } from "./when.js";
import { clock, own, zoneOf } from "./zone.js";

/**
 * @typedef {{html: string, title: string, chart: import("./layout.js").ChartData | null, nothing: boolean, range: string,
 *   earlier: string, later: string, drill: import("./drill.js").Drill, last?: import("./states.js").Last | null}} Answer
 */

const root = /** @type {HTMLElement} */ (document.getElementById("dashboard"));
const panels = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-panel]")]);
const asks = () => new URLSearchParams(location.search).get("tz") || own;
/** The zone that times are written in: the viewer's own where the address names none that there is. */
const zone = () => zoneOf(asks()).zone || own;
const charts = new Charts(root.dataset.vega ?? "", root.dataset.charts ?? "", /** @type {HTMLElement} */ (document.getElementById("tip")));
const notice = new Notice(/** @type {HTMLElement} */ (document.getElementById("notice")), zone);
const live = new Live(/** @type {HTMLElement} */ (document.getElementById("live")), follow, zone, (since) => {
  if (since) notice.lost(since);
  // What was asked for in vain is asked for again.
  else if (notice.found()) rounds.refresh();
});
const filters = new Filters(JSON.parse(root.dataset.dimensions ?? "{}"), opened, go);
const when = new When(go, zone);
/** What is chosen where the URL says nothing. @type {Record<string, string>} */
const USUAL = { trend: "day", show: "value", per: "", by: "model", grain: "" };
const rounds = new Rounds(panels, {
  query,
  show: swap,
  fail,
  refuse: (why) => notice.refuse(why),
  begin: (held) => !held && root.setAttribute("aria-busy", "true"),
  done: (good) => {
    root.removeAttribute("aria-busy");
    if (good) live.updated();
  },
});

listen({
  filters,
  query,
  zoom: (since, until) => when.into(since, until, new URLSearchParams(location.search).get("range") ?? root.dataset.opens ?? ""),
  renew: (panel) => rounds.renew(panel),
  pause,
  explain,
  link: (panel) => copied(`${when.link(root.dataset.opens ?? "")}#${panel}`),
}, root);

/** What the page asks for: the URL, and the viewer's zone. */
function query() {
  const asked = new URLSearchParams(location.search);
  asked.set("tz", asks());
  return asked;
}

/** The same with the range that the page opens with, for what knows no page. */
function opened() {
  const asked = query();
  if (!asked.has("range") && !asked.has("since")) asked.set("range", root.dataset.opens ?? "");
  return asked;
}

/** @param {(query: URLSearchParams) => void} change */
function go(change) {
  // The address says what is shown.
  if (notice.away) return notice.lost(Date.now());
  const next = new URLSearchParams(location.search);
  change(next);
  const text = next.toString();
  history.pushState(null, "", text ? `?${text}` : location.pathname);
  return arrive();
}

function arrive() {
  const chosen = query();
  filters.chips();
  when.zoned();
  for (const button of document.querySelectorAll(".section-head [data-set], #reading [data-set]")) {
    const { set = "", value = "" } = /** @type {HTMLElement} */ (button).dataset;
    button.setAttribute("aria-pressed", String((chosen.get(set) ?? USUAL[set] ?? "") === value));
  }
  for (const button of document.querySelectorAll("[data-range]")) {
    button.setAttribute("aria-pressed", String((chosen.get("range") ?? root.dataset.opens) === /** @type {HTMLElement} */ (button).dataset.range));
  }
  document.querySelector("[data-do=complete]")?.setAttribute("aria-pressed", String(chosen.get("complete") === "1"));
  document.querySelector("[data-do=compare]")?.setAttribute("aria-pressed", String(chosen.get("compare") !== "0"));
  return rounds.refresh();
}

/** Asks for what is due, unless that is not wanted. */
async function follow() {
  if (!live.paused) await rounds.follow(live.version);
}

/**
 * @param {HTMLElement} panel
 * @param {Answer} answer
 */
function swap(panel, answer) {
  const body = /** @type {HTMLElement} */ (panel.querySelector(".panel-body"));
  const canvas = renew(body, answer.html);
  sort(panel);
  more(panel);
  find(panel);
  if (canvas?.isConnected && answer.chart) charts.show(canvas, answer.chart);
  charts.sweep();
  lead(panel, answer.drill);
  if (panel === panels[0]) nothing(answer.nothing);
  // A file is called what its panel is called now.
  const file = document.querySelector(`[data-files-of="${panel.dataset.panel}"]`);
  if (file) file.textContent = answer.title;
  if (answer.last !== undefined) quiet(answer.last, answer.range);
  when.at(answer);
  for (const text of document.querySelectorAll("[data-show=range]")) text.textContent = answer.range;
}

/**
 * @param {HTMLElement} panel
 * @param {Error} error
 */
function fail(panel, error) {
  if (error instanceof TypeError) live.lost();
  // Numbers of another window would be worse than none.
  if (error.cause) delete panel.dataset.tag;
  if (panel.dataset.tag) {
    panel.dataset.stale ??= `Not updated since ${new Date().toLocaleTimeString("en-GB", { timeZone: zone() })}`;
    return;
  }
  failed(/** @type {HTMLElement} */ (panel.querySelector(".panel-body")), error.message, () => rounds.refresh());
}

/** Leaves a panel as it is, and says so; or goes on renewing it. @param {HTMLElement} panel */
function pause(panel) {
  if ("paused" in panel.dataset) {
    delete panel.dataset.paused;
    rounds.renew(panel);
  } else panel.dataset.paused = `Paused at ${clock(Date.now(), zone())}`;
}

// Files to take away; whoever opens their links elsewhere has them as they stand.
document.addEventListener("click", async (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-file]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await (await import("./export.js")).take(/** @type {HTMLAnchorElement} */ (link), query());
});
document.getElementById("export")?.addEventListener("toggle", async () => (await import("./export.js")).follow(document, query()));

/** Says how a panel is computed. @param {string} panel */
async function explain(panel) {
  (await import("./explain.js")).explain(panel, query());
}

/** Copies an address; where that is not allowed, shows it. @param {string} address */
async function copied(address) {
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    prompt("Copy this link:", address);
  }
}

/** @param {boolean} empty */
function nothing(empty) {
  /** @type {HTMLElement} */ (document.getElementById("empty")).hidden = !empty;
  root.hidden = empty;
}

/**
 * @param {URLSearchParams} next
 * @param {string} name
 * @param {string} value
 */
function choose(next, name, value) {
  if (value === USUAL[name]) next.delete(name);
  else next.set(name, value);
  if (name === "by") next.delete("hide");
  // A change is one against the period before.
  if (name === "show" && value !== USUAL.show) next.delete("compare");
}

Object.assign(deeds, {
  live: () => live.toggle(),
  filter: () => filters.open(),
  compare: () => go((next) => {
    if (next.get("compare") === "0") return next.delete("compare");
    next.set("compare", "0");
    // Without a period before there are no changes to show.
    next.delete("show");
  }),
  complete: () => go((next) => (next.get("complete") === "1" ? next.delete("complete") : next.set("complete", "1"))),
  earlier: () => when.step("earlier"),
  later: () => when.step("later"),
  last: (/** @type {HTMLElement} */ target) => when.move(target.dataset.to ?? ""),
  ownzone: () => {
    go((next) => next.delete("tz"));
    /** @type {HTMLElement | null} */ (document.querySelector("#range summary"))?.focus();
  },
  link: async (/** @type {HTMLElement} */ target) => {
    await copied(when.link(root.dataset.opens ?? ""));
    close(target.closest("details"));
  },
  everything: () => when.move("range=all"),
  unfilter: () => go((next) => { for (const name of Object.keys(filters.dimensions)) for (const key of [name, `-${name}`]) next.delete(key); }),
  usual: () => go((next) => { for (const name of [...next.keys()]) next.delete(name); }),
  more: (/** @type {HTMLElement} */ target) => {
    const panel = /** @type {HTMLElement | null} */ (target.closest("[data-panel]"));
    if (!panel) return;
    panel.dataset.more = panel.dataset.more === "open" ? "" : "open";
    more(panel);
  },
});
Object.assign(keys, {
  l: () => live.toggle(),
  f: () => filters.open(),
  "[": () => when.step("earlier"),
  "]": () => when.step("later"),
});

document.addEventListener("click", async (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const range = /** @type {HTMLElement | null} */ (target.closest("[data-range]"));
  const set = /** @type {HTMLElement | null} */ (target.closest("[data-set]"));
  const hide = /** @type {HTMLElement | null} */ (target.closest("[data-hide]"));
  const why = /** @type {HTMLElement | null} */ (target.closest("[data-why]"));
  const head = /** @type {HTMLElement | null} */ (target.closest("thead [data-sort]"));
  if (range) {
    const menu = range.closest("details");
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
    when.move(`range=${range.dataset.range}`);
  } else if (set) go((next) => choose(next, set.dataset.set ?? "", set.dataset.value ?? ""));
  else if (hide) go((next) => {
    const hidden = new Set(next.getAll("hide")), name = hide.dataset.hide ?? "";
    if (!hidden.delete(name)) hidden.add(name);
    next.delete("hide");
    for (const one of hidden) next.append("hide", one);
  });
  else if (why) explain(why.dataset.why ?? "");
  else if (head) {
    const panel = /** @type {HTMLElement} */ (head.closest("[data-panel]"));
    const cell = /** @type {HTMLElement} */ (head.closest("th"));
    // Names from A on at first, numbers from the largest.
    const first = cell.matches(".name, .text") ? "ascending" : "descending", other = first === "ascending" ? "descending" : "ascending";
    panel.dataset.sort = `${head.dataset.sort} ${cell.getAttribute("aria-sort") === first ? other : first}`;
    sort(panel);
  }
});

document.addEventListener("change", (event) => {
  const box = /** @type {HTMLSelectElement} */ (event.target);
  if (box.matches("[data-choose]")) go((next) => choose(next, box.dataset.choose ?? "", box.value));
});
root.addEventListener("zoom", (event) => {
  const { since, until } = /** @type {CustomEvent<{since: number, until: number}>} */ (event).detail;
  when.into(since, until, new URLSearchParams(location.search).get("range") ?? root.dataset.opens ?? "");
});
document.addEventListener("input", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (!box.matches("[data-find]")) return;
  const panel = /** @type {HTMLElement} */ (box.closest("[data-panel]"));
  panel.dataset.find = box.value;
  find(panel);
});

root.addEventListener("keydown", step);
addEventListener("popstate", () => arrive());
// Windows move with the time, also when nothing arrives.
setInterval(follow, 1_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) rounds.refresh(); });
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
arrive().then(() => live.open());

// @ts-check
// A list of records: follows what arrives, finds values to filter by, brushes the time, and its keys. The address is
// the state, and everything that changes it is a link or a form.

import { Live } from "./live.js";
import { close, deeds, keys } from "./shell.js";
import { zones } from "./zone.js";

const list = document.getElementById("list");
const stream = /** @type {HTMLInputElement} */ (document.getElementById("stream"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("filter-text"));
const values = /** @type {HTMLElement} */ (document.getElementById("filter-values"));
const zone = () => /** @type {HTMLInputElement} */ (document.querySelector("input[name=tz]")).value;
/** Rows that were there at the last look, by id. @type {Set<string>} */
let seen = new Set();
/** What has arrived since: the list as it is now. @type {HTMLElement | undefined} */
let arrived;

const rows = (/** @type {ParentNode} */ from) => /** @type {HTMLElement[]} */ ([...from.querySelectorAll("tr[data-id]")]);
const section = () => /** @type {HTMLElement | null} */ (list?.querySelector("#records") ?? null);
const follows = () => section()?.dataset.follows === "1";

const live = new Live(/** @type {HTMLElement} */ (document.getElementById("live")), follow, zone, () => undefined);

/** Looks for rows that have arrived; what is read does not move until its reader wants them. */
async function follow() {
  if (!list || !follows()) return;
  try {
    const answer = await fetch(`/explore/rows?${new URLSearchParams(location.search)}`);
    if (!answer.ok) return;
    const made = document.createElement("div");
    made.innerHTML = await answer.text();
    const fresh = rows(made).filter((row) => !seen.has(row.dataset.id ?? "")).length;
    if (!fresh) return;
    arrived = made;
    if (stream.checked || !seen.size) return take();
    const bar = document.getElementById("news");
    if (!bar) return;
    bar.textContent = `${fresh === rows(made).length ? `${fresh} or more` : fresh} new`;
    bar.hidden = false;
  } catch (error) {
    if (error instanceof TypeError) live.lost();
    else throw error;
  }
}

/** Shows what has arrived. */
function take() {
  if (!list || !arrived) return;
  const before = seen, focused = document.activeElement?.closest("tr[data-id]")?.getAttribute("data-id");
  list.replaceChildren(...arrived.childNodes);
  arrived = undefined;
  look();
  for (const row of rows(list)) row.classList.toggle("new", !before.has(row.dataset.id ?? ""));
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`))?.focus();
  live.updated();
}

function look() {
  seen = new Set(list ? rows(list).map((row) => row.dataset.id ?? "") : []);
}

let asking = 0;

/** Lists the values that can be filtered by. */
async function find() {
  const turn = ++asking, query = new URLSearchParams(location.search);
  query.set("q", field.value);
  try {
    const answer = await fetch(`/explore/values?${query}`);
    const text = await answer.text();
    if (turn !== asking) return;
    if (answer.ok) values.innerHTML = text;
    else values.textContent = text;
  } catch {
    values.textContent = "Values could not be fetched: the server does not answer.";
  }
}

/** Moves the focus among what can be opened of the rows. @param {number} by */
function step(by) {
  const links = list ? /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".row-link")]) : [];
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  (links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))])?.focus();
}

/** @param {string} id */
const press = (id) => () => document.getElementById(id)?.click();

/** Lets a stretch of the timeline be brushed, to look at it alone. @param {HTMLElement} figure */
function brush(figure) {
  const svg = /** @type {SVGSVGElement} */ (figure.querySelector("svg")), mark = document.getElementById("brush");
  const [since, until] = [Number(figure.dataset.since), Number(figure.dataset.until)];
  let from = -1;
  const share = (/** @type {PointerEvent} */ event) => {
    const box = svg.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  svg.addEventListener("pointerdown", (event) => { from = share(event); });
  svg.addEventListener("pointermove", (event) => {
    if (from < 0) return;
    const to = share(event);
    mark?.setAttribute("x", String(100 * Math.min(from, to)));
    mark?.setAttribute("width", String(100 * Math.abs(to - from)));
  });
  addEventListener("pointerup", (event) => {
    if (from < 0) return;
    const [start, end] = [from, share(event)].sort((a, b) => a - b);
    from = -1;
    if (end - start < 0.01) {
      mark?.setAttribute("width", "0");
      const href = /** @type {Element} */ (event.target).closest("#timeline [data-href]")?.getAttribute("data-href");
      if (href) location.assign(href);
      return;
    }
    const next = new URLSearchParams(location.search), at = (/** @type {number} */ part) => new Date(since + part * (until - since)).toISOString();
    for (const name of ["after", "range"]) next.delete(name);
    next.set("since", at(start));
    next.set("until", at(end));
    location.search = next.toString();
  });
}

Object.assign(deeds, {
  live: () => live.toggle(),
  link: async (/** @type {HTMLElement} */ target) => {
    const asked = new URLSearchParams(location.search);
    asked.set("tz", zone());
    const address = `${location.origin}/explore?${asked}`;
    try {
      await navigator.clipboard.writeText(address);
      close(target.closest("details"));
    } catch {
      prompt("Copy this link:", address);
    }
  },
});
Object.assign(keys, {
  l: () => live.toggle(),
  n: press("next"),
  p: press("first"),
  s: () => document.getElementById("search")?.focus(),
  "/": () => {
    const menu = /** @type {HTMLDetailsElement} */ (document.getElementById("filter-by"));
    menu.open = true;
    field.focus();
  },
  j: () => step(1),
  k: () => step(-1),
});

document.getElementById("filter-by")?.addEventListener("toggle", (event) => {
  if (!(/** @type {HTMLDetailsElement} */ (event.target).open)) return;
  field.focus();
  find();
});
field.addEventListener("input", find);
list?.addEventListener("click", (event) => {
  if (/** @type {HTMLElement} */ (event.target).id !== "news") return;
  take();
  /** @type {HTMLElement | null} */ (list.querySelector(".row-link"))?.focus();
});
document.querySelector("input[name=tz]")?.addEventListener("focus", () => {
  const known = /** @type {HTMLElement} */ (document.getElementById("zones"));
  if (!known.childElementCount) known.replaceChildren(...zones().map((value) => Object.assign(document.createElement("option"), { value })));
});
// A form with many boxes asks for one list of columns.
document.querySelector("#columns form")?.addEventListener("formdata", (event) => {
  const data = /** @type {FormDataEvent} */ (event).formData, chosen = data.getAll("column");
  data.delete("column");
  if (chosen.length) data.set("column", chosen.join(","));
});
const figure = document.getElementById("timeline");
if (figure) brush(figure);
stream.addEventListener("change", () => { if (stream.checked) take(); });
look();
live.open();

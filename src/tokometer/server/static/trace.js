// @ts-check
// The page of a trace: its rows, and what is known of the one that is chosen.

import { deeds, keys } from "./shell.js";
import { TreeGrid } from "./treegrid.js";

/**
 * A row: id, kind, level, rows below, name, detail, status, start and duration in microseconds (-1 for unknown), what is
 * the matter with it (see server/explored/trace.py), and duration, tokens and cost as they are written.
 * @typedef {[string, number, number, number, string, string, string, number, number, number, string, string, string]} Row
 * @typedef {{kinds: string[], cubes: string[], length: number, open: number, rows: Row[]}} Data
 */

const TOLD = 1, FAILED = 2, BELOW = 4;
/** What is written beside a row that stands where it does not say. @type {[number, string, string][]} */
const MARKS = [
  [TOLD, "told again", "It tells again what another record counts as, and is in no sum"],
  [8, "parent not here", "No record of the trace is the parent that it names"],
  [16, "circle cut", "Its parents lead back to it"],
  [32, "same span", "Another record has the id of its span"],
];

/** @type {Data} */
const data = JSON.parse(document.getElementById("trace-data")?.textContent ?? "");
const part = /** @type {HTMLElement} */ (document.getElementById("part"));
const { rows } = data;

/** @param {string} classes @param {string} [text] */
function cell(classes, text = "") {
  const made = document.createElement("span");
  made.className = classes;
  made.setAttribute("role", "gridcell");
  made.textContent = text;
  return made;
}

/** @param {string} classes @param {string} text @param {string} [title] */
function piece(classes, text, title = "") {
  const made = document.createElement("span");
  made.className = classes;
  made.textContent = text;
  if (title) made.title = title;
  return made;
}

/** @param {number} at */
function cells(at) {
  const [, kind, , , name, detail, status, start, took, flags, duration, tokens, cost] = rows[at];
  const first = cell("tree-name");
  first.append(piece(`kind kind-${data.cubes[kind]}`, data.kinds[kind]), piece("named-row", name, name));
  if (detail) first.append(piece("of", detail));
  if (flags & FAILED) first.append(piece("fault", status.replaceAll("_", " ")));
  else if (flags & BELOW) first.append(piece("fault-below", "error below"));
  for (const [bit, word, meaning] of MARKS) if (flags & bit) first.append(piece("tag", word, meaning));
  const when = cell("tree-when");
  const bar = document.createElement("i");
  bar.className = `bar-${data.cubes[kind]}`;
  bar.style.left = `${(100 * start) / data.length}%`;
  bar.style.width = took < 0 ? "0" : `${(100 * took) / data.length}%`;
  when.append(bar, piece("sr", `starts after ${Math.round(start / 1000)} ms`));
  return [first, when, cell("num", duration), cell("num", tokens), cell("num", cost)];
}

const tree = new TreeGrid(
  /** @type {HTMLElement} */ (document.getElementById("tree-scroll")),
  /** @type {HTMLElement} */ (document.getElementById("tree-rows")),
  {
    count: rows.length,
    level: (at) => rows[at][2],
    size: (at) => rows[at][3],
    classes: (at) => (rows[at][9] & FAILED ? "failed-row" : rows[at][9] & TOLD ? "told-row" : ""),
    cells,
    choose,
  },
);

let asked = 0;

/** @param {number} at */
async function choose(at) {
  const number = ++asked;
  const [id, kind] = rows[at];
  const address = new URL(location.href);
  address.searchParams.delete("span");
  address.searchParams.set("record", id);
  history.replaceState(null, "", address);
  part.setAttribute("aria-busy", "true");
  const answer = await fetch(`/record/part?cube=${data.cubes[kind]}&id=${encodeURIComponent(id)}`).catch(() => undefined);
  if (number !== asked) return;
  part.removeAttribute("aria-busy");
  if (answer?.ok) part.innerHTML = await answer.text();
  else part.replaceChildren(piece("nothing", answer ? "This record is gone." : "The server does not answer. Choose the record again to retry."));
  part.scrollTop = 0;
}

/** Goes to the next record that failed, from the one that has the focus; round again after the last. */
function fault() {
  const { length } = rows;
  for (let step = 1; step <= length; step++) {
    const at = (tree.at + step) % length;
    if (!(rows[at][9] & FAILED)) continue;
    tree.go(at, true);
    tree.choose(at);
    return;
  }
}

deeds.expand = () => tree.foldAll(false);
deeds.fold = () => tree.foldAll(true);
deeds.fault = fault;
keys.e = fault;
if (!rows.some((row) => row[9] & FAILED)) document.querySelector("[data-do=fault]")?.setAttribute("disabled", "");
tree.refresh();
if (data.open) tree.go(data.open, false);
document.getElementById("tree")?.setAttribute("aria-busy", "false");
performance.mark("trace-drawn");
// What a wide page has room for is shown at once.
if (data.open || matchMedia("(min-width: 1181px)").matches) tree.choose(data.open);

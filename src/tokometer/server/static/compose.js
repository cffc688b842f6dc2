// @ts-check
// Composing a dashboard: its panels as they will be, placed by pointer or keyboard; saved as its declaration.

import { Charts } from "./chart.js";
import { Form } from "./compose-form.js";
import { drag } from "./compose-place.js";
import { renew } from "./keep.js";
import { make, send, sentence } from "./sending.js";
import { deeds } from "./shell.js";
import { failed } from "./states.js";
import { own } from "./zone.js";

/**
 * @typedef {Record<string, any>} Panel a panel as plain data: kind, id, title and the fields of its kind
 * @typedef {{title?: string, control?: string, panel: Panel[]}} Section
 * @typedef {{title: string, range?: string, about?: string, section: Section[]}} Board
 */

const root = /** @type {HTMLElement} */ (document.getElementById("compose"));
const place = /** @type {HTMLElement} */ (document.getElementById("compose-sections"));
const said = /** @type {HTMLElement} */ (document.getElementById("compose-said"));
const told = /** @type {HTMLElement} */ (document.getElementById("compose-told"));
const board = /** @type {Board} */ (JSON.parse(root.dataset.declared ?? "{}"));
const charts = new Charts(root.dataset.vega ?? "", root.dataset.charts ?? "", /** @type {HTMLElement} */ (document.getElementById("tip")));
/** The panel of each card on the page. @type {WeakMap<Element, Panel>} */
const panels = new WeakMap();
/** @type {WeakMap<Element, number>} */
const waiting = new WeakMap();
let dirty = false;
let chosen = /** @type {HTMLElement | null} */ (null);

const form = new Form(/** @type {HTMLElement} */ (document.getElementById("compose-form")), () => chosen && changed(chosen), done);

/** @param {string} id */
const box = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
// What somebody has typed before this ran stays.
box("board-title").value ||= board.title ?? "";
box("board-range").value = board.range ?? "7d";
box("board-about").value ||= board.about ?? "";
for (const section of board.section.length ? board.section : [{ panel: [] }]) addSection(section);

// -- cards -----------------------------------------------------------------------------------------------------------

/** @param {Section} section */
function addSection(section) {
  const title = make("input", { class: "section-title", maxlength: "200", placeholder: "Heading (none)", "aria-label": "Heading of the section", value: section.title ?? "" });
  const grid = make("div", { class: "grid" });
  const add = make("button", { type: "button", class: "button add-panel", "data-do": "panel" }, "Add a panel");
  const whole = make("section", { class: "section compose-section", "data-control": section.control ?? "", "aria-label": section.title || "Section" }, make("div", { class: "section-head" }, title), grid, add);
  place.append(whole);
  for (const panel of section.panel) grid.append(card(panel));
  return whole;
}

/** @param {Panel} panel */
function card(panel) {
  const tools = /** @type {HTMLTemplateElement} */ (document.getElementById("compose-tools")).content.cloneNode(true);
  const made = make("article", { class: "panel compose-panel" }, tools, make("div", { class: "panel-body" }));
  panels.set(made, panel);
  named(made);
  look(made);
  return made;
}

/** Has a card's buttons say what they are about, and gives it its width. @param {Element} of */
function named(of) {
  const panel = /** @type {Panel} */ (panels.get(of)), name = panel.title || panel.kind;
  of.className = `panel compose-panel panel-${panel.kind} span-${panel.width ?? form.grammar?.width(panel.kind) ?? 4}${of === chosen ? " chosen" : ""}`;
  of.setAttribute("aria-label", name);
  /** @type {Record<string, string>} */
  const words = { grip: `Move ${name}: arrow keys, or drag. With Shift: width`, edit: `Edit ${name}`, duplicate: `Duplicate ${name}`, narrower: `Make ${name} narrower`, wider: `Make ${name} wider`, discard: `Remove ${name}` };
  for (const button of of.querySelectorAll(".compose-tools [data-do]")) {
    const what = words[/** @type {HTMLElement} */ (button).dataset.do ?? ""];
    button.setAttribute("aria-label", what);
    button.setAttribute("title", what);
  }
}

/** Shows a card's panel as it will be. @param {Element} of */
async function look(of) {
  const body = /** @type {HTMLElement} */ (of.querySelector(".panel-body")), panel = panels.get(of);
  const turn = (waiting.get(of) ?? 0) + 1;
  waiting.set(of, turn);
  of.setAttribute("aria-busy", "true");
  const range = new URLSearchParams({ range: box("board-range").value, tz: own });
  const { wrong, said: reply } = await send("POST", `/api/boards/preview?${range}`, panel);
  if (waiting.get(of) !== turn) return;
  of.removeAttribute("aria-busy");
  if (of === chosen) form.wrong(wrong);
  if (wrong) return failed(body, sentence({ ...wrong, where: "" }).replace(/\.$/, ""), () => look(of));
  const canvas = renew(body, reply.html);
  // What it leads to is for the dashboard.
  for (const inner of body.querySelectorAll("a, button, input, select, .chart")) inner.setAttribute("tabindex", "-1");
  if (canvas?.isConnected && reply.chart) charts.show(canvas, reply.chart);
  charts.sweep();
}

/** @param {Element} of */
function changed(of) {
  dirty = true;
  named(of);
  clearTimeout(Number(/** @type {HTMLElement} */ (of).dataset.soon));
  /** @type {HTMLElement} */ (of).dataset.soon = String(setTimeout(() => look(of), 250));
}

/** @param {Element} of @param {boolean} [focus] */
async function choose(of, focus = true) {
  chosen?.classList.remove("chosen");
  chosen = /** @type {HTMLElement} */ (of);
  chosen.classList.add("chosen");
  await form.open(/** @type {Panel} */ (panels.get(of)), focus);
  root.classList.add("editing");
  // On a phone the form covers half of the page.
  of.scrollIntoView({ block: "nearest" });
}

/** Closes the form, and goes back to the card that it was about. */
function done() {
  const last = chosen;
  chosen?.classList.remove("chosen");
  chosen = null;
  root.classList.remove("editing");
  form.close();
  /** @type {HTMLElement | null | undefined} */ (last?.querySelector("[data-do=edit]"))?.focus();
}

const cards = () => /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".compose-panel")]);
/** @param {EventTarget | null} target */
const cardOf = (target) => /** @type {HTMLElement} */ (/** @type {Element} */ (target).closest(".compose-panel"));

/** A name that no other panel has. */
function fresh() {
  const used = new Set(cards().map((one) => panels.get(one)?.id));
  let number = cards().length + 1;
  while (used.has(`panel_${number}`)) number += 1;
  return `panel_${number}`;
}

// -- placing ---------------------------------------------------------------------------------------------------------

/** @param {HTMLElement} of @param {number} steps */
function move(of, steps) {
  const all = cards(), at = all.indexOf(of), other = all[at + steps];
  const grids = [...place.querySelectorAll(".grid")], grid = grids.indexOf(/** @type {Element} */ (of.parentElement));
  // At a section's edge it goes over into the next one.
  const beside = grids[grid + steps];
  if (other?.parentElement === of.parentElement) steps < 0 ? other.before(of) : other.after(of);
  else if (beside) steps < 0 ? beside.append(of) : beside.prepend(of);
  else return;
  moved(of);
}

/** @param {HTMLElement} of */
function moved(of) {
  dirty = true;
  /** @type {HTMLElement} */ (of.querySelector(".grip")).focus();
  const all = cards();
  told.textContent = `${panels.get(of)?.title || panels.get(of)?.kind} is panel ${all.indexOf(of) + 1} of ${all.length}.`;
}

/** @param {HTMLElement} of @param {number} by */
function resize(of, by) {
  const panel = /** @type {Panel} */ (panels.get(of));
  const before = panel.width ?? form.grammar?.width(panel.kind) ?? 4;
  panel.width = Math.min(12, Math.max(2, before + by));
  changed(of);
  if (of === chosen) form.open(panel, false);
  told.textContent = `${panel.title || panel.kind}: ${panel.width} of 12 columns wide.`;
}

/** @param {HTMLElement} of */
function discard(of) {
  const all = cards(), beside = all[all.indexOf(of) + 1] ?? all[all.indexOf(of) - 1];
  if (of === chosen) done();
  of.remove();
  charts.sweep();
  dirty = true;
  told.textContent = "Removed.";
  /** @type {HTMLElement | null} */ ((beside ?? place).querySelector(".grip, .add-panel"))?.focus();
}

place.addEventListener("keydown", (event) => {
  const grip = /** @type {HTMLElement} */ (event.target);
  if (!grip.matches(".grip")) return;
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (step) event.shiftKey ? resize(cardOf(grip), step) : move(cardOf(grip), step);
  else if (event.key === "Delete") discard(cardOf(grip));
  else return;
  event.preventDefault();
});
drag(place, moved);

// -- the dashboard ---------------------------------------------------------------------------------------------------

/** The declaration of what is on the page. @returns {Board} */
function declared() {
  const sections = [...place.querySelectorAll(".compose-section")].map((one) => {
    const title = /** @type {HTMLInputElement} */ (one.querySelector(".section-title")).value.trim();
    const control = /** @type {HTMLElement} */ (one).dataset.control;
    const panel = [...one.querySelectorAll(".compose-panel")].map((of) => /** @type {Panel} */ (panels.get(of)));
    return { ...(title && { title }), ...(control && { control }), panel };
  });
  const filled = sections.filter((one) => one.panel.length);
  return { title: box("board-title").value.trim(), range: box("board-range").value, about: box("board-about").value.trim(), section: filled };
}

async function save() {
  const { id = "", revision = "0" } = root.dataset, content = declared();
  said.hidden = true;
  if (!content.title) return refuse({ reason: "it needs a title" }, box("board-title"));
  const sent = id ? send("PATCH", `/api/boards/${id}`, { declared: content, revision: Number(revision) }) : send("POST", "/api/boards", { declared: content });
  const { wrong, said: answer } = await sent;
  if (wrong) {
    const [, section, panel] = (wrong.where ?? "").match(/section (\d+), panel (\d+)/) ?? [];
    const filled = [...place.querySelectorAll(".grid")].filter((grid) => grid.children.length);
    const of = filled[Number(section) - 1]?.children[Number(panel) - 1];
    if (of) await choose(of);
    return refuse(wrong, of ? null : box("board-title"));
  }
  dirty = false;
  location.href = answer.url;
}

/** @param {import("./sending.js").Wrong} wrong @param {HTMLElement | null} focus */
function refuse(wrong, focus) {
  said.textContent = sentence(wrong);
  said.hidden = false;
  focus?.focus();
}

Object.assign(deeds, {
  save,
  section: () => /** @type {HTMLElement} */ (addSection({ panel: [] }).querySelector(".section-title")).focus(),
  panel: (/** @type {HTMLElement} */ target) => {
    const made = card({ kind: "stat", id: fresh(), title: "Cost", of: "calls.cost" });
    target.previousElementSibling?.append(made);
    dirty = true;
    choose(made);
  },
  edit: (/** @type {HTMLElement} */ target) => choose(cardOf(target)),
  duplicate: (/** @type {HTMLElement} */ target) => {
    const copy = card({ ...structuredClone(panels.get(cardOf(target))), id: fresh() });
    cardOf(target).after(copy);
    dirty = true;
    choose(copy);
  },
  narrower: (/** @type {HTMLElement} */ target) => resize(cardOf(target), -1),
  wider: (/** @type {HTMLElement} */ target) => resize(cardOf(target), 1),
  discard: (/** @type {HTMLElement} */ target) => discard(cardOf(target)),
});
for (const id of ["board-title", "board-about"]) box(id).addEventListener("input", () => { dirty = true; });
box("board-range").addEventListener("change", () => { dirty = true; cards().forEach(look); });
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
form.ready.then(() => cards().forEach(named));
if (!root.dataset.id && document.activeElement === document.body) box("board-title").focus();

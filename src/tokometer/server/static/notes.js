// @ts-check
// Notes on the time that the page shows: listed, added, changed and removed. Charts bear them as marks.

import { make, send, sentence } from "./sending.js";
import { close, deeds } from "./shell.js";
import { own } from "./zone.js";

/**
 * @typedef {{since: string, until: string | null}} Local
 * @typedef {{id: string, text: string, link: string, signed: string, filters: Record<string, string[]>, local: Local}} Note
 */

const menu = /** @type {HTMLDetailsElement} */ (document.getElementById("notes"));
const list = /** @type {HTMLElement} */ (menu.querySelector("[data-show=notes]"));
const said = /** @type {HTMLElement} */ (menu.querySelector("[data-show=notes-said]"));
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("note"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("note-form"));
const wrongs = /** @type {HTMLElement} */ (form.querySelector("[data-show=note-wrong]"));
const root = /** @type {HTMLElement} */ (document.getElementById("dashboard"));
/** @type {Note | undefined} the one that is being changed */
let changing;

/** The page's window, and the zone in which it is looked at. */
function asked() {
  const query = new URLSearchParams(location.search);
  if (!query.has("range")) query.set("range", query.has("since") ? "custom" : (root.dataset.opens ?? ""));
  if (!query.has("tz")) query.set("tz", own);
  return query;
}

/** What the page is filtered by. */
function filters() {
  const query = new URLSearchParams(location.search);
  const known = Object.keys(JSON.parse(root.dataset.dimensions ?? "{}"));
  return Object.fromEntries(known.filter((name) => query.has(name)).map((name) => [name, query.getAll(name)]));
}

menu.addEventListener("toggle", () => { if (menu.open) load(); });

/** @param {string} [words] */
async function load(words = "") {
  const { wrong, said: answer } = await send("GET", `/api/notes?${asked()}`);
  if (wrong) return say(sentence(wrong));
  const notes = /** @type {Note[]} */ (answer.notes);
  list.replaceChildren(...notes.reverse().map(row));
  say(words || (notes.length ? "" : "None on the time that this page shows. Deployments, incidents, price changes: what explains a curve."));
}

/** @param {Note} note */
function row(note) {
  const when = [note.local.since, note.local.until].filter(Boolean).map((time) => String(time).replace("T", " ")).join(" – ");
  const text = note.link ? make("a", { href: note.link, rel: "noopener noreferrer", target: "_blank" }, note.text) : make("span", {}, note.text);
  const about = Object.values(note.filters).flat().join(", ");
  const change = make("button", { type: "button", class: "icon-button", title: "Change", "aria-label": `Change the note: ${note.text}` }, "✎");
  const remove = make("button", { type: "button", class: "icon-button", title: "Remove", "aria-label": `Remove the note: ${note.text}` }, "✕");
  change.addEventListener("click", () => open(note));
  remove.addEventListener("click", async (event) => {
    event.stopPropagation();
    const { wrong } = await send("DELETE", `/api/notes/${note.id}`);
    if (wrong) return say(sentence(wrong));
    await load("Removed.");
    menu.querySelector("summary")?.focus();
    renew();
  });
  return make("li", {}, make("span", { class: "made-note" }, make("bdi", {}, text), make("span", { class: "note" }, [when, about, note.signed].filter(Boolean).join(" · "))), change, remove);
}

/** @param {Note} [note] the one to change; without it another is added */
async function open(note) {
  changing = note;
  form.reset();
  wrongs.hidden = true;
  const { said: answer } = await send("GET", `/api/notes?${asked()}`);
  /** @type {HTMLElement} */ (document.getElementById("note-title")).textContent = note ? "Change a note" : "Add a note";
  // A stretch that was chosen on purpose is what the note is about.
  const chosen = asked().get("range") === "custom" && answer;
  field("since").value = note?.local.since ?? (chosen ? answer.local.since : (answer?.local.now ?? ""));
  field("until").value = note ? (note.local.until ?? "") : chosen ? answer.local.until : "";
  field("text").value = note?.text ?? "";
  field("link").value = note?.link ?? "";
  field("signed").value = note?.signed ?? remembered();
  const filtered = Object.keys(note?.filters ?? filters()).length > 0;
  const check = field("filtered");
  check.checked = Boolean(note) && filtered;
  /** @type {HTMLElement} */ (check.closest("label")).hidden = !filtered;
  close(menu);
  dialog.showModal();
  field("text").focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  /** @type {Record<string, unknown>} */
  const body = { tz: asked().get("tz") };
  for (const name of ["text", "since", "until", "link", "signed"]) body[name] = field(name).value.trim();
  body.until ||= null;
  body.filters = field("filtered").checked ? (changing?.filters ?? filters()) : {};
  const { wrong } = await send(changing ? "PATCH" : "POST", changing ? `/api/notes/${changing.id}` : "/api/notes", body);
  if (wrong) {
    wrongs.textContent = sentence(wrong);
    wrongs.hidden = false;
    return field(wrong.field && form.elements.namedItem(wrong.field) ? wrong.field : "text").focus();
  }
  try { localStorage.setItem("signed", field("signed").value.trim()); } catch { /* Then it is typed again. */ }
  dialog.close();
  menu.querySelector("summary")?.focus();
  renew();
});

/** Has the panels show what is noted now. */
function renew() {
  dispatchEvent(new PopStateEvent("popstate"));
}

function remembered() {
  try { return localStorage.getItem("signed") ?? ""; } catch { return ""; }
}

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {string} words */
function say(words) {
  said.textContent = words;
}

Object.assign(deeds, {
  note: () => open(),
  "note-close": () => dialog.close(),
  copyboard: async (/** @type {HTMLElement} */ target) => {
    const { wrong, said: made } = await send("POST", "/api/boards", { copy: target.dataset.of });
    if (wrong) target.textContent = sentence(wrong);
    else location.href = `${made.url}/edit`;
  },
});

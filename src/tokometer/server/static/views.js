// @ts-check
// Saved views of a page: its address under a name.

import { make, send, sentence } from "./sending.js";

/** @typedef {{id: string, name: string, query: string, is_default: boolean}} View */

const menu = /** @type {HTMLDetailsElement} */ (document.getElementById("views"));
const list = /** @type {HTMLElement} */ (menu.querySelector("[data-show=views]"));
const said = /** @type {HTMLElement} */ (menu.querySelector("[data-show=views-said]"));
const form = /** @type {HTMLFormElement} */ (menu.querySelector("form"));
const page = menu.dataset.page ?? "";

menu.addEventListener("toggle", () => { if (menu.open) load(); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
  if (!name.value.trim()) return name.focus();
  const body = { page, name: name.value, query: location.search.slice(1) };
  if (!(await done(send("POST", "/api/views", body), `Saved as ${name.value}.`))) return name.focus();
  form.reset();
});

/** @param {string} [words] what to say afterwards */
async function load(words = "") {
  const { wrong, said: answer } = await send("GET", `/api/views?page=${encodeURIComponent(page)}`);
  if (wrong) return say(sentence(wrong));
  const views = /** @type {View[]} */ (answer.views);
  list.replaceChildren(...views.map(row));
  say(words || (views.length ? "" : "None yet. A view keeps window, filters, comparison, time zone and choices."));
}

/** @param {View} view */
function row(view) {
  const here = new URLSearchParams(location.search).toString() === new URLSearchParams(view.query).toString();
  const link = make("a", { class: "made-name", href: view.query ? `?${view.query}` : location.pathname, ...(here && { "aria-current": "page" }) }, make("bdi", {}, view.name));
  const first = view.is_default ? `This page opens as ${view.name}: no more` : `Open this page as ${view.name}`;
  return make("li", {}, link,
    button(view.is_default ? "★" : "☆", first, () => done(send("PATCH", `/api/views/${view.id}`, { is_default: !view.is_default }), view.is_default ? "The page opens as it does by itself." : `The page opens as ${view.name}.`), { "aria-pressed": String(view.is_default) }),
    button("✎", `Rename ${view.name}`, (target) => rename(view, /** @type {HTMLElement} */ (target.closest("li")))),
    button("↻", `Save what you see as ${view.name}`, () => done(send("PATCH", `/api/views/${view.id}`, { query: location.search.slice(1) }), `${view.name} is what you see now.`)),
    button("✕", `Remove ${view.name}`, () => done(send("DELETE", `/api/views/${view.id}`), `Removed ${view.name}.`)));
}

/** @param {View} view @param {HTMLElement} place */
function rename(view, place) {
  const box = /** @type {HTMLInputElement} */ (make("input", { maxlength: "80", "aria-label": `New name of ${view.name}`, value: view.name }));
  const ask = make("form", { class: "made-form" }, box, make("button", { class: "button" }, "Rename"));
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    done(send("PATCH", `/api/views/${view.id}`, { name: box.value }), `Renamed to ${box.value}.`);
  });
  place.replaceChildren(ask);
  box.select();
}

/** @param {string} sign @param {string} title @param {(target: HTMLElement) => void} act @param {Record<string, string>} [more] */
function button(sign, title, act, more = {}) {
  const made = make("button", { type: "button", class: "icon-button", title, "aria-label": title, ...more }, sign);
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    act(made);
  });
  return made;
}

/** @param {Promise<{wrong?: import("./sending.js").Wrong}>} sent @param {string} words */
async function done(sent, words) {
  const { wrong } = await sent;
  if (wrong) say(sentence(wrong));
  else {
    await load(words);
    // What was pressed is another button now.
    if (!menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
  }
  return !wrong;
}

/** @param {string} words */
function say(words) {
  said.textContent = words;
}

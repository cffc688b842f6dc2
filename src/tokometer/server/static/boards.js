// @ts-check
// The list of dashboards: import, copy, rename, remove.

import { deeds } from "./shell.js";
import { send, sentence } from "./sending.js";

/** @param {string} name */
const dialog = (name) => /** @type {HTMLDialogElement} */ (document.getElementById(name));
const said = /** @type {HTMLElement} */ (document.getElementById("board-said"));
let renaming = "";

/** @param {import("./sending.js").Wrong} wrong @param {HTMLElement} [place] */
function say(wrong, place = said) {
  place.textContent = sentence(wrong);
  place.hidden = false;
}

/** @param {string} name @param {() => Promise<import("./sending.js").Wrong | undefined>} act */
function asks(name, act) {
  const box = dialog(name), wrongs = /** @type {HTMLElement} */ (box.querySelector(`[data-show=${name}-wrong]`));
  box.querySelector("form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = await act();
    if (wrong) say(wrong, wrongs);
  });
}

asks("import", async () => {
  const file = /** @type {HTMLInputElement} */ (document.getElementById("import-file")).files?.[0];
  const typed = /** @type {HTMLTextAreaElement} */ (document.getElementById("import-text")).value;
  if (!file && !typed.trim()) return { reason: "choose a file, or paste its text" };
  const { wrong, said: made } = await send("POST", "/api/boards/toml", file ? await file.text() : typed);
  if (!wrong) location.href = made.url;
  return wrong;
});
asks("rename", async () => {
  const title = /** @type {HTMLInputElement} */ (document.getElementById("rename-text")).value.trim();
  const { wrong } = await send("PATCH", `/api/boards/${renaming}`, { title });
  if (!wrong) location.reload();
  return wrong;
});

Object.assign(deeds, {
  import: () => dialog("import").showModal(),
  "import-close": () => dialog("import").close(),
  "rename-close": () => dialog("rename").close(),
  rename: (/** @type {HTMLElement} */ target) => {
    renaming = target.dataset.of ?? "";
    const box = /** @type {HTMLInputElement} */ (document.getElementById("rename-text"));
    box.value = target.dataset.title ?? "";
    dialog("rename").showModal();
    box.select();
  },
  copyboard: async (/** @type {HTMLElement} */ target) => {
    const { wrong, said: made } = await send("POST", "/api/boards", { copy: target.dataset.of });
    if (wrong) say(wrong);
    else location.href = `${made.url}/edit`;
  },
  remove: async (/** @type {HTMLElement} */ target) => {
    if (!confirm(`Remove ${target.dataset.title}? It cannot be had back.`)) return;
    const { wrong } = await send("DELETE", `/api/boards/${target.dataset.of}`);
    if (wrong) say(wrong);
    else location.reload();
  },
});

// @ts-check
// The page of accounts with providers: what its buttons open, files that are brought to it, and it keeps up by itself.

import { Line } from "./line.js";
import { renew } from "./things.js";
import { openForm } from "./account-form.js";
import { openDrawer } from "./account-drawer.js";

/** How long to gather what comes together, and how often ages are written anew (ms). */
const GATHER = 300;
const MINUTE = 60_000;

document.addEventListener("click", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  const button = at.closest?.("[data-account-do]");
  const menu = at.closest?.(".account-more");
  for (const one of document.querySelectorAll(".account-more[open]")) {
    if (one !== menu || (at.closest(".account-menu") && at.closest("button"))) one.removeAttribute("open");
  }
  if (!(button instanceof HTMLButtonElement)) return;
  const row = /** @type {HTMLElement | null} */ (button.closest("[data-thing]"));
  const account = JSON.parse(row?.dataset.thing ?? "{}");
  const does = button.dataset.accountDo ?? "";
  if (does === "add" || does === "change" || does === "rotate") openForm(does, account);
  else openDrawer(account, does);
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".account-more[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  /** @type {HTMLElement} */ (menu.querySelector("summary")).focus();
});

// -- files --------------------------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.dataset.upload || !input.files?.[0]) return;
  const [file] = input.files;
  upload(input.dataset.upload, file);
  input.value = "";
});

/** @param {DragEvent} event the card that takes files below it */
const target = (event) => /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest?.("[data-drop]"));

document.addEventListener("dragover", (event) => {
  const card = target(event);
  for (const one of document.querySelectorAll(".account.over")) if (one !== card) one.classList.remove("over");
  if (!card || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  card.classList.add("over");
});
document.addEventListener("dragleave", (event) => target(event)?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const card = target(event), file = event.dataTransfer?.files[0];
  if (!card || !file) return;
  event.preventDefault();
  card.classList.remove("over");
  upload(card.dataset.drop ?? "", file);
});

/** Sends a file, and says how far that is. @param {string} id @param {File} file */
function upload(id, file) {
  const asked = new XMLHttpRequest();
  const told = new URLSearchParams({ name: file.name, written: new Date(file.lastModified).toISOString() });
  asked.open("POST", `/api/accounts/${encodeURIComponent(id)}/upload?${told}`);
  asked.setRequestHeader("Content-Type", "application/octet-stream");
  asked.upload.onprogress = ({ loaded, total }) => say(id, `Sending ${file.name}: ${Math.floor((100 * loaded) / Math.max(total, 1))} %`);
  asked.onerror = () => say(id, "The server does not answer.", true);
  asked.onload = async () => {
    const said = JSON.parse(asked.responseText || "{}");
    const { detail } = said;
    if (asked.status === 202) say(id, `${file.name} is being read: see History for what comes of it.`);
    else say(id, `${file.name} is not taken: ${detail?.reason ? `it ${detail.reason}` : (detail ?? asked.status)}.`, true);
    await renew();
  };
  asked.send(file);
}

/** What was said of a card last; a card that is drawn anew says it still. @type {Map<string, {words: string, bad: boolean}>} */
const told = new Map();

/** @param {string} id @param {string} words @param {boolean} [bad] */
function say(id, words, bad = false) {
  told.set(id, { words, bad });
  const line = document.querySelector(`[data-account-said="${CSS.escape(id)}"]`);
  if (!line) return;
  line.textContent = words;
  line.classList.toggle("bad", bad);
}
addEventListener("things", () => told.forEach(({ words, bad }, id) => say(id, words, bad)));

// -- what happens meanwhile ---------------------------------------------------------------------------------------------

let soon = 0;

/** Draws the page anew in a moment; not under somebody's hands. */
function later() {
  clearTimeout(soon);
  soon = window.setTimeout(() => (document.querySelector(".account-more[open]") ? later() : renew()), GATHER);
}

const line = new Line((name, data) => {
  if (name === "change" && JSON.parse(data).kinds?.some((/** @type {string} */ kind) => kind === "accounts" || kind === "bills")) later();
});
const look = () => (document.hidden ? line.end() : line.begin());
document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => line.end());
addEventListener("pageshow", look);
setInterval(() => document.hidden || later(), MINUTE);
look();

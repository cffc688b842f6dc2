// @ts-check
// What every page has: theme, drawer, shortcuts, buttons that copy.

import { own as zone } from "./zone.js";

/** @type {Record<string, (target: HTMLElement) => unknown>} */
export const deeds = {
  theme: () => {
    const root = document.documentElement;
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    root.setAttribute("data-chosen", "");
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
    dispatchEvent(new Event("themechange"));
  },
  menu: () => {
    const open = document.body.classList.toggle("open");
    document.querySelector(".menu")?.setAttribute("aria-expanded", String(open));
    /** @type {HTMLElement | null} */ (document.querySelector(open ? ".sidebar a" : ".menu"))?.focus();
  },
  keys: () => /** @type {HTMLDialogElement} */ (document.getElementById("keys")).showModal(),
  print: () => print(),
  palette: async () => (await import("./palette.js")).open(),
};

/** What a key does; a promise where it opens something that has to be fetched. @type {Record<string, () => unknown>} */
export const keys = { "?": () => deeds.keys(document.body), t: () => deeds.theme(document.body), "/": () => deeds.palette(document.body) };

// Pages with times that the server writes are written for the zone in this cookie; the first of them comes too early.
const told = document.cookie.split("; ").includes(`tz=${zone}`);
document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax`;
const written = /** @type {HTMLElement | null} */ (document.querySelector("[data-zone]"))?.dataset.zone;
if (written && written !== zone && !told && document.cookie.includes(`tz=${zone}`)) location.reload();

/** Closes a menu, and leaves the focus at what opens it. @param {Element | null} menu */
export function close(menu) {
  menu?.removeAttribute("open");
  menu?.querySelector("summary")?.focus();
}

let going = 0;
/** What is typed while something that takes text is still on its way. @type {string | undefined} */
let ahead;

/** Whoever types on while something opens writes into it, and presses no other shortcut. @param {unknown} opening */
async function hold(opening) {
  ahead = "";
  const [opened] = await Promise.allSettled([opening]);
  const input = document.activeElement, typed = ahead, [words, ...entered] = typed.split("\n");
  ahead = undefined;
  if (opened.status === "rejected") throw opened.reason;
  if (!typed || !(input instanceof HTMLInputElement)) return;
  input.value += words;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  if (entered.length) input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}

/** @param {KeyboardEvent} event */
function press(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape") {
    if (document.body.classList.contains("open")) deeds.menu(document.body);
    for (const menu of document.querySelectorAll("details.menu-of[open]")) {
      if (menu.contains(document.activeElement)) close(menu);
      else menu.removeAttribute("open");
    }
  }
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    return hold(deeds.palette(target));
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog[open]")) return;
  if (ahead !== undefined) {
    ahead += event.key === "Enter" ? "\n" : event.key.length === 1 ? event.key : "";
    return event.preventDefault();
  }
  if (Date.now() - going < 1_500) {
    going = 0;
    const page = /** @type {HTMLAnchorElement | null} */ (document.querySelector(`.sidebar a[data-key="${CSS.escape(event.key)}"]`));
    if (page) return page.click();
  }
  if (event.key === "g") going = Date.now();
  else if (keys[event.key]) {
    event.preventDefault();
    hold(keys[event.key]());
  }
}

/** @param {MouseEvent} event */
async function click(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  for (const menu of document.querySelectorAll("details.menu-of[open]")) if (!menu.contains(target)) menu.removeAttribute("open");
  // What has been chosen to be saved needs the menu no more.
  if (target.closest("a[download]")) close(target.closest("details.menu-of"));
  const copy = /** @type {HTMLElement | null} */ (target.closest("[data-copy]"));
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy ?? "");
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1_500);
  }
  const doer = /** @type {HTMLElement | null} */ (target.closest("[data-do]"));
  if (doer && doer.tagName !== "FORM") deeds[doer.dataset.do ?? ""]?.(doer);
}

/** Lets a link to another page keep what this one is looked at with: its range, filters and zone. @param {Event} event */
function carry(event) {
  const link = /** @type {Element} */ (event.target).closest?.(".sidebar a, a[data-leads], a[href^='/sources']");
  // What a page that stands alone is asked for with, an id, means nothing to others.
  if (link && !("alone" in document.body.dataset)) /** @type {HTMLAnchorElement} */ (link).search = location.search;
}

for (const kind of ["pointerdown", "focusin", "click"]) document.addEventListener(kind, carry, true);
document.addEventListener("keydown", press);
document.addEventListener("click", click);

// @ts-check
// Files to take away: asked for as the page is looked at; what is being made is said, and what went wrong.

import { close } from "./shell.js";

/** What is being made now. @type {AbortController | undefined} */
let making;

/**
 * Has links with `data-file`, an address without what is chosen, lead to files of what is chosen.
 * @param {ParentNode} within
 * @param {URLSearchParams} chosen
 */
export function follow(within, chosen) {
  for (const link of within.querySelectorAll("a[data-file]")) {
    const [path, own] = (/** @type {HTMLElement} */ (link).dataset.file ?? "").split("?");
    const asked = new URLSearchParams(chosen);
    if (/\.(png|svg)$/.test(path)) asked.set("theme", document.documentElement.dataset.theme ?? "light");
    link.setAttribute("href", `${path}?${own ? `${own}&` : ""}${asked}`);
  }
}

/**
 * Has a file made, and saves it. The menu stays open until it is there, and tells what went wrong.
 * @param {HTMLAnchorElement} link
 * @param {URLSearchParams} chosen
 */
export async function take(link, chosen) {
  making?.abort();
  const mine = making = new AbortController();
  const what = link.dataset.called ?? "The file";
  const menu = link.closest("details");
  const around = menu ?? document.body;
  follow(around, chosen);
  say(around, `${what} is being made…`, "wait");
  try {
    const answer = await fetch(link.href, { signal: mine.signal });
    if (!answer.ok) throw new Error(await reason(answer));
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "export";
    save(await answer.blob(), name);
    say(around, "", "");
    if (menu?.open) close(menu);
  } catch (error) {
    if (!mine.signal.aborted) say(around, `${what} could not be made: ${/** @type {Error} */ (error).message}`, "bad");
  }
}

/** @param {HTMLElement} around @param {string} text @param {string} state */
function say(around, text, state) {
  // The menu may be closed by now: its button goes on telling that something is being made.
  around.toggleAttribute("data-making", state === "wait");
  const said = /** @type {HTMLElement | null} */ (around.querySelector("[data-show=making]"));
  if (!said) return;
  said.textContent = text;
  said.dataset.state = state;
  said.hidden = !text;
}

/** What the server says is wrong. @param {Response} answer */
async function reason(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? detail : `the server answered ${answer.status}`;
  } catch {
    return `the server answered ${answer.status}`;
  }
}

/** @param {Blob} content @param {string} name */
function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

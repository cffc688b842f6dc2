// @ts-check
// Files to take away: their addresses follow what is chosen; what is being made is said, and what went wrong.

import { close } from "./shell.js";

/** The menu's files: links with `data-file`, an address without what is chosen. */
export class Files {
  /** What is being made now. @type {AbortController | undefined} */
  #making;

  /**
   * @param {HTMLDetailsElement} menu holds the links and a status line
   * @param {() => URLSearchParams} query what is chosen
   */
  constructor(menu, query) {
    this.menu = menu;
    this.query = query;
    this.said = /** @type {HTMLElement} */ (menu.querySelector("[data-show=making]"));
    document.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-file]");
      // Whoever opens it elsewhere, or copies its address, has the link itself.
      if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void this.#take(link);
    });
  }

  /** Has every address ask for what is chosen now. */
  follow() {
    for (const link of document.querySelectorAll("a[data-file]")) {
      const [path, own] = (/** @type {HTMLElement} */ (link).dataset.file ?? "").split("?");
      const asked = this.query();
      if (path.endsWith(".png") || path.endsWith(".svg")) asked.set("theme", document.documentElement.dataset.theme ?? "light");
      link.setAttribute("href", `${path}?${own ? `${own}&` : ""}${asked}`);
    }
  }

  /** Files are called what their panel is called now. @param {string} panel @param {string} title */
  name(panel, title) {
    const row = this.menu.querySelector(`[data-files-of="${panel}"]`);
    if (row) row.textContent = title;
  }

  /** @param {HTMLAnchorElement} link */
  async #take(link) {
    this.#making?.abort();
    const making = this.#making = new AbortController();
    const what = link.dataset.called ?? "The file";
    this.#say(`${what} is being made…`, "wait");
    this.follow();
    try {
      const answer = await fetch(link.href, { signal: making.signal });
      if (!answer.ok) throw new Error(await reason(answer));
      const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "export";
      save(await answer.blob(), name);
      this.#say(`${name} is in your downloads.`, "done");
      if (this.menu.open) close(this.menu);
    } catch (error) {
      if (!making.signal.aborted) this.#say(`${what} could not be made: ${/** @type {Error} */ (error).message}`, "bad");
    }
  }

  /** @param {string} text @param {string} state */
  #say(text, state) {
    this.said.textContent = text;
    this.said.dataset.state = state;
    this.said.hidden = false;
    // The menu may be closed by now: its button goes on telling that something is being made.
    this.menu.toggleAttribute("data-making", state === "wait");
  }
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

// @ts-check
// The command palette: type a few letters of a page, a name, a panel or a setting, or paste an id; Enter goes there.

/**
 * @typedef {{text: string, note: string, url: string}} Item
 * @typedef {{title: string, items: Item[]}} Group
 */

/** What of this page's address goes along: its window and its zone. */
const KEPT = ["range", "since", "until", "of", "tz", "compare", "complete"];
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("palette"));
const input = /** @type {HTMLInputElement} */ (document.getElementById("palette-text"));
const list = /** @type {HTMLElement} */ (document.getElementById("palette-list"));
const state = /** @type {HTMLElement} */ (document.getElementById("palette-state"));
/** @type {AbortController | undefined} */
let asking;
/** What is shown is of the words that stand there once this is done. @type {Promise<void>} */
let found = Promise.resolve();

export function open() {
  if (dialog.open) return;
  input.value = "";
  dialog.showModal();
  input.focus();
  found = find();
}

async function find() {
  asking?.abort();
  const mine = asking = new AbortController();
  // Whoever types is waited for.
  if (input.value) await new Promise((done) => setTimeout(done, 60));
  if (mine.signal.aborted) return;
  try {
    const answer = await fetch(`/api/search?q=${encodeURIComponent(input.value)}`, { signal: mine.signal });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    show((await answer.json()).groups);
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") return;
    list.replaceChildren();
    state.textContent = `Nothing could be looked up: ${error instanceof TypeError ? "the server does not answer" : error}.`;
  }
}

/** @param {Group[]} groups */
function show(groups) {
  let number = 0;
  list.replaceChildren(...groups.map(({ title, items }) => {
    const group = document.createElement("div"), head = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
    head.className = "group";
    head.textContent = title;
    group.append(head, ...items.map(({ text, note, url }) => {
      const option = document.createElement("a"), words = document.createElement("span"), more = document.createElement("span");
      option.className = "option";
      option.id = `palette-${number++}`;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.href = along(url);
      words.textContent = text;
      more.textContent = note;
      option.append(words, more);
      return option;
    }));
    return group;
  }));
  state.textContent = number ? `${number} found` : "Nothing is called so. Names are those of the last 30 days.";
  mark(0);
}

/** An address with this page's window and zone; a page alone is looked at as this one is. @param {string} url */
function along(url) {
  const to = new URL(url, location.href), own = new URLSearchParams(location.search);
  const page = document.querySelector(`.sidebar a[href^="${CSS.escape(to.pathname).replaceAll("\\/", "/")}"]`);
  if (page && !to.search && !to.hash) to.search = location.search;
  else if (page) for (const name of KEPT) if (own.has(name) && !to.searchParams.has(name)) to.searchParams.set(name, own.get(name) ?? "");
  return to.href;
}

/** @param {number} index */
function mark(index) {
  const options = [...list.querySelectorAll("a")], at = Math.max(0, Math.min(options.length - 1, index));
  options.forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
  input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
  options[at]?.scrollIntoView({ block: "nearest" });
}

input.addEventListener("input", () => { found = find(); });
input.addEventListener("keydown", async (event) => {
  const options = [...list.querySelectorAll("a")], at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
  if (to === undefined && event.key !== "Enter") return;
  event.preventDefault();
  if (to !== undefined) return mark(to);
  // What is marked of what matches the words, not the letters before them.
  const words = input.value;
  await found;
  if (!dialog.open || input.value !== words) return;
  const chosen = /** @type {HTMLAnchorElement | null} */ (list.querySelector("a[aria-selected=true]"));
  if (chosen && (event.ctrlKey || event.metaKey)) window.open(chosen.href, "_blank", "noopener");
  else chosen?.click();
});
list.addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

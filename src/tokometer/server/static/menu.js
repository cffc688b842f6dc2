// @ts-check
// A menu beside a mark, a name or a button: arrow keys lead through it, Enter chooses, Escape leads back to where it came from.

/** @typedef {{text: string, href?: string, act?: () => void, note?: string, download?: boolean}} Choice a line of the menu */

/** @type {HTMLElement | undefined} */
let open;
/** @type {HTMLElement | undefined} */
let opener;

/** Closes the menu; with `back`, the focus is where it was before. */
export function shut(back = false) {
  open?.remove();
  open = undefined;
  opener?.setAttribute("aria-expanded", "false");
  if (back) opener?.focus({ preventScroll: true });
  opener = undefined;
}

/**
 * @param {string} title what it is about
 * @param {Choice[]} choices
 * @param {{x: number, y: number, from: HTMLElement}} at where it stands in the window, and what it belongs to
 */
export function menu(title, choices, { x, y, from }) {
  shut();
  const box = document.createElement("div");
  box.className = "popover floating";
  box.setAttribute("role", "menu");
  box.setAttribute("aria-label", title);
  const head = document.createElement("span");
  head.className = "popover-title";
  head.textContent = title;
  box.append(head, ...choices.map(line));
  document.body.append(box);
  box.style.left = `${Math.max(8, Math.min(x, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${y + box.offsetHeight > innerHeight - 8 ? Math.max(8, y - box.offsetHeight) : y}px`;
  open = box;
  opener = from;
  if (from.hasAttribute("aria-haspopup")) from.setAttribute("aria-expanded", "true");
  box.addEventListener("keydown", press);
  /** @type {HTMLElement | null} */ (box.querySelector("[role=menuitem]"))?.focus({ preventScroll: true });
}

/** @param {Choice} choice */
function line({ text, href, act, note, download }) {
  const item = document.createElement(href ? "a" : "button");
  item.className = "option";
  item.setAttribute("role", "menuitem");
  item.tabIndex = -1;
  if (item instanceof HTMLAnchorElement) item.href = href ?? "";
  if (download) item.setAttribute("download", "");
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words);
  if (note) {
    const key = document.createElement("kbd");
    key.textContent = note;
    item.append(key);
  }
  item.addEventListener("click", () => {
    shut(!href);
    act?.();
  });
  return item;
}

/** @param {KeyboardEvent} event */
function press(event) {
  const items = /** @type {HTMLElement[]} */ ([...(open?.querySelectorAll("[role=menuitem]") ?? [])]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement)), last = items.length - 1;
  const next = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
  event.stopPropagation();
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    shut(true);
  } else if (next !== undefined) {
    event.preventDefault();
    items[next].focus();
  }
}

document.addEventListener("pointerdown", (event) => { if (open && !open.contains(/** @type {Node} */ (event.target))) shut(); }, true);
for (const gone of ["scroll", "resize", "blur"]) addEventListener(gone, (event) => { if (open && !open.contains(/** @type {Node | null} */ (event.target))) shut(); }, gone === "scroll");

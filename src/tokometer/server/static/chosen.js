// @ts-check
// What is done with a mark, a name and a panel: filter by it, leave it out, look into it; or ask in a menu.

import { address, drillOf } from "./drill.js";

/**
 * @typedef {import("./pointing.js").Mark} Mark
 * @typedef {{x: number, y: number, from: HTMLElement}} Place where a menu stands in the window, and what it belongs to
 * @typedef {Place & {mark: Mark, how: "pick" | "exclude" | "menu", apart: boolean}} Chosen
 * @typedef {object} Page what the page does
 * @property {import("./filters.js").Filters} filters
 * @property {(since: number, until: number) => void} zoom
 * @property {() => URLSearchParams} query
 * @property {(panel: HTMLElement) => void} renew
 * @property {(panel: HTMLElement) => void} pause
 * @property {(panel: string) => void} explain
 * @property {(panel: string) => void} link
 */

/** The list of the records of a mark; empty where there is none. @param {Element} from @param {Mark} mark */
export function records(from, { of, at, within }) {
  const drill = drillOf(from);
  return drill && of ? address(drill, of, at, within) : "";
}

/** The menus, which are loaded when the first of them is opened. */
const menus = () => import("./choices.js");

/** @param {Page} page @param {HTMLElement} root holds the panels */
export function listen(page, root) {
  const { filters } = page;
  root.addEventListener("mark", async (event) => {
    const chosen = /** @type {CustomEvent<Chosen>} */ (event).detail, { how, from, mark: { pick, zoom, leads } } = chosen;
    if (how === "menu") (await menus()).ofMark(page, chosen);
    else if (how === "exclude") pick && filters.exclude(...pick);
    else if (leads) visit(records(from, { ...chosen.mark, of: leads }), chosen.apart);
    else if (zoom) page.zoom(...zoom);
    else if (pick) filters.toggle(...pick);
    else if (records(from, chosen.mark)) (await menus()).ofMark(page, chosen);
  });
  root.addEventListener("click", async (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const name = /** @type {HTMLElement | null} */ (target.closest("[data-filter]"));
    const more = /** @type {HTMLElement | null} */ (target.closest("[data-more-of]"));
    const { filter = "", value = "" } = name?.dataset ?? {};
    if (name && event.altKey) filters.exclude(filter, value);
    else if (name) filters.toggle(filter, value);
    else if (more) (await menus()).ofPanel(page, more);
    else if (target.closest("[data-answer]")) (await import("./advice.js")).answer(target);
  });
  /** The menu of a name. @param {Event} event @param {number} x @param {number} y */
  const named = async (event, x, y) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const from = /** @type {HTMLElement | null} */ (target.closest("[data-filter]"));
    if (!from || target.closest("a")) return;
    event.preventDefault();
    event.stopPropagation();
    (await menus()).ofName(page, { x, y, from });
  };
  root.addEventListener("contextmenu", (event) => named(event, event.clientX, event.clientY));
  root.addEventListener("keydown", (event) => {
    const asked = event.key === "ContextMenu" || (event.shiftKey && (event.key === "Enter" || event.key === "F10"));
    const { left, bottom } = /** @type {HTMLElement} */ (event.target).getBoundingClientRect();
    if (asked) named(event, left, bottom);
  });
}

/** @param {string} to @param {boolean} apart in a tab of its own */
function visit(to, apart) {
  if (apart) window.open(to, "_blank", "noopener");
  else location.href = to;
}

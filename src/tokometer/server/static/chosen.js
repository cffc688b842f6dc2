// @ts-check
// What can be done with a mark, a name and a panel: filter by it, leave it out, show its records; pause, renew, save, copy.

import { about, address, drillOf } from "./drill.js";
import { menu } from "./menu.js";

/**
 * @typedef {import("./pointing.js").Mark} Mark
 * @typedef {import("./menu.js").Choice} Choice
 * @typedef {{mark: Mark, how: "pick" | "exclude" | "menu", x: number, y: number, from: HTMLElement, apart: boolean}} Chosen
 * @typedef {object} Page what the page does
 * @property {import("./filters.js").Filters} filters
 * @property {(since: number, until: number) => void} zoom
 * @property {() => URLSearchParams} query
 * @property {(panel: HTMLElement) => void} renew
 * @property {(panel: HTMLElement) => void} pause
 * @property {(panel: string) => void} explain
 * @property {(panel: string) => void} link
 */

/** What a panel can be saved as: titles by how the address ends. @type {Record<string, string>} */
const FORMATS = { csv: "CSV" };

export class Choices {
  /** @param {Page} page @param {HTMLElement} root holds the panels */
  constructor(page, root) {
    this.page = page;
    root.addEventListener("mark", (event) => this.#mark(/** @type {CustomEvent<Chosen>} */ (event).detail));
    root.addEventListener("click", (event) => this.#click(event));
    root.addEventListener("contextmenu", (event) => this.#name(event, event.clientX, event.clientY));
    root.addEventListener("keydown", (event) => {
      const named = event.key === "ContextMenu" || (event.shiftKey && (event.key === "Enter" || event.key === "F10"));
      const { left, bottom } = /** @type {HTMLElement} */ (event.target).getBoundingClientRect();
      if (named) this.#name(event, left, bottom);
    });
  }

  /** @param {Chosen} chosen */
  #mark({ mark, how, x, y, from, apart }) {
    const { pick, zoom, leads } = mark, to = this.#records(from, mark);
    if (how === "menu") return menu(pick ? this.#label(pick) : "This mark", this.#choices(pick, zoom, to), { x, y, from });
    if (how === "exclude") return pick ? this.page.filters.exclude(...pick) : undefined;
    if (leads && to) return visit(this.#records(from, { ...mark, of: leads }), apart);
    if (zoom) return this.page.zoom(...zoom);
    if (pick) return this.page.filters.toggle(...pick);
    if (to) menu("This mark", this.#choices(pick, zoom, to), { x, y, from });
  }

  /** The list of the records of a mark; empty where there is none. @param {Element} from @param {Mark} mark */
  #records(from, { of, at, within }) {
    const drill = drillOf(from);
    return drill && of ? address(drill, of, at, within) : "";
  }

  /** @param {[dimension: string, value: string]} pick */
  #label([dimension, value]) {
    return this.page.filters.label(dimension, value);
  }

  /**
   * @param {[dimension: string, value: string] | null} pick
   * @param {[since: number, until: number] | null} zoom
   * @param {string} to
   * @returns {Choice[]}
   */
  #choices(pick, zoom, to) {
    const { filters } = this.page;
    return [
      ...(pick ? [
        { text: filters.has(...pick) ? "No longer only this" : "Show only this", act: () => filters.toggle(...pick) },
        { text: "Leave this out", note: "Alt + click", act: () => filters.exclude(...pick) },
      ] : []),
      ...(zoom ? [{ text: "Look into this time", act: () => this.page.zoom(...zoom) }] : []),
      ...(to ? [{ text: "Show the calls", href: to }] : []),
    ];
  }

  /** The menu of a name, or of a number. @param {Event} event @param {number} x @param {number} y */
  #name(event, x, y) {
    const from = /** @type {HTMLElement} */ (event.target);
    const name = /** @type {HTMLElement | null} */ (from.closest("[data-filter]"));
    if (!name || from.closest("a")) return;
    event.preventDefault();
    event.stopPropagation();
    const { filter = "", value = "" } = name.dataset;
    // The first number of its row; where there is none, all of its calls.
    const row = name.closest("tr, li"), number = /** @type {HTMLAnchorElement | null | undefined} */ (row?.querySelector("a[data-of]"));
    const drill = drillOf(name);
    const more = /** @type {HTMLAnchorElement | null | undefined} */ (name.closest("[data-panel]")?.querySelector("a[data-leads]"));
    const to = number?.getAttribute("href") ?? (drill ? address(drill, "calls.requests", row ? about(name) : [[filter, [value]]]) : "");
    const choices = this.#choices([filter, value], null, to), asked = new URLSearchParams(location.search);
    asked.delete(filter);
    asked.append(filter, value);
    if (more) choices.push({ text: `Show in ${more.textContent}`, href: `${more.pathname}?${asked}` });
    menu(this.#label([filter, value]), choices, { x, y, from: name });
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const name = /** @type {HTMLElement | null} */ (target.closest("[data-filter]"));
    const { filter = "", value = "" } = name?.dataset ?? {};
    if (name && event.altKey) this.page.filters.exclude(filter, value);
    else if (name) this.page.filters.toggle(filter, value);
    const more = /** @type {HTMLElement | null} */ (target.closest("[data-more-of]"));
    if (more) this.#panel(more);
  }

  /** The menu of a panel. @param {HTMLElement} from */
  #panel(from) {
    const panel = /** @type {HTMLElement} */ (from.closest("[data-panel]")), id = panel.dataset.panel ?? "";
    const { left, bottom } = from.getBoundingClientRect(), { page } = this, drill = drillOf(panel);
    const to = drill?.of ? address(drill, drill.of, []) : "";
    menu(from.getAttribute("aria-label") ?? "", [
      ...(to ? [{ text: "Show the calls", href: to }] : []),
      { text: "Renew now", act: () => page.renew(panel) },
      { text: "paused" in panel.dataset ? "Go on renewing" : "Pause", act: () => page.pause(panel) },
      ...Object.entries(FORMATS).map(([ending, title]) => ({ text: `Save as ${title}`, href: `/api/panels/${id}.${ending}?${page.query()}`, download: true })),
      { text: "Copy a link to this panel", act: () => page.link(panel.id) },
      { text: "How is this computed?", act: () => page.explain(id) },
    ], { x: left, y: bottom + 4, from });
  }
}

/** @param {string} to @param {boolean} apart in a tab of its own */
function visit(to, apart) {
  if (apart) window.open(to, "_blank", "noopener");
  else location.href = to;
}

// @ts-check
// A tree of thousands of rows: only those in view are in the document. Moves and folds as a treegrid of ARIA does.

/**
 * @typedef {object} Look what a tree is told of its rows
 * @property {number} count
 * @property {(at: number) => number} level from 1
 * @property {(at: number) => number} size how many rows stand below one
 * @property {(at: number) => HTMLElement[]} cells what a row shows, after its toggle
 * @property {(at: number) => string} classes
 * @property {(at: number) => void} choose somebody wants to see a row
 */

/** The height of a row, as in trace.css. */
const ROW = 28;
/** Rows that are drawn above and below those in view. */
const SPARE = 12;
/** Levels further down are not set further in. */
const DEEPEST = 18;

export class TreeGrid {
  /** The rows that are not folded away, in order. @type {number[]} */
  #seen = [];
  /** @type {Map<number, HTMLElement>} */
  #drawn = new Map();
  /** @type {Set<number>} */
  #folded = new Set();
  /** The row that has the focus, or would have it. */
  #at = 0;
  /** The row that is shown beside the tree. */
  #chosen = -1;

  /**
   * @param {HTMLElement} scroll
   * @param {HTMLElement} rows
   * @param {Look} look
   */
  constructor(scroll, rows, look) {
    this.scroll = scroll;
    this.rows = rows;
    this.look = look;
    scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(scroll);
    rows.addEventListener("click", (event) => this.#click(event));
    rows.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Folds all rows below the first level, or none. @param {boolean} folded */
  foldAll(folded) {
    this.#folded.clear();
    for (let at = 0; folded && at < this.look.count; at++) if (this.look.size(at)) this.#folded.add(at);
    this.#at = folded ? this.#parents(this.#at)[0] ?? this.#at : this.#at;
    this.refresh();
  }

  /** Shows a row, whatever is folded, in the middle where it is out of view. @param {number} at @param {boolean} focus */
  go(at, focus) {
    for (const parent of this.#parents(at)) this.#folded.delete(parent);
    this.#at = at;
    this.refresh();
    const top = this.#seen.indexOf(at) * ROW;
    if (top < this.scroll.scrollTop || top + ROW > this.scroll.scrollTop + this.scroll.clientHeight) {
      this.scroll.scrollTop = Math.max(0, top - this.scroll.clientHeight / 2);
    }
    this.#draw();
    if (focus) this.#drawn.get(at)?.focus({ preventScroll: true });
  }

  /** Has a row be shown beside the tree. @param {number} at */
  choose(at) {
    this.#chosen = at;
    for (const [number, row] of this.#drawn) row.setAttribute("aria-selected", String(number === at));
    this.look.choose(at);
  }

  get at() {
    return this.#at;
  }

  refresh() {
    this.#seen = [];
    for (let at = 0; at < this.look.count; at += this.#folded.has(at) ? this.look.size(at) + 1 : 1) this.#seen.push(at);
    this.rows.style.height = `${this.#seen.length * ROW}px`;
    for (const row of this.#drawn.values()) row.remove();
    const had = this.rows.contains(document.activeElement);
    this.#drawn.clear();
    this.#draw();
    if (had) this.#drawn.get(this.#at)?.focus({ preventScroll: true });
  }

  /** Draws what is in view, and lets go of what is not; the row with the focus stays. */
  #draw() {
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - SPARE);
    const last = Math.min(this.#seen.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / ROW) + SPARE);
    const wanted = new Map(this.#seen.slice(first, last).map((at, place) => [at, first + place]));
    const own = this.#seen.indexOf(this.#at);
    if (own >= 0) wanted.set(this.#at, own);
    for (const [at, row] of this.#drawn) {
      if (wanted.has(at)) continue;
      row.remove();
      this.#drawn.delete(at);
    }
    const added = document.createDocumentFragment();
    for (const [at, place] of wanted) if (!this.#drawn.has(at)) added.append(this.#row(at, place));
    this.rows.append(added);
  }

  /** @param {number} at @param {number} place */
  #row(at, place) {
    const row = document.createElement("div");
    const level = this.look.level(at);
    row.setAttribute("role", "row");
    row.className = `tree-row ${this.look.classes(at)}`;
    row.tabIndex = at === this.#at ? 0 : -1;
    row.dataset.at = String(at);
    row.setAttribute("aria-level", String(level));
    row.setAttribute("aria-rowindex", String(at + 2));
    row.setAttribute("aria-selected", String(at === this.#chosen));
    row.style.top = `${place * ROW}px`;
    row.append(...this.look.cells(at));
    const first = /** @type {HTMLElement} */ (row.firstElementChild);
    first.style.paddingLeft = `${(Math.min(level, DEEPEST) - 1) * 14}px`;
    const toggle = document.createElement("span");
    toggle.className = "toggle-row";
    toggle.setAttribute("aria-hidden", "true");
    if (this.look.size(at)) {
      const open = !this.#folded.has(at);
      row.setAttribute("aria-expanded", String(open));
      toggle.textContent = open ? "▾" : "▸";
    }
    first.prepend(toggle);
    this.#drawn.set(at, row);
    return row;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest(".tree-row"));
    if (!row) return;
    const at = Number(row.dataset.at);
    this.#move(at);
    if (target.closest(".toggle-row") && this.look.size(at)) this.#fold(at, !this.#folded.has(at));
    else this.choose(at);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.#seen.indexOf(this.#at);
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / ROW) - 1);
    const open = this.look.size(this.#at) > 0 && !this.#folded.has(this.#at);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => this.#step(here + 1),
      ArrowUp: () => this.#step(here - 1),
      PageDown: () => this.#step(here + page),
      PageUp: () => this.#step(here - page),
      Home: () => this.#step(0),
      End: () => this.#step(this.#seen.length - 1),
      ArrowRight: () => (open ? this.#step(here + 1) : this.look.size(this.#at) && this.#fold(this.#at, false)),
      ArrowLeft: () => {
        if (open) return this.#fold(this.#at, true);
        const parent = this.#parents(this.#at).at(-1);
        if (parent !== undefined) this.#step(this.#seen.indexOf(parent));
      },
      Enter: () => this.choose(this.#at),
      " ": () => this.choose(this.#at),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** @param {number} place */
  #step(place) {
    const at = this.#seen[Math.min(Math.max(place, 0), this.#seen.length - 1)];
    const top = this.#seen.indexOf(at) * ROW;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    if (top + ROW > this.scroll.scrollTop + this.scroll.clientHeight) this.scroll.scrollTop = top + ROW - this.scroll.clientHeight;
    this.#move(at);
    this.#draw();
    this.#drawn.get(at)?.focus({ preventScroll: true });
  }

  /** @param {number} at */
  #move(at) {
    const before = this.#drawn.get(this.#at);
    if (before) before.tabIndex = -1;
    this.#at = at;
    const now = this.#drawn.get(at);
    if (now) now.tabIndex = 0;
  }

  /** @param {number} at @param {boolean} folded */
  #fold(at, folded) {
    if (folded) this.#folded.add(at);
    else this.#folded.delete(at);
    this.refresh();
    this.#drawn.get(at)?.focus({ preventScroll: true });
  }

  /** The rows that a row stands below, the topmost first. @param {number} at */
  #parents(at) {
    const found = [];
    for (let before = at - 1, level = this.look.level(at); before >= 0 && level > 1; before--) {
      if (this.look.level(before) < level) {
        level = this.look.level(before);
        found.unshift(before);
      }
    }
    return found;
  }
}

// @ts-check
// Draws charts with Vega when they come into view, and passes on what readers do with them.

import { ink, laidOut, rowsOf } from "./layout.js";
import { Pointing } from "./pointing.js";
import { Tip } from "./tip.js";

/**
 * @typedef {import("./layout.js").ChartData} ChartData
 * @typedef {import("./layout.js").Laid} Laid
 * @typedef {{specs: Record<string, any>, themes: Record<string, any>}} Kit every compiled shape, and both themes
 * @typedef {object} Drawing a chart in its element
 * @property {ChartData} data
 * @property {HTMLElement} element
 * @property {Laid} laid the layout for the width that the element has
 * @property {any} [view]
 * @property {string} [drawn] the kind that `view` draws
 * @property {number} at the mark or the time that is told about; -1 for none
 * @property {{x: number, y: number}} [where] where in the element the pointer that led there is; none for a key
 * @property {boolean} touched whether the tip told about it before the finger came down
 * @property {SVGPathElement} [pointer] the outline of the mark, or the line at the time, that is told about
 * @property {number} [from] where a stretch of the time axis begins that is being chosen: an index of `tips`
 */

/** @param {string} url */
function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(undefined);
    script.onerror = () => reject(new Error("The chart library could not be loaded"));
    document.head.append(script);
  });
}

export class Charts {
  /** @type {Map<HTMLElement, Drawing>} */
  #drawings = new Map();
  /** @type {Map<string, any>} */
  #parsed = new Map();
  /** @type {any} */
  #vega;
  /** @type {Kit | undefined} */
  #kit;

  /**
   * @param {string} vegaUrl
   * @param {string} chartsUrl
   * @param {HTMLElement} tip
   */
  constructor(vegaUrl, chartsUrl, tip) {
    this.pointing = new Pointing(new Tip(tip));
    this.ready = Promise.all([loadScript(vegaUrl), fetch(chartsUrl).then((answer) => answer.json())]).then(([, kit]) => {
      this.#vega = /** @type {any} */ (window).tokometerVega;
      this.#kit = kit;
      for (const element of this.#drawings.keys()) this.#inView.observe(element);
    });
    this.#inView = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.#draw(/** @type {HTMLElement} */ (entry.target));
    }, { rootMargin: "120px" });
    this.#sizes = new ResizeObserver((entries) => {
      for (const entry of entries) this.#resize(/** @type {HTMLElement} */ (entry.target));
    });
    addEventListener("themechange", () => this.redraw());
  }

  /** @type {IntersectionObserver} */ #inView;
  /** @type {ResizeObserver} */ #sizes;

  /**
   * Shows data in an element, now or when it comes into view; what its reader does with it are events, see pointing.js.
   * @param {HTMLElement} element
   * @param {ChartData} data
   */
  show(element, data) {
    const drawing = this.#drawings.get(element);
    if (drawing) {
      drawing.data = data;
      if (drawing.view) this.#draw(element);
      return;
    }
    this.#drawings.set(element, { data, element, laid: laidOut(data, element.clientWidth), at: -1, touched: false });
    this.pointing.listen(element, () => this.#drawings.get(element));
    if (this.#kit) this.#inView.observe(element);
  }

  /** Forgets the charts of elements that have left the page. */
  sweep() {
    for (const [element, drawing] of this.#drawings) {
      if (!element.isConnected) {
        drawing.view?.finalize();
        this.#inView.unobserve(element);
        this.#sizes.unobserve(element);
        this.#drawings.delete(element);
      }
    }
  }

  /** Draws everything again, in the theme of now. */
  redraw() {
    for (const [element, drawing] of this.#drawings) {
      if (!drawing.view) continue;
      drawing.view.finalize();
      drawing.view = undefined;
      this.#draw(element);
    }
  }

  /** @param {HTMLElement} element */
  async #draw(element) {
    const drawing = this.#drawings.get(element);
    if (!drawing || !this.#kit) return;
    const { data } = drawing;
    if (drawing.view && drawing.drawn !== data.kind) {
      drawing.view.finalize();
      drawing.view = undefined;
    }
    if (!drawing.view) {
      const host = document.createElement("div");
      element.replaceChildren(host);
      drawing.view = new this.#vega.View(this.#runtime(data.kind), {
        expr: this.#vega.expr, renderer: "canvas", container: host, logLevel: this.#vega.Warn,
      });
      drawing.drawn = data.kind;
      this.#sizes.observe(element);
    }
    await this.#fill(drawing);
    element.dataset.drawn = data.kind;
  }

  /** Hands the data, as laid out for the width of now, to the view. @param {Drawing} drawing */
  async #fill(drawing) {
    const { data, element, view } = drawing;
    const laid = drawing.laid = laidOut(data, element.clientWidth);
    const [left, right, top, bottom] = laid.frame;
    for (const [name, value] of Object.entries(laid.signals)) view.signal(name, value);
    for (const name of this.#inputs(data.kind)) view.data(name, rowsOf(laid.data[name], data.series));
    view.padding({ left, right, top, bottom });
    view.width(Math.max(0, element.clientWidth - left - right)).height(Math.max(0, element.clientHeight - top - bottom));
    await view.runAsync();
    if (drawing.at >= 0) this.pointing.again(drawing);
  }

  /** The names of the tables that a spec takes. @param {string} kind @returns {string[]} */
  #inputs(kind) {
    const tables = /** @type {{name: string, source?: unknown}[]} */ (this.#kit?.specs[kind].data);
    return tables.filter((table) => !table.source).map((table) => table.name);
  }

  /** @param {string} kind */
  #runtime(kind) {
    const theme = document.documentElement.dataset.theme ?? "light";
    const key = `${kind} ${theme}`;
    const kit = /** @type {Kit} */ (this.#kit);
    if (!this.#parsed.has(key)) this.#parsed.set(key, this.#vega.parse(kit.specs[kind], kit.themes[theme], { ast: true }));
    return this.#parsed.get(key);
  }

  /** @param {HTMLElement} element */
  #resize(element) {
    const drawing = this.#drawings.get(element);
    if (!drawing?.view || !element.clientWidth) return;
    const [left, right, top, bottom] = drawing.laid.frame;
    const { view } = drawing;
    if (view.width() + left + right !== element.clientWidth || view.height() + top + bottom !== element.clientHeight) this.#fill(drawing);
  }
}

export { ink };

// @ts-check
// Draws charts with Vega when they come into view, and passes on what readers do with them.

import { ink, laidOut, rowsOf } from "./layout.js";
import * as marks from "./marks.js";
import * as course from "./course.js";
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
 */

/** How to find, step through and tell about what a chart shows. @param {ChartData} data */
const reading = (data) => (data.series ? course : marks);

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
    this.tip = new Tip(tip);
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
   * Shows data in an element, now or when it comes into view. A click or Enter on a mark that can be filtered by sends
   * a `pick` event with `{dimension, value}` up from the element, one on a period a `zoom` event with `{since, until}`.
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
    element.addEventListener("pointermove", (event) => this.#point(element, event));
    element.addEventListener("pointerdown", (event) => {
      const pressed = this.#drawings.get(element);
      const before = pressed?.at;
      this.#point(element, event);
      if (pressed) pressed.touched = event.pointerType !== "touch" || pressed.at === before;
    });
    element.addEventListener("pointerleave", () => this.#leave(element));
    element.addEventListener("blur", () => "moving" in element.dataset || this.#leave(element));
    element.addEventListener("keydown", (event) => this.#press(element, event));
    element.addEventListener("click", (event) => this.#pick(element, event));
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
    if (drawing.at >= 0) this.#again(drawing);
  }

  /** Goes on telling about what is under the pointer, or was stepped to, after it has been drawn anew. @param {Drawing} drawing */
  #again(drawing) {
    const { data, element, where } = drawing;
    const found = where ? reading(data).find(drawing, where.x, where.y) : Math.min(drawing.at, data.tips.length - 1);
    drawing.at = -1;
    if (found < 0 || !data.tips.length) this.#leave(element);
    else this.#tell(drawing, found, where);
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

  /**
   * @param {HTMLElement} element
   * @param {PointerEvent} event
   */
  #point(element, event) {
    const drawing = this.#drawings.get(element);
    if (!drawing?.view || !drawing.data.tips.length) return;
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const found = reading(drawing.data).find(drawing, x, y);
    if (found < 0) this.#leave(element);
    else this.#tell(drawing, found, { x, y });
    element.classList.toggle("can-pick", Boolean(drawing.data.zoom) || this.#picked(drawing, { x, y }) !== null);
  }

  /**
   * @param {HTMLElement} element
   * @param {KeyboardEvent} event
   */
  #press(element, event) {
    const drawing = this.#drawings.get(element);
    if (event.key === "Escape") this.#leave(element);
    if (!drawing?.view || !drawing.data.tips.length) return;
    if (event.key === "Enter" && drawing.at >= 0) return this.#pick(element);
    const next = reading(drawing.data).step(drawing, event.key);
    if (next < 0) return;
    event.preventDefault();
    this.#tell(drawing, next);
    this.tip.say();
  }

  /**
   * @param {Drawing} drawing
   * @param {number} index
   * @param {{x: number, y: number}} [pointer] where the pointer is, if there is one
   */
  #tell(drawing, index, pointer) {
    const { element } = drawing;
    const read = reading(drawing.data);
    drawing.where = pointer;
    if (drawing.at !== index || this.tip.hidden) {
      drawing.at = index;
      this.tip.fill(...read.content(drawing, index));
      outline(drawing, read.shape(drawing, index));
    }
    const place = read.place(drawing, index, pointer);
    const box = element.getBoundingClientRect();
    this.tip.stand(box.left + place.x, box.top + place.y);
  }

  /** What a click there, or Enter, filters by. @param {Drawing} drawing @param {{x: number, y: number}} [pointer] */
  #picked(drawing, pointer) {
    return drawing.at < 0 ? null : reading(drawing.data).pick(drawing, drawing.at, pointer);
  }

  /**
   * @param {HTMLElement} element
   * @param {MouseEvent} [event]
   */
  #pick(element, event) {
    const drawing = this.#drawings.get(element);
    // The first touch of a mark tells about it; only the second picks it.
    if (!drawing || (event && !drawing.touched)) return;
    const box = element.getBoundingClientRect();
    const into = drawing.at >= 0 && drawing.data.series && course.zoom(drawing, drawing.at);
    if (into) {
      this.#leave(element);
      element.dispatchEvent(new CustomEvent("zoom", { bubbles: true, detail: { since: into[0], until: into[1] } }));
      return;
    }
    const picked = this.#picked(drawing, event && { x: event.clientX - box.left, y: event.clientY - box.top });
    if (!picked) return;
    const [dimension, value] = picked;
    this.#leave(element);
    element.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail: { dimension, value } }));
  }

  /** @param {HTMLElement} element */
  #leave(element) {
    const drawing = this.#drawings.get(element);
    if (!drawing) return;
    drawing.at = -1;
    drawing.pointer?.setAttribute("d", "");
    element.classList.remove("can-pick");
    this.tip.hide();
  }
}

/**
 * Draws the outline of what is told about over the chart.
 * @param {Drawing} drawing
 * @param {string} path
 */
function outline(drawing, path) {
  if (!drawing.pointer?.isConnected) {
    const layer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    layer.setAttribute("class", "pointer");
    layer.setAttribute("aria-hidden", "true");
    drawing.pointer = document.createElementNS("http://www.w3.org/2000/svg", "path");
    layer.append(drawing.pointer);
    drawing.element.append(layer);
  }
  drawing.pointer.setAttribute("d", path);
}

export { ink };

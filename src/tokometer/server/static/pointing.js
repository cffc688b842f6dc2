// @ts-check
// What readers do with a chart: point at its marks, step through them by arrow keys, choose one or a stretch of time.
//
// A click or Enter on a mark, and whatever else is chosen, sends an event up from the chart's element:
// `mark` with `{mark, how, x, y, from}`: `how` is `pick` (click, Enter), `exclude` (with Alt) or `menu` (right click, Shift + Enter)
// `zoom` with `{since, until}`: a stretch of the time axis was drawn over, or chosen by Shift and arrow keys and Enter.

import * as course from "./course.js";
import * as marks from "./marks.js";

/**
 * @typedef {import("./chart.js").Drawing} Drawing
 * @typedef {import("./drill.js").Condition} Condition
 * @typedef {object} Mark what a mark stands for
 * @property {[dimension: string, value: string] | null} pick what a click filters by
 * @property {[since: number, until: number] | null} zoom the period that a click leads into
 * @property {string} [of] the measure that it shows; none where it leads to no records
 * @property {Condition[]} at what its number is about
 * @property {string} [within] its period
 * @property {string} [leads] the measure whose records a click leads to at once
 */

/** Pixels that a pointer has moved when it draws over a stretch of time. */
const DRAG = 6;

/** How to find, step through and tell about what a chart shows. @param {{series?: unknown}} data */
const reading = (data) => (data.series ? course : marks);

export class Pointing {
  /** @param {import("./tip.js").Tip} tip */
  constructor(tip) {
    this.tip = tip;
  }

  /** @param {HTMLElement} element @param {() => Drawing | undefined} drawn what is drawn in it, if something is */
  listen(element, drawn) {
    /** @param {(drawing: Drawing, event: any) => void} deed @returns {(event: Event) => void} */
    const on = (deed) => (event) => {
      const drawing = drawn();
      if (drawing?.view && drawing.data.tips.length) deed(drawing, event);
    };
    /** @type {number | undefined} where the button went down, in pixels */
    let down;
    let drawnOver = false;
    element.addEventListener("pointermove", on((drawing, event) => {
      this.#point(drawing, event);
      if (down === undefined || !drawing.data.series || drawing.at < 0 || Math.abs(event.clientX - down) < DRAG) return;
      drawing.from ??= course.find(drawing, down - element.getBoundingClientRect().left);
      element.setPointerCapture(event.pointerId);
      this.#stretch(drawing);
    }));
    element.addEventListener("pointerdown", on((drawing, event) => {
      const before = drawing.at;
      drawing.from = undefined;
      drawnOver = false;
      down = event.button === 0 && event.pointerType === "mouse" ? event.clientX : undefined;
      this.#point(drawing, event);
      drawing.touched = event.pointerType !== "touch" || drawing.at === before;
    }));
    element.addEventListener("pointerup", on((drawing) => {
      down = undefined;
      drawnOver = drawing.from !== undefined;
      if (drawnOver) this.#zoom(drawing);
    }));
    element.addEventListener("pointercancel", on((drawing) => {
      down = undefined;
      this.leave(drawing);
    }));
    element.addEventListener("pointerleave", on((drawing) => down === undefined && this.leave(drawing)));
    element.addEventListener("blur", on((drawing) => "moving" in element.dataset || this.leave(drawing)));
    element.addEventListener("keydown", on((drawing, event) => this.#press(drawing, event)));
    element.addEventListener("click", on((drawing, event) => {
      // The first touch of a mark tells about it; only the second picks it.
      if (drawing.touched && !drawnOver) this.#choose(drawing, event.altKey ? "exclude" : "pick", event);
    }));
    element.addEventListener("contextmenu", on((drawing, event) => {
      if (drawing.at < 0) return;
      event.preventDefault();
      this.#choose(drawing, "menu", event);
    }));
  }

  /** Goes on telling about what is under the pointer, or was stepped to, after it has been drawn anew. @param {Drawing} drawing */
  again(drawing) {
    const { data, where } = drawing;
    const found = where ? reading(data).find(drawing, where.x, where.y) : Math.min(drawing.at, data.tips.length - 1);
    drawing.at = -1;
    if (found < 0 || !data.tips.length) this.leave(drawing);
    else this.#tell(drawing, found, where);
  }

  /** @param {Drawing} drawing */
  leave(drawing) {
    drawing.at = -1;
    drawing.from = undefined;
    drawing.pointer?.setAttribute("d", "");
    drawing.element.classList.remove("can-pick");
    this.tip.hide();
  }

  /** @param {Drawing} drawing @param {PointerEvent} event */
  #point(drawing, event) {
    const box = drawing.element.getBoundingClientRect();
    const place = { x: event.clientX - box.left, y: event.clientY - box.top };
    const found = reading(drawing.data).find(drawing, place.x, place.y);
    if (found < 0) return this.leave(drawing);
    this.#tell(drawing, found, place);
    const { pick, zoom, leads } = reading(drawing.data).mark(drawing, found, place);
    drawing.element.classList.toggle("can-pick", Boolean(pick || zoom || leads));
  }

  /** @param {Drawing} drawing @param {KeyboardEvent} event */
  #press(drawing, event) {
    const menu = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    if (event.key === "Escape") return this.leave(drawing);
    if ((event.key === "Enter" || menu) && drawing.at >= 0) {
      event.preventDefault();
      if (drawing.from !== undefined && drawing.from !== drawing.at) return this.#zoom(drawing);
      return this.#choose(drawing, menu || event.shiftKey ? "menu" : event.altKey ? "exclude" : "pick");
    }
    const before = drawing.at, next = reading(drawing.data).step(drawing, event.key);
    if (next < 0) return;
    event.preventDefault();
    if (!event.shiftKey || !drawing.data.series) drawing.from = undefined;
    else if (before >= 0) drawing.from ??= before;
    this.#tell(drawing, next);
    if (drawing.from !== undefined) this.#stretch(drawing);
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

  /** @param {Drawing} drawing @param {"pick" | "exclude" | "menu"} how @param {MouseEvent} [event] */
  #choose(drawing, how, event) {
    if (drawing.at < 0) return;
    const { element } = drawing, box = element.getBoundingClientRect(), read = reading(drawing.data);
    const pointer = event && { x: event.clientX - box.left, y: event.clientY - box.top };
    const mark = read.mark(drawing, drawing.at, pointer), place = read.place(drawing, drawing.at, pointer);
    this.leave(drawing);
    const detail = { mark, how, x: box.left + place.x, y: box.top + place.y, from: element, apart: Boolean(event?.ctrlKey || event?.metaKey) };
    element.dispatchEvent(new CustomEvent("mark", { bubbles: true, detail }));
  }

  /** Shows which stretch of time is being chosen. @param {Drawing} drawing */
  #stretch(drawing) {
    outline(drawing, course.stretch(drawing, drawing.from ?? drawing.at, drawing.at));
  }

  /** Looks into the stretch of time that was chosen. @param {Drawing} drawing */
  #zoom(drawing) {
    const { element, data: { tips } } = drawing;
    const [first, last] = [drawing.from ?? drawing.at, drawing.at].sort((one, other) => one - other);
    this.leave(drawing);
    if (first < 0) return;
    const detail = { since: tips[first][0], until: tips[last][1] };
    element.dispatchEvent(new CustomEvent("zoom", { bubbles: true, detail }));
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
  drawing.pointer.classList.toggle("stretch", drawing.from !== undefined);
  drawing.pointer.setAttribute("d", path);
}

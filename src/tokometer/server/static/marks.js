// @ts-check
// Charts of marks: which cell, slice, point or lane is under the pointer, how arrows step through them, and what they say.

import { fieldsOf, scales } from "./layout.js";
import { heading, line } from "./tip.js";

/**
 * @typedef {import("./chart.js").Drawing} Drawing
 * @typedef {import("./layout.js").MarkTip} Tip
 * @typedef {{x: number, y: number}} Place
 */

/** Pixels around a small point in which it can be met. */
const NEAR = 8;

/** @param {Drawing} drawing */
const points = ({ laid }) => laid.data.points;

/** The middle and the radii of a ring. @param {Drawing} drawing */
function circle({ laid, element, view }) {
  const { left, top, height } = scales(laid, element);
  const outer = view.signal("rim");
  return { x: left + view.signal("middle"), y: top + height / 2, inner: 0.66 * outer, outer };
}

/**
 * The mark at a place; -1 for none.
 * @param {Drawing} drawing
 * @param {number} x
 * @param {number} y
 */
export function find(drawing, x, y) {
  const { kind } = drawing.data;
  if (kind === "ring") return slice(drawing, x, y);
  if (kind === "bubbles") return bubble(drawing, x, y);
  const { xValue, yValue } = scales(drawing.laid, drawing.element);
  const [across, up] = [xValue(x), yValue(y)];
  if (kind === "violins") return up < 0 || up >= drawing.data.tips.length ? -1 : Math.floor(up);
  // A column can be met above itself, too: low ones are hard to hit.
  return points(drawing).rows.findIndex(([x0, x1, y0, y1]) => x0 <= across && across < x1 && (kind === "columns" || (y0 <= up && up < y1)));
}

/** @param {Drawing} drawing @param {number} x @param {number} y */
function slice(drawing, x, y) {
  const { inner, outer, ...centre } = circle(drawing);
  const [dx, dy] = [x - centre.x, y - centre.y];
  const key = drawing.laid.key;
  if (key && dx >= key.left && dx <= key.right) {
    const at = Math.floor(dy / key.pitch + key.lines / 2);
    return at >= 0 && at < key.count ? at : -1;
  }
  const far = Math.hypot(dx, dy);
  if (far < inner - 2 || far > outer + 4) return -1;
  const turn = (Math.atan2(dx, -dy) + 2 * Math.PI) % (2 * Math.PI);
  return points(drawing).rows.findIndex(([a, b]) => a <= turn && turn < b);
}

/** The nearest point, of those that the pointer is on or close to. @param {Drawing} drawing @param {number} x @param {number} y */
function bubble(drawing, x, y) {
  const scale = scales(drawing.laid, drawing.element);
  let best = -1, least = Infinity;
  points(drawing).rows.forEach(([px, py, r], index) => {
    const far = Math.hypot(scale.x(px) - x, scale.y(py) - y);
    if (far <= r + NEAR && far - r / 2 < least) [best, least] = [index, far - r / 2];
  });
  return best;
}

/**
 * The mark that a key leads to; -1 for a key that leads nowhere.
 * @param {Drawing} drawing
 * @param {string} key
 */
export function step({ data, at }, key) {
  const last = data.tips.length - 1, row = data.stride ?? 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[key];
  if (!by) return -1;
  if (at < 0) return 0;
  return at + by < 0 || at + by > last ? at : at + by;
}

/**
 * @param {Drawing} drawing
 * @param {number} index
 * @param {Place} [pointer]
 * @returns {Place}
 */
export function place(drawing, index, pointer) {
  if (pointer) return pointer;
  const scale = scales(drawing.laid, drawing.element);
  const { kind } = drawing.data;
  if (kind === "violins") return { x: scale.left + scale.width / 2, y: scale.y(index + 0.5) };
  const mark = fieldsOf(points(drawing), index);
  if (kind === "ring") {
    const { x, y, outer } = circle(drawing), turn = (mark.a + mark.a2) / 2;
    return { x: x + outer * Math.sin(turn), y: y - outer * Math.cos(turn) };
  }
  if (kind === "bubbles") return { x: scale.x(mark.x) + mark.r, y: scale.y(mark.y) };
  return { x: scale.x((mark.x + mark.x2) / 2), y: scale.y((mark.y + mark.y2) / 2) };
}

/** The outline of a mark, as a path. @param {Drawing} drawing @param {number} index */
export function shape(drawing, index) {
  const scale = scales(drawing.laid, drawing.element);
  const { kind } = drawing.data;
  if (kind === "violins") return box(scale.left, scale.y(index), scale.left + scale.width, scale.y(index + 1));
  const mark = fieldsOf(points(drawing), index);
  if (kind === "bubbles") {
    const [x, y, r] = [scale.x(mark.x), scale.y(mark.y), mark.r + 2];
    return `M${x - r} ${y}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0`;
  }
  if (kind === "ring") return arc(circle(drawing), mark.a, mark.a2);
  return box(scale.x(mark.x), scale.y(mark.y), scale.x(mark.x2), scale.y(mark.y2));
}

/** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function box(x0, y0, x1, y1) {
  return `M${x0.toFixed(1)} ${y0.toFixed(1)}H${x1.toFixed(1)}V${y1.toFixed(1)}H${x0.toFixed(1)}Z`;
}

/** @param {{x: number, y: number, inner: number, outer: number}} circle @param {number} from @param {number} to */
function arc({ x, y, inner, outer }, from, to) {
  // A whole turn has no arc: its end is its beginning.
  const end = Math.min(to, from + 2 * Math.PI - 0.001), large = end - from > Math.PI ? 1 : 0;
  /** @param {number} turn @param {number} r */
  const at = (turn, r) => `${(x + r * Math.sin(turn)).toFixed(1)} ${(y - r * Math.cos(turn)).toFixed(1)}`;
  return `M${at(from, outer)}A${outer} ${outer} 0 ${large} 1 ${at(end, outer)}L${at(end, inner)}A${inner} ${inner} 0 ${large} 0 ${at(from, inner)}Z`;
}

/**
 * @param {Drawing} drawing
 * @param {number} index
 */
export function content({ data }, index) {
  const [title, rows] = /** @type {Tip} */ (data.tips[index]);
  return [heading(title), ...rows.map(([what, text]) => line("", what, text))];
}

/**
 * What a mark stands for.
 * @param {Drawing} drawing
 * @param {number} index
 * @returns {import("./pointing.js").Mark}
 */
export function mark(drawing, index) {
  const { data } = drawing, [, , pick, about] = /** @type {Tip} */ (data.tips[index]);
  /** @type {import("./drill.js").Condition[]} */
  const at = about ?? (pick ? [[pick[0], [pick[1]]]] : []);
  if (!data.rows || !data.columns || !data.stride) return { pick, zoom: null, of: data.of, at };
  // A cell of a heat map is about its row, and about its column: a period, or a part of the day.
  const [by, name] = data.rows[Math.floor(index / data.stride)], column = data.columns[index % data.stride];
  /** @type {import("./drill.js").Condition[]} */
  const cell = [[by, [name]]], timed = typeof column[0] === "number";
  if (!timed) cell.push([String(column[0]), [String(column[1])]]);
  const within = timed ? column.map((time) => new Date(time).toISOString()).join("|") : undefined;
  const ill = data.leads && /warning|critical/.test(points(drawing).rows[index][4]);
  return { pick, zoom: null, of: data.of, at: cell, within, leads: ill ? data.leads : undefined };
}

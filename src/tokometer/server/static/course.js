// @ts-check
// Charts over time: which period is under the pointer, and what all series were then.

import { ink, scales } from "./layout.js";
import { heading, line, note } from "./tip.js";

/**
 * @typedef {import("./chart.js").Drawing} Drawing
 * @typedef {import("./layout.js").CourseTip} Tip
 */

/** Where a tip points: a bar's middle, a curve's point. @param {Tip} tip @param {Drawing} drawing */
function middle(tip, { data }) {
  return data.kind === "bars" ? (tip[0] + tip[1]) / 2 : tip[0];
}

/**
 * The period nearest to a place.
 * @param {Drawing} drawing
 * @param {number} x
 */
export function find(drawing, x) {
  const { tips } = drawing.data;
  const time = scales(drawing.laid, drawing.element).xValue(x);
  let best = 0;
  tips.forEach((tip, index) => {
    if (Math.abs(middle(tip, drawing) - time) < Math.abs(middle(tips[best], drawing) - time)) best = index;
  });
  return best;
}

/**
 * The period that a key leads to; -1 for a key that leads nowhere.
 * @param {Drawing} drawing
 * @param {string} key
 */
export function step({ data: { tips }, at }, key) {
  const last = tips.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!by) return -1;
  return at < 0 ? last : Math.min(last, Math.max(0, at + by));
}

/**
 * @param {Drawing} drawing
 * @param {number} index
 * @param {{x: number, y: number}} [pointer]
 */
export function place(drawing, index, pointer) {
  const scale = scales(drawing.laid, drawing.element);
  return { x: scale.x(middle(drawing.data.tips[index], drawing)), y: pointer?.y ?? scale.top + 32 };
}

/** @param {Drawing} drawing @param {number} index */
export function shape(drawing, index) {
  const { x, top, height } = scales(drawing.laid, drawing.element);
  return `M${Math.round(x(middle(drawing.data.tips[index], drawing))) + 0.5} ${top}v${height}`;
}

/**
 * What is said of a period: its title, what happened, all series sorted, the total.
 * @param {Drawing} drawing
 * @param {number} index
 */
export function content({ data }, index) {
  const [, , title, total, rows, notes] = /** @type {Tip} */ (data.tips[index]);
  const series = data.series ?? [];
  const several = series.length > 1 || rows.length > 1;
  const lines = rows.map(([number, text]) => line(several ? ink(series[number].colour) : "", series[number].label, text));
  if (!rows.length) lines.push(line("", "No data", ""));
  if (total) lines.push(line("", data.sum ?? "Total", total, true));
  return [heading(title), ...notes.map(([kind, text]) => note(kind, text)), ...lines];
}

/** The outline of a stretch of time, from one period to another. @param {Drawing} drawing @param {number} one @param {number} other */
export function stretch({ data: { tips }, laid, element }, one, other) {
  const { x, left, top, width, height } = scales(laid, element);
  const [from, to] = [x(Math.min(tips[one][0], tips[other][0])), x(Math.max(tips[one][1], tips[other][1]))];
  const begin = Math.max(left, Math.round(from)), end = Math.min(left + width, Math.round(to));
  return `M${begin} ${top}H${end}v${height}H${begin}Z`;
}

/** Pixels around a line in which it can be met. */
const NEAR = 12;

/**
 * The series whose bar, area or line is under the pointer.
 * @param {Drawing} drawing
 * @param {number} index
 * @param {{x: number, y: number}} [pointer]
 */
function under({ data, laid, element }, index, pointer) {
  if (!pointer || !data.series) return undefined;
  const { y, yValue } = scales(laid, element), start = data.tips[index][0];
  const own = data.data.points.rows.filter(([t]) => t === start);
  if (data.kind === "bars" || data.kind === "stack") {
    const value = yValue(pointer.y);
    const row = own.find(([, , a, b]) => Math.min(a, b) <= value && value <= Math.max(a, b));
    return row && data.series[row[4]];
  }
  const far = (/** @type {number[]} */ row) => Math.abs(y(row[3]) - pointer.y);
  const nearest = own.sort((one, other) => far(one) - far(other))[0];
  return nearest && far(nearest) <= NEAR ? data.series[nearest[4]] : undefined;
}

/**
 * What a period, or the part of it that is under the pointer, stands for.
 * @param {Drawing} drawing
 * @param {number} index
 * @param {{x: number, y: number}} [pointer]
 * @returns {import("./pointing.js").Mark}
 */
export function mark(drawing, index, pointer) {
  const { data } = drawing;
  const [since, until] = data.tips[index], series = under(drawing, index, pointer);
  const zoom = data.zoom ? /** @type {[number, number]} */ ([since, until]) : null;
  // What has added up from a beginning on, and nothing of what is yet to come.
  const ahead = data.now !== undefined && since > data.now, from = data.from ?? since;
  const at = data.by && series ? [series.filter ? [data.by, [series.name]] : [data.by, data.named, "not in"]] : [];
  const measure = data.of ?? [series, ...(data.series ?? [])].find((one) => one?.name.includes("."))?.name;
  return {
    pick: series?.filter ? [series.filter, series.name] : null,
    zoom,
    of: ahead ? undefined : measure,
    at: /** @type {import("./drill.js").Condition[]} */ (at),
    within: [from, data.from === undefined ? until : since].map((time) => new Date(time).toISOString()).join("|"),
  };
}

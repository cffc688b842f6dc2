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

/**
 * The series whose bar or area is under the pointer.
 * @param {Drawing} drawing
 * @param {number} index
 * @param {{x: number, y: number}} [pointer]
 * @returns {[string, string] | null}
 */
export function pick(drawing, index, pointer) {
  const { data } = drawing;
  if (data.zoom || !pointer || (data.kind !== "bars" && data.kind !== "stack")) return null;
  const value = scales(drawing.laid, drawing.element).yValue(pointer.y);
  const start = data.tips[index][0];
  const row = data.data.points.rows.find(([t, , a, b]) => t === start && Math.min(a, b) <= value && value <= Math.max(a, b));
  const series = row && data.series?.[row[4]];
  return series?.filter ? [series.filter, series.name] : null;
}

/**
 * The period that a click or Enter leads into; null where it leads nowhere.
 * @param {Drawing} drawing
 * @param {number} index
 * @returns {[since: number, until: number] | null}
 */
export function zoom({ data }, index) {
  const [since, until] = data.tips[index];
  return data.zoom ? [since, until] : null;
}

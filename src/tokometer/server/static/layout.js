// @ts-check
// Reads the charts' data as the server lays them out: which layout fits, where a mark is in pixels, which colour it has.

/**
 * @typedef {[left: number, right: number, top: number, bottom: number]} Frame pixels around the plot
 * @typedef {{fields: string[], rows: any[][]}} Table
 * @typedef {{name: string, label: string, colour: string, filter: string}} Series
 * @typedef {[start: number, end: number, title: string, total: string, rows: [series: number, text: string][],
 *   notes: [kind: string, text: string][]]} CourseTip
 * @typedef {[title: string, rows: [what: string, text: string][], pick: [dimension: string, value: string] | null,
 *   about?: import("./drill.js").Condition[]]} MarkTip
 * @typedef {{left: number, right: number, pitch: number, count: number, lines: number}} Key a list beside a ring, in pixels
 * @typedef {{width: number, frame?: Frame, signals?: Record<string, any>, data: Record<string, Table>, key?: Key}} Layout
 * @typedef {object} ChartData as tokometer.dashboards.drawing makes it
 * @property {string} kind
 * @property {Frame} [frame]
 * @property {Record<string, any>} signals
 * @property {Record<string, Table>} data
 * @property {any[]} tips what is said of each mark ({@link MarkTip}) or, with `series`, of each time ({@link CourseTip})
 * @property {Series[]} [series] for charts over time
 * @property {Layout[]} [layouts] what depends on the width, narrowest first
 * @property {boolean} [zoom] for charts over time: a period can be looked into
 * @property {string} [sum] what the tooltip calls the total
 * @property {number} [stride] marks in a row, where they stand in rows
 * @property {string} [of] the measure that its marks show, where they show one
 * @property {string} [by] the dimension that its series are by
 * @property {string[]} [named] the names that have a series of their own
 * @property {[dimension: string, value: string][]} [rows] what the rows of a heat map are about
 * @property {([since: number, until: number] | [dimension: string, value: string])[]} [columns] and its columns
 * @property {string} [leads] the measure whose records a click on what is ill leads to
 * @property {number} [from] from when on it has added up
 * @property {number} [now] after which all is expected
 * @typedef {{frame: Frame, signals: Record<string, any>, data: Record<string, Table>, key?: Key}} Laid
 */

/** @type {Map<string, string>} */
const inks = new Map();
addEventListener("themechange", () => inks.clear());

/** @param {string} colour `#rrggbb` or the name of a design token */
export function ink(colour) {
  if (colour.startsWith("#")) return colour;
  let found = inks.get(colour);
  if (found === undefined) {
    found = getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();
    inks.set(colour, found);
  }
  return found;
}

/**
 * The chart as laid out for an element so many pixels wide.
 * @param {ChartData} data
 * @param {number} width
 * @returns {Laid}
 */
export function laidOut(data, width) {
  const layouts = data.layouts ?? [];
  const own = layouts.filter((layout) => layout.width <= width).pop() ?? layouts[0];
  return {
    frame: own?.frame ?? data.frame ?? [52, 12, 8, 24],
    signals: { ...data.signals, ...own?.signals },
    data: { ...data.data, ...own?.data },
    key: own?.key,
  };
}

/**
 * A table as Vega takes it: an object a row, colours as the theme has them.
 * @param {Table | undefined} table
 * @param {Series[] | undefined} series
 */
export function rowsOf(table, series) {
  if (!table) return [];
  const { fields } = table;
  return table.rows.map((values) => {
    /** @type {Record<string, any>} */
    const row = {};
    for (let at = 0; at < fields.length; at++) row[fields[at]] = values[at];
    if (series && "s" in row) row.c = ink(series[row.s].colour);
    else if ("c" in row) row.c = ink(row.c);
    return row;
  });
}

/**
 * A mark's fields by name.
 * @param {Table} table
 * @param {number} index
 * @returns {Record<string, any>}
 */
export function fieldsOf(table, index) {
  return Object.fromEntries(table.fields.map((name, at) => [name, table.rows[index][at]]));
}

/**
 * From values of the axes to pixels of the element, and back.
 * @param {Laid} laid
 * @param {HTMLElement} element
 */
export function scales({ frame: [left, right, top, bottom], signals }, element) {
  const [x0, x1] = signals.xdomain, [y0, y1] = signals.ydomain;
  const width = Math.max(1, element.clientWidth - left - right), height = Math.max(1, element.clientHeight - top - bottom);
  return {
    /** @param {number} value */ x: (value) => left + ((value - x0) / (x1 - x0)) * width,
    /** @param {number} value */ y: (value) => top + (1 - (value - y0) / (y1 - y0)) * height,
    /** @param {number} pixel */ xValue: (pixel) => x0 + ((pixel - left) / width) * (x1 - x0),
    /** @param {number} pixel */ yValue: (pixel) => y0 + (1 - (pixel - top) / height) * (y1 - y0),
    left, top, width, height,
  };
}

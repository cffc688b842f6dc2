// @ts-check
// From a number to the records behind it: makes of what a panel's numbers have in common, and of what is a number's own,
// the address of the list of its records. The same as `Drill.address` in dashboards/drill.py.

/**
 * @typedef {{to: string, since: string, until: string, tz: string, of: string, where: Record<string, string[]>}} Drill
 *   what a panel's numbers have in common; `of` is what it shows first
 * @typedef {[by: string, values: string[], op?: string]} Condition only records with one of the values, or with none of them
 */

/** What records are called. @type {Record<string, string>} */
const RECORDS = { calls: "calls", tools: "tool calls", runs: "runs", jobs: "job runs", logs: "log lines" };

/** Of the panel that an element is in. @type {WeakMap<Element, Drill>} */
const drills = new WeakMap();

/** As many values as a filter takes. */
const MOST = 1000;

/**
 * The list of records that a number rests on; empty where it is of more names than an address takes.
 * @param {Drill} drill
 * @param {string} of the measure
 * @param {Condition[]} at what the number is about
 * @param {string} [within] its period, where that is not the panel's
 */
export function address(drill, of, at, within) {
  if (at.some(([, values]) => values.length > MOST)) return "";
  const [cube] = of.split(".");
  const own = at.map(([by, values, op = "in"]) => `${named(cube, by)} ${op} ${JSON.stringify(values)}`);
  const [since, until = ""] = within ? within.split("|") : [drill.since, drill.until];
  const asked = new URLSearchParams({ measure: of });
  for (const one of [...(drill.where[cube] ?? []), ...own]) asked.append("where", one);
  for (const [name, value] of Object.entries({ since, until, tz: drill.tz })) if (value) asked.set(name, value);
  return `${drill.to}?${asked}`;
}

/** A dimension's name, with a label's key in quotes where that is no word. @param {string} cube @param {string} by */
function named(cube, by) {
  if (!by.startsWith("label.") || /^[\w.]+$/.test(by) || by[6] === '"') return `${cube}.${by}`;
  return `${cube}.label.${JSON.stringify(by.slice(6))}`;
}

/** What an element is about: its own condition, and those of the elements around it, up to its panel. @param {Element} element */
export function about(element) {
  /** @type {Condition[]} */
  const found = [];
  for (let one = /** @type {Element | null} */ (element); one && !one.matches("[data-panel]"); one = one.parentElement) {
    const { by, is, not, among } = /** @type {HTMLElement} */ (one).dataset ?? {};
    if (by) found.push(is !== undefined ? [by, [is]] : not ? [by, JSON.parse(not), "not in"] : [by, JSON.parse(among ?? "[]")]);
  }
  return found;
}

/** The drill of the panel that an element stands in. @param {Element} element */
export function drillOf(element) {
  const panel = element.closest("[data-panel]");
  return panel ? drills.get(panel) : undefined;
}

/** Gives every number of a panel its address. @param {HTMLElement} panel @param {Drill | undefined} drill */
export function lead(panel, drill) {
  if (!drill) return;
  drills.set(panel, drill);
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (panel.querySelectorAll("a[data-of]"))) {
    const { of = "", in: within } = link.dataset;
    const to = address(drill, of, about(link), within);
    if (!to) continue;
    link.href = to;
    const exact = link.title || link.closest("[title]")?.getAttribute("title") || "";
    link.title = `${exact}${exact ? " · " : ""}show the ${RECORDS[of.split(".")[0]] ?? "records"}`;
  }
  // A table is one stop of the Tab key; arrows lead from number to number.
  for (const table of panel.querySelectorAll("table")) {
    [...table.querySelectorAll("a[data-of]")].forEach((link, at) => at && link.setAttribute("tabindex", "-1"));
  }
}

const STEPS = /** @type {Record<string, [down: number, right: number]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] });

/** Goes from a number of a table to its neighbour. @param {KeyboardEvent} event */
export function step(event) {
  const link = /** @type {HTMLElement} */ (event.target), by = STEPS[event.key];
  const cell = /** @type {HTMLTableCellElement | null} */ (link.closest("td, th")), table = link.closest("table");
  if (!by || !cell || !table || !link.matches("a[data-of]") || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...table.rows].filter((row) => !row.hidden);
  let [down, right] = [rows.indexOf(/** @type {HTMLTableRowElement} */ (cell.parentElement)), cell.cellIndex];
  while ((down += by[0]) >= 0 && down < rows.length && (right += by[1]) >= 0 && right < rows[down].cells.length) {
    const next = /** @type {HTMLElement | null} */ (rows[down].cells[right].querySelector("a[data-of]"));
    if (!next) continue;
    event.preventDefault();
    link.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    return next.focus();
  }
}

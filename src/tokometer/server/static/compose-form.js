// @ts-check
// The form for one panel, made from the grammar of panels: kind, measures, dimension, filters, window, title, width.

import { make, send } from "./sending.js";

/**
 * @typedef {{name: string, form: string, required: boolean, default: unknown, words: string[]}} Field
 * @typedef {{kind: string, title: string, about: string, composed: boolean, fields: Field[]}} Kind
 * @typedef {{name: string, title: string}} Named
 * @typedef {{kinds: Kind[], measures: Named[], dimensions: Record<string, Named[]>, windows: string[], width: (kind: string) => number}} Grammar
 * @typedef {import("./compose.js").Panel} Panel
 */

/** What fields are called; others as they are named. @type {Record<string, string>} */
const TITLES = { of: "Measure", by: "By", across: "Across", group: "Grouped by", columns: "Columns", parts: "Parts of its bar", x: "Across", y: "Up", size: "Size", rank: "Ranked by", shape: "Drawn as", how: "How to read it", every: "Renewed every (seconds)", top: "How many", tall: "Height", low: "Dial from", high: "Dial to", from_zero: "Axis from zero", log_x: "Logarithmic across", log_y: "Logarithmic up", change: "With changes", shares: "With shares", trend: "With its course", marks: "Prices and incidents marked", grain: "Periods", least: "Shortest periods", rolling: "Rolling mean over (periods)", colour: "Colour of its line", nothing: "Said where there is none", most: "How many", find: "With a search box", chosen: "Viewer chooses by what", switch: "Viewer chooses the measure", paced: "Viewer chooses periods", per: "Viewer chooses cost per what" };
/** What a field that must say something begins as. @type {Record<string, unknown>} */
const FIRST = { of: "calls.cost", by: "model", across: "provider", group: "provider", x: "calls.requests", y: "calls.p95_latency", size: "calls.cost", rank: "calls.cost" };
const KINDS = /** @type {Record<string, string>} */ ({ stat: "One figure", figures: "A row of figures", series: "Over time", ranking: "Ranking, as a table", share: "Shares, as a ring", matrix: "Table of measures", heatmap: "Heat map", treemap: "Treemap", histogram: "Histogram of latencies", distribution: "Latencies by name", gauge: "Gauge", bubble: "Bubbles", cross: "Cross table", grid: "Status tiles", alerts: "Alerts", incidents: "Incidents", advice: "Advice", outlook: "Forecast of the month" });
const BEFORE = ["of", "x", "y", "size", "columns", "by", "across", "group", "rank", "shape"];
const COMMON = ["title", "width", "window", "filters"];

export class Form {
  /**
   * @param {HTMLElement} place
   * @param {() => void} changed
   * @param {() => void} done
   */
  constructor(place, changed, done) {
    this.place = place;
    this.changed = changed;
    this.done = done;
    /** @type {Grammar | undefined} */
    this.grammar = undefined;
    this.empty = [...place.childNodes];
    this.ready = this.load();
    place.addEventListener("keydown", (event) => { if (event.key === "Escape") done(); });
  }

  async load() {
    const { said } = await send("GET", "/api/panel-kinds");
    if (!said) return;
    this.grammar = said;
    said.width = (/** @type {string} */ kind) => Number(this.kind(kind)?.fields.find((one) => one.name === "width")?.default ?? 4);
  }

  /** @param {string} kind */
  kind(kind) {
    return this.grammar?.kinds.find((one) => one.kind === kind);
  }

  close() {
    this.place.replaceChildren(...this.empty);
  }

  /** Says at a field what is wrong with it. @param {import("./sending.js").Wrong} [wrong] */
  wrong(wrong) {
    for (const field of this.place.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const name = wrong?.field?.match(/^\w+/)?.[0];
    if (name) this.place.querySelector(`[data-field="${name}"] :is(input, select)`)?.setAttribute("aria-invalid", "true");
  }

  /** @param {Panel} panel @param {boolean} focus */
  async open(panel, focus) {
    await this.ready;
    const kind = this.kind(panel.kind);
    if (!kind || !this.grammar) return;
    this.panel = panel;
    const fields = new Map(kind.fields.map((one) => [one.name, one]));
    const first = BEFORE.filter((name) => fields.get(name)), rest = [...fields.keys()].filter((name) => ![...first, ...COMMON, "id"].includes(name));
    const shown = kind.composed ? first : [];
    const more = make("details", { class: "more" }, make("summary", {}, "More"), ...rest.map((name) => this.field(/** @type {Field} */ (fields.get(name)))));
    const was = /** @type {HTMLDetailsElement | null} */ (this.place.querySelector("details.more"))?.open;
    if (was) more.setAttribute("open", "");
    const close = make("button", { type: "button", class: "button" }, "Done");
    close.addEventListener("click", this.done);
    this.place.replaceChildren(
      make("h2", {}, "Panel"),
      this.kinds(kind),
      make("p", { class: "note" }, kind.composed ? kind.about : `${kind.about} What it shows is written in its TOML.`),
      ...[...shown, ...COMMON].map((name) => this.field(/** @type {Field} */ (fields.get(name)))),
      ...(rest.length ? [more] : []),
      close,
    );
    if (focus) this.place.querySelector("select")?.focus();
  }

  /** @param {Kind} kind */
  kinds(kind) {
    const listed = this.grammar?.kinds.filter((one) => one.composed || one === kind) ?? [];
    const order = Object.keys(KINDS);
    listed.sort((one, other) => (order.indexOf(one.kind) + 1 || 99) - (order.indexOf(other.kind) + 1 || 99));
    const box = choice(listed.map((one) => [one.kind, KINDS[one.kind] ?? one.title]), kind.kind);
    box.addEventListener("change", () => this.become(box.value));
    return labelled("Kind", "kind", box);
  }

  /** Makes the panel one of another kind, with what both have. @param {string} name */
  become(name) {
    const panel = /** @type {Panel} */ (this.panel), kind = /** @type {Kind} */ (this.kind(name));
    const { id, title, width: _, ...had } = panel;
    for (const field of Object.keys(panel)) delete panel[field];
    Object.assign(panel, { kind: name, id, title });
    for (const field of kind.fields) {
      let value = had[field.name];
      if (field.form === "measures" && typeof value === "string") value = [value];
      if (field.form === "measure" && Array.isArray(value)) value = measureOf(value[0]);
      if (field.form === "word" && !field.words.includes(String(value))) value = field.required ? field.words[0] : undefined;
      if (field.required && (value === undefined || value === "")) value = field.form === "measures" ? ["calls.cost", "calls.requests"] : FIRST[field.name];
      if (value !== undefined) panel[field.name] = value;
    }
    this.changed();
    this.open(panel, true);
  }

  /** @param {Field} field */
  field(field) {
    const panel = /** @type {Panel} */ (this.panel), value = panel[field.name] ?? field.default;
    const title = TITLES[field.name] ?? `${field.name[0].toUpperCase()}${field.name.slice(1)}`.replaceAll("_", " ");
    if (field.form === "measures") return this.measures(field, field.name === "of" ? "Measures" : title);
    if (field.form === "filters") return this.filters();
    const box = this.box(field, value);
    const event = box instanceof HTMLInputElement && box.type !== "checkbox" ? "input" : "change";
    box.addEventListener(event, () => {
      const said = read(field, /** @type {HTMLInputElement} */ (box));
      if (said === "" || said === undefined || said === field.default) delete panel[field.name];
      else panel[field.name] = said;
      // What is counted decides by what it can be looked at.
      if (field.form === "measure" && field.name === "of") this.open(panel, false);
      this.changed();
    });
    return labelled(title, field.name, box);
  }

  /** @param {Field} field @param {any} value @returns {HTMLInputElement | HTMLSelectElement} */
  box(field, value) {
    if (field.form === "measure") return this.measure(measureOf(value), !field.required);
    if (field.form === "dimension") return choice([...(field.required ? [] : [["", "–"]]), ...this.dimensions().map(({ name, title }) => [name, title])], value ?? "");
    if (field.form === "window") return choice([["", "The viewer's"], ...(this.grammar?.windows ?? []).map((one) => [one, one])], value ?? "");
    if (field.form === "word") return choice([...(field.required ? [] : [["", "–"]]), ...field.words.map((one) => [one, one])], value ?? "");
    if (field.form === "flag") return /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", checked: Boolean(value) }));
    if (field.form === "whole" || field.form === "number") return /** @type {HTMLInputElement} */ (make("input", { type: "number", step: field.form === "whole" ? "1" : "any", value: String(value ?? ""), ...(field.name === "width" && { min: "2", max: "12" }) }));
    return /** @type {HTMLInputElement} */ (make("input", { maxlength: "500", autocomplete: "off", value: String(value ?? "") }));
  }

  /** A choice of everything that is counted or judged. @param {string} value @param {boolean} [none] */
  measure(value, none = false) {
    const box = choice(none ? [["", "–"]] : [], value);
    /** @type {Record<string, HTMLElement>} */
    const groups = {};
    for (const { name, title } of this.grammar?.measures ?? []) {
      const cube = name.split(".")[0];
      if (!groups[cube]) box.append((groups[cube] = make("optgroup", { label: cube === "judgement" ? "Judgements" : cube[0].toUpperCase() + cube.slice(1) })));
      groups[cube].append(make("option", { value: name, selected: name === value }, cube === "judgement" ? `${title} (${name.split(".").slice(1).join(".")})` : title));
    }
    return box;
  }

  /** @param {Field} field @param {string} title */
  measures(field, title) {
    const panel = /** @type {Panel} */ (this.panel);
    const list = make("div", { class: "compose-list", role: "group", "aria-label": title, "data-field": field.name }, make("span", { class: "label" }, title));
    /** @type {any[]} */
    const had = [...(panel[field.name] ?? field.default ?? [])];
    const said = (/** @type {any[]} */ now) => {
      if (now.length || field.required) panel[field.name] = now;
      else delete panel[field.name];
      this.changed();
    };
    const draw = () => {
      list.querySelectorAll(":scope > :not(.label)").forEach((one) => one.remove());
      had.forEach((one, at) => {
        const box = this.measure(measureOf(one)), remove = make("button", { type: "button", class: "icon-button", "aria-label": `Remove ${measureOf(one)}` }, "✕");
        box.setAttribute("aria-label", `${title}, ${at + 1}`);
        box.addEventListener("change", () => { had[at] = box.value; said([...had]); });
        remove.addEventListener("click", () => { had.splice(at, 1); draw(); said([...had]); /** @type {HTMLElement} */ (list.lastElementChild).focus(); });
        list.append(make("div", { class: "compose-row" }, box, remove));
      });
      const add = make("button", { type: "button", class: "button" }, had.length ? "Add another" : "Add one");
      add.addEventListener("click", () => { had.push("calls.requests"); draw(); said([...had]); /** @type {HTMLElement} */ (list.querySelector(".compose-row:last-of-type select"))?.focus(); });
      list.append(add);
    };
    draw();
    return list;
  }

  filters() {
    const panel = /** @type {Panel} */ (this.panel);
    const pairs = Object.entries(Array.isArray(panel.filters) ? Object.fromEntries(panel.filters) : (panel.filters ?? {})).map(([name, values]) => [name, [values].flat().join(", ")]);
    const list = make("div", { class: "compose-list", role: "group", "aria-label": "Only where", "data-field": "filters" }, make("span", { class: "label" }, "Only where"));
    const said = () => {
      const filled = pairs.filter(([, text]) => text.trim()).map(([name, text]) => [name, text.split(",").map((one) => one.trim()).filter(Boolean)]);
      if (filled.length) panel.filters = Object.fromEntries(filled);
      else delete panel.filters;
      this.changed();
    };
    const draw = () => {
      list.querySelectorAll(":scope > :not(.label)").forEach((one) => one.remove());
      pairs.forEach((pair, at) => {
        const name = choice((this.grammar?.dimensions.calls ?? []).map((one) => [one.name, one.title]), pair[0]);
        const text = /** @type {HTMLInputElement} */ (make("input", { value: pair[1], placeholder: "value, value", "aria-label": `Values of ${pair[0]}`, autocomplete: "off" }));
        const remove = make("button", { type: "button", class: "icon-button", "aria-label": `Remove the filter by ${pair[0]}` }, "✕");
        name.setAttribute("aria-label", "Dimension");
        name.addEventListener("change", () => { pair[0] = name.value; said(); });
        text.addEventListener("input", () => { pair[1] = text.value; said(); });
        remove.addEventListener("click", () => { pairs.splice(at, 1); draw(); said(); });
        list.append(make("div", { class: "compose-row" }, name, text, remove));
      });
      const add = make("button", { type: "button", class: "button" }, "Add a filter");
      add.addEventListener("click", () => { pairs.push(["provider", ""]); draw(); /** @type {HTMLElement} */ (list.querySelector(".compose-row:last-of-type input"))?.focus(); });
      list.append(add);
    };
    draw();
    return list;
  }

  /** By what the first measure can be looked at. */
  dimensions() {
    const panel = /** @type {Panel} */ (this.panel), cube = measureOf([panel.of ?? panel.columns ?? panel.x].flat()[0]).split(".")[0];
    return this.grammar?.dimensions[cube] ?? this.grammar?.dimensions.calls ?? [];
  }
}

/** The measure of an entry, which may say more of it. @param {any} entry @returns {string} */
function measureOf(entry) {
  return Array.isArray(entry) ? entry[0] : typeof entry === "object" && entry ? entry.of : (entry ?? "");
}

/** @param {(string[] | [string, string])[]} options @param {unknown} value */
function choice(options, value) {
  return /** @type {HTMLSelectElement} */ (make("select", {}, ...options.map(([name, title]) => make("option", { value: name, selected: name === value }, title))));
}

/** @param {string} title @param {string} name @param {Element} box */
function labelled(title, name, box) {
  if (box.matches("[type=checkbox]")) return make("label", { "data-field": name, class: "made-check" }, box, ` ${title}`);
  box.id = `field-${name}`;
  return make("div", { "data-field": name, class: "compose-field" }, make("label", { for: box.id }, title), box);
}

/** @param {Field} field @param {HTMLInputElement} box */
function read(field, box) {
  if (field.form === "flag") return box.checked;
  if (field.form === "whole" || field.form === "number") return box.value === "" ? undefined : Number(box.value);
  return box.value;
}

// @ts-check
// The page of alerts: the form of a rule, whose fields are those of its condition, and trying it on the past.

import { make, send, sentence } from "./sending.js";
import { bind, open, renew } from "./things.js";
import { own, zones } from "./zone.js";

/**
 * @typedef {{name: string, title: string, meaning: string, form: string, words: string[], default: unknown, required: boolean, unit: string}} Param
 * @typedef {{name: string, title: string, meaning: string, measure: string | null, window: string | null, filtered: boolean, each: string | null, dimensions: string[], past: boolean, takes: Param[]}} Condition
 */

const form = /** @type {HTMLFormElement} */ (document.querySelector("#thing-rule form"));
const takes = /** @type {HTMLElement} */ (form.querySelector("[data-takes]"));
/** @type {Map<string, Condition>} */
const grammar = new Map(JSON.parse(takes.dataset.grammar ?? "[]").map((/** @type {Condition} */ one) => [one.name, one]));

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
const chosen = () => /** @type {Condition} */ (grammar.get(field("condition").value));

/** Shows the fields that the condition takes, with what a rule says for them. @param {Record<string, any>} said */
function lay(said) {
  const condition = chosen();
  const shown = { measure: condition.measure, each: condition.each === "any", window: condition.window, tz: condition.window, where: condition.filtered };
  for (const [name, there] of Object.entries(shown)) {
    /** @type {HTMLElement} */ (form.querySelector(`[data-of="${name}"]`)).hidden = !there;
    field(name).disabled = !there;
  }
  field("window").placeholder = condition.window ?? "";
  const hint = /** @type {HTMLElement} */ (document.getElementById(field("each").getAttribute("aria-describedby") ?? ""));
  const few = condition.dimensions.length ? `One of ${condition.dimensions.join(", ")}, or none` : "A dimension whose values are told apart: user";
  hint.textContent = hint.dataset.hint = few;
  /** @type {HTMLElement} */ (form.querySelector("[data-meaning]")).textContent = `${condition.meaning[0].toUpperCase()}${condition.meaning.slice(1)}.`;
  takes.replaceChildren(...condition.takes.map((one) => drawn(one, said[one.name] ?? one.default)));
  /** @type {HTMLElement} */ (form.querySelector(".tried")).hidden = !condition.past;
  forget();
}

/** @param {Param} param @param {unknown} value */
function drawn(param, value) {
  const id = `thing-rule-${param.name}`, text = param.form === "word" || param.form === "text";
  const common = { id, name: param.name, "aria-describedby": `${id}-hint` };
  const input = param.form === "word"
    ? make("select", common, ...param.words.map((word) => make("option", { value: word, selected: word === value }, word)))
    : make("input", { ...common, autocomplete: "off", inputmode: text ? "text" : "decimal", value: value === null || value === undefined ? "" : String(value), ...(text ? {} : { "data-as": "number" }) });
  const unit = param.unit === "measure" ? "" : param.unit;
  const told = `${param.meaning[0]?.toUpperCase() ?? ""}${param.meaning.slice(1)}`;
  return make("div", { class: "things-field" },
    make("label", { for: id }, `${param.title}${unit ? ` (${unit})` : ""}`), input,
    make("p", { class: "hint", id: `${id}-hint`, "data-hint": told }, told));
}

/** Filters have commas in them: a line each. @param {string} text */
const lines = (text) => text.split("\n").map((one) => one.trim()).filter(Boolean);

bind("rule", {
  fill(_form, rule) {
    if (!rule.condition) field("condition").value = "threshold";
    if (!rule.id && !rule.tz) field("tz").value = own;
    if (rule.enabled === undefined) field("enabled").checked = true;
    if (!rule.severity) field("severity").value = "warning";
    lay(rule);
  },
  gather(_form, body) {
    if (typeof body.where === "string") body.where = lines(body.where);
  },
});
field("condition").addEventListener("change", () => lay(body()));
form.addEventListener("input", forget);

/** What the form says of the rule. */
function body() {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const one of /** @type {Iterable<HTMLInputElement>} */ (form.elements)) {
    if (!one.name || one.disabled || ["title", "severity", "enabled"].includes(one.name)) continue;
    const text = one.value.trim();
    found[one.name] = one.name === "where" ? lines(text) : one.dataset.as === "number" && text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text || null;
  }
  return found;
}

// -- on the past --------------------------------------------------------------------------------------------------------

const tried = /** @type {HTMLElement} */ (form.querySelector("[data-tried]"));
const times = /** @type {HTMLElement} */ (form.querySelector("[data-times]"));
const trial = /** @type {HTMLButtonElement} */ (form.querySelector("[data-try]"));
/** As many times as are told one by one. */
const MOST = 8;

function forget() {
  tried.textContent = "";
  tried.classList.remove("bad");
  times.replaceChildren();
}

trial.addEventListener("click", async () => {
  forget();
  tried.textContent = "Looking…";
  trial.disabled = true;
  const { wrong, said } = await send("POST", "/api/rules/try", body());
  trial.disabled = false;
  tried.textContent = wrong ? sentence(wrong) : said.words;
  tried.classList.toggle("bad", Boolean(wrong));
  if (wrong) return;
  const latest = said.alerts.slice(-MOST).reverse();
  times.replaceChildren(...latest.map((/** @type {any} */ one) => make("li", {}, `${local(one.fired)}${one.value ? ` · ${one.value}` : ""} · ${one.words}`)));
  if (said.fired > MOST) times.append(make("li", {}, `and ${said.fired - MOST} before them`));
});

/** @param {string} iso */
function local(iso) {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

// -- times and new rules ------------------------------------------------------------------------------------------------

function localise() {
  for (const one of document.querySelectorAll("main time")) one.textContent = local(one.getAttribute("datetime") ?? "");
}

localise();
addEventListener("things", localise);
/** How often it is looked for what has fired meanwhile (ms); not while something is being written. */
const OFTEN = 20_000;
setInterval(() => { if (!document.hidden && !document.querySelector("dialog[open]")) renew(); }, OFTEN);
document.getElementById("zones")?.append(...zones().map((zone) => new Option(zone, zone)));

const asked = new URLSearchParams(location.search);
if (asked.has("alert")) {
  const where = asked.getAll("where"), given = Object.fromEntries([...asked].filter(([name]) => !["alert", "where"].includes(name)));
  history.replaceState(null, "", location.pathname);
  open("rule", { ...given, condition: given.condition ?? "threshold", where });
}

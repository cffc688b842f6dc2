// @ts-check
// Lists of things that people make: added and changed in a dialog, removed, acted on. `things.html` draws what this binds.
//
// A page marks up, with the macros of things.html:
//   <section data-things="budget" data-at="/api/budgets">      the list, drawn by the server, one of each kind
//     rows with data-thing='{"id": …, "revision": …, …}'       a thing as its API tells it
//     buttons data-thing-do="add" | "change" | "copy" | "remove", and "post" with data-path and, if any, data-body (JSON)
//     <p data-things-said role="status">                       what came of it
//   <dialog id="thing-budget" data-title="budget"><form>       fields by name; a name with points lies deeper
// What is taken from a field is its text, or by data-as: number, list (a line or comma each), json; boxes are true or
// false, an empty number is null, and what no box or editor shows of a thing is not sent. The API takes POST data-at,
// PATCH and DELETE data-at/ID with `revision`; what it answers as {field, reason} is said at the field.
// After each change the page is fetched again and its lists are put in place; whoever draws more hears "things".
// A page that needs more calls `bind(kind, {fill, gather})` before anybody clicks.

import { send, make, sentence } from "./sending.js";
import "./shell.js";

/**
 * @typedef {{[name: string]: any}} Thing
 * @typedef {{fill?: (form: HTMLFormElement, thing: Thing) => void, gather?: (form: HTMLFormElement, body: Thing) => void}} Binding
 * @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Input
 */

/** @type {Map<string, Binding>} */
const bindings = new Map();
/** @type {{kind: string, id: string, revision: unknown, from: string} | undefined} what the open dialog is about */
let about;

/** Has a page fill and read what no plain field can. @param {string} kind @param {Binding} binding */
export function bind(kind, binding) {
  bindings.set(kind, binding);
}

/** Fetches the page again and puts its lists in place, the focus where it was. */
export async function renew() {
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focus = place(document.activeElement);
  for (const part of document.querySelectorAll("[data-things-list]")) {
    const fresh = page.querySelector(`[data-things-list="${CSS.escape(part.getAttribute("data-things-list") ?? "")}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
  if (focus && document.activeElement === document.body) /** @type {HTMLElement | null} */ (document.querySelector(focus))?.focus();
  dispatchEvent(new Event("things"));
}

/** @param {Element | null} element a button of a list, as a selector that finds it again */
function place(element) {
  const of = element?.closest("[data-thing-id]")?.getAttribute("data-thing-id");
  const does = element?.getAttribute("data-thing-do");
  if (!does) return "";
  const kind = element?.closest("[data-things]")?.getAttribute("data-things");
  return `[data-things="${kind}"] ${of ? `[data-thing-id="${CSS.escape(of)}"] ` : ""}[data-thing-do="${does}"]`;
}

document.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-thing-do]");
  if (!(button instanceof HTMLButtonElement)) return;
  const list = /** @type {HTMLElement | null} */ (button.closest("[data-things]"));
  if (!list) return;
  const row = /** @type {HTMLElement | null} */ (button.closest("[data-thing]"));
  await act(button, list, JSON.parse(row?.dataset.thing ?? "{}"));
});

/** @param {HTMLButtonElement} button @param {HTMLElement} list @param {Thing} thing */
async function act(button, list, thing) {
  const { things: kind = "", at = "" } = list.dataset, does = button.dataset.thingDo;
  if (does === "add" || does === "change" || does === "copy") return open(kind, does === "add" ? JSON.parse(button.dataset.body ?? "{}") : thing, does === "change", place(button));
  const name = thing.title || thing.name || kind;
  if (does === "remove" && !(await agreed(`Remove ${name}?`, button.dataset.loses ?? "It cannot be had back."))) return;
  button.disabled = true;
  const body = button.dataset.body ? JSON.parse(button.dataset.body) : {};
  const { wrong, said } = does === "remove" ? await send("DELETE", `${at}/${thing.id}`) : await send(button.dataset.method ?? "POST", button.dataset.path ?? at, body);
  button.disabled = false;
  if (wrong) return say(list, sentence(wrong), true);
  await renew();
  say(list, does === "remove" ? `${name} is removed.` : (said?.said ?? button.dataset.said ?? "Done."));
  if (does === "remove") /** @type {HTMLElement | null} */ (list.querySelector('[data-thing-do="add"]'))?.focus();
}

/**
 * Opens the dialog of a kind.
 * @param {string} kind @param {Thing} thing what its fields begin with
 * @param {boolean} [change] whether it is that thing which is changed; else another is added
 * @param {string} [from] what gets the focus afterwards
 */
export function open(kind, thing, change = false, from = "") {
  const box = dialog(kind), form = formOf(box);
  about = { kind, id: change ? thing.id : "", revision: thing.revision, from };
  form.reset();
  forget(form);
  /** @type {HTMLElement} */ (box.querySelector("h2")).textContent = `${change ? "Change" : "Add"} ${box.dataset.title}`;
  for (const field of inputs(form)) {
    const value = deep(thing, field.name);
    if (value !== undefined) put(field, value);
  }
  bindings.get(kind)?.fill?.(form, thing);
  form.dispatchEvent(new CustomEvent("filled", { detail: thing }));
  if (!box.open) box.showModal();
  inputs(form).find((one) => one.offsetParent && !one.disabled)?.focus();
}

/** @param {HTMLFormElement} form */
async function save(form) {
  if (!about) return;
  const { kind, id, revision, from } = about, list = listOf(kind);
  /** @type {Thing} */
  const body = {};
  forget(form);
  for (const field of inputs(form)) {
    if (!field.disabled) lay(body, field.name, taken(field));
  }
  form.dispatchEvent(new CustomEvent("gathered", { detail: body }));
  bindings.get(kind)?.gather?.(form, body);
  if (id && revision !== undefined) body.revision = revision;
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  button.disabled = true;
  const { wrong, said } = await send(id ? "PATCH" : "POST", id ? `${list.dataset.at}/${id}` : (list.dataset.at ?? ""), body);
  button.disabled = false;
  if (wrong) return refuse(form, wrong, id);
  dialog(kind).close();
  await renew();
  say(list, `${said.title || said.name || "It"} is ${id ? "changed" : "added"}.`);
  const again = /** @type {HTMLElement | null} */ (document.querySelector(from || "nothing") ?? list.querySelector('[data-thing-do="add"]'));
  again?.focus();
}

/** Says what is wrong, at its field where there is one. @param {HTMLFormElement} form @param {import("./sending.js").Wrong} wrong @param {string} id */
function refuse(form, wrong, id) {
  const name = wrong.field ?? "";
  const field = inputs(form).find((one) => one.name === name) ?? inputs(form).find((one) => name.startsWith(`${one.name}.`) || one.name.startsWith(`${name}.`));
  const hint = document.getElementById(field?.getAttribute("aria-describedby") ?? "");
  if (field && hint) {
    field.setAttribute("aria-invalid", "true");
    hint.classList.add("bad");
    hint.textContent = sentence({ reason: `it ${wrong.reason}`.replace(/^it (there|it|a|the|this) /, "$1 ") });
    return field.focus();
  }
  const alert = /** @type {HTMLElement} */ (form.querySelector("[data-things-wrong]"));
  alert.replaceChildren(sentence(wrong));
  alert.hidden = false;
  if (id && wrong.reason.includes("load it again")) {
    const again = make("button", { type: "button", class: "button" }, "Show it as it is now");
    again.addEventListener("click", async () => {
      await renew();
      const row = /** @type {HTMLElement | null} */ (document.querySelector(`[data-thing-id="${CSS.escape(id)}"]`));
      if (row && about) open(about.kind, JSON.parse(row.dataset.thing ?? "{}"), true, about.from);
      else alert.replaceChildren("It has been removed meanwhile.");
    });
    alert.append(" ", again);
    again.focus();
  } else if (field) field.focus();
}

/** @param {string} title @param {string} words @returns {Promise<boolean>} whether whoever is asked agrees */
export function agreed(title, words) {
  const yes = make("button", { value: "yes", class: "button danger" }, "Remove");
  const box = /** @type {HTMLDialogElement} */ (make("dialog", { class: "things-ask", "aria-label": title },
    make("form", { method: "dialog" }, make("h2", {}, title), make("p", {}, words),
      make("div", { class: "dialog-end" }, yes, make("button", { value: "no", class: "button" }, "Cancel")))));
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) => box.addEventListener("close", () => {
    box.remove();
    resolve(box.returnValue === "yes");
  }));
}

// -- fields -------------------------------------------------------------------------------------------------------------

/** @param {HTMLFormElement} form @returns {Input[]} */
function inputs(form) {
  return /** @type {Input[]} */ ([...form.elements].filter((one) => "name" in one && one.name && !(one instanceof HTMLButtonElement)));
}

/** @param {Input} field @param {any} value */
function put(field, value) {
  if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = Boolean(value);
  else if (field instanceof HTMLSelectElement && field.multiple) for (const one of field.options) one.selected = value.includes(one.value);
  else if (field.dataset.as === "json") field.value = JSON.stringify(value, undefined, 1);
  else field.value = Array.isArray(value) ? value.join(field instanceof HTMLTextAreaElement ? "\n" : ", ") : String(value ?? "");
}

/** @param {Input} field @returns {unknown} */
function taken(field) {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked;
  if (field instanceof HTMLSelectElement && field.multiple) return [...field.selectedOptions].map((one) => one.value);
  const text = field.value.trim();
  if (field.dataset.as === "number") return text === "" ? null : Number.isNaN(Number(text)) ? text : Number(text);
  if (field.dataset.as === "list") return text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);
  if (field.dataset.as === "json") try { return JSON.parse(text || "null"); } catch { return text; }
  return text;
}

/** @param {Thing} thing @param {string} name */
function deep(thing, name) {
  return name.split(".").reduce((/** @type {any} */ at, part) => at?.[part], thing);
}

/** @param {Thing} body @param {string} name @param {unknown} value */
function lay(body, name, value) {
  const parts = name.split("."), last = /** @type {string} */ (parts.pop());
  let at = body;
  for (const part of parts) at = at[part] ??= {};
  at[last] = value;
}

/** Forgets what was wrong, with one field or all of them. @param {HTMLFormElement} form @param {Element[]} [fields] */
function forget(form, fields = [...form.querySelectorAll("[aria-invalid]")]) {
  for (const field of fields) {
    const hint = document.getElementById(field.getAttribute("aria-describedby") ?? "");
    field.removeAttribute("aria-invalid");
    hint?.classList.remove("bad");
    if (hint) hint.textContent = hint.dataset.hint ?? "";
  }
  /** @type {HTMLElement} */ (form.querySelector("[data-things-wrong]")).hidden = true;
}

// -- places -------------------------------------------------------------------------------------------------------------

/** @param {string} kind */
function dialog(kind) {
  return /** @type {HTMLDialogElement} */ (document.getElementById(`thing-${kind}`));
}

/** @param {HTMLDialogElement} box */
function formOf(box) {
  return /** @type {HTMLFormElement} */ (box.querySelector("form"));
}

/** @param {string} kind */
function listOf(kind) {
  return /** @type {HTMLElement} */ (document.querySelector(`[data-things="${CSS.escape(kind)}"]`));
}

/** @param {HTMLElement} list @param {string} words @param {boolean} [bad] */
function say(list, words, bad = false) {
  const said = /** @type {HTMLElement | null} */ (list.querySelector("[data-things-said]"));
  if (!said) return;
  said.textContent = words;
  said.classList.toggle("bad", bad);
}

for (const box of /** @type {NodeListOf<HTMLDialogElement>} */ (document.querySelectorAll("dialog[id^='thing-']"))) {
  const form = formOf(box);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form);
  });
  form.addEventListener("input", (event) => {
    const field = /** @type {Element} */ (event.target);
    if (field.hasAttribute("aria-invalid")) forget(form, [field]);
  });
  box.querySelector("[data-things-close]")?.addEventListener("click", () => box.close());
}

// @ts-check
// The dialog in which an account is connected, changed or given another key: its form comes from its kind's declaration.

import { make, send, sentence } from "./sending.js";
import { renew } from "./things.js";

/**
 * @typedef {{name: string, title: string, help: string, needed: boolean, choices: string[], default: string}} Option
 * @typedef {{type: string, title: string, about: string, address: string, key: {title: string, example: string, help: string, needed: boolean} | null, options: Option[], reports: {title: string}[], every: number, tells_balance: boolean, no_balance: string, uploads: string[]}} Kind
 * @typedef {{[name: string]: any}} Account
 */

const box = /** @type {HTMLDialogElement} */ (document.getElementById("account-add"));
/** @type {Kind[]} */
const kinds = JSON.parse(box.dataset.kinds ?? "[]");
const variables = box.dataset.variables ?? "";
/** What had the focus before. @type {Element | null} */
let from = null;

/** @param {"add" | "change" | "rotate"} does @param {Account} account */
export function openForm(does, account) {
  from = document.activeElement;
  const kind = kinds.find((one) => one.type === account.type);
  if (does === "add" || !kind) choose();
  else fill(kind, account, does);
  if (!box.open) box.showModal();
  focusFirst();
}

box.addEventListener("close", () => /** @type {HTMLElement | null} */ (from)?.focus());

const focusFirst = () => /** @type {HTMLElement | null} */ (box.querySelector("input:not([hidden]), .account-kind"))?.focus();
const cancel = () => {
  const button = make("button", { type: "button", class: "button" }, "Cancel");
  button.addEventListener("click", () => box.close());
  return button;
};

// -- choosing a kind ----------------------------------------------------------------------------------------------------

function choose() {
  const search = /** @type {HTMLInputElement} */ (make("input", { type: "search", placeholder: "OpenAI, AWS, Copilot, …", "aria-label": "Search kinds of account", autocomplete: "off" }));
  const grid = make("div", { class: "account-kinds" });
  const none = make("p", { class: "nothing", role: "status" });
  const show = () => {
    const asked = search.value.trim().toLowerCase();
    const found = kinds.filter((one) => !asked || `${one.title} ${one.about} ${one.type}`.toLowerCase().includes(asked));
    grid.replaceChildren(...found.map(tile));
    none.textContent = found.length ? "" : "None of that name. A bill of any provider can be taken in as a FOCUS file.";
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (grid.querySelector("button"))?.click();
  });
  show();
  box.replaceChildren(make("h2", { id: "account-add-head" }, "Connect an account"), search, grid, none, make("div", { class: "dialog-end" }, cancel()));
}

/** @param {Kind} kind */
function tile(kind) {
  const button = make("button", { type: "button", class: "account-kind" }, make("strong", {}, kind.title), make("span", {}, kind.about));
  button.addEventListener("click", () => {
    fill(kind, {}, "add");
    focusFirst();
  });
  return button;
}

// -- the form -----------------------------------------------------------------------------------------------------------

/** @param {string} name @param {string} title @param {string} hint @param {string} value @param {Record<string, string | boolean>} [more] */
function field(name, title, hint, value, more = {}) {
  const id = `account-field-${name.replace(".", "-")}`;
  const input = /** @type {HTMLInputElement} */ (make("input", { id, name, type: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-hint`, ...more }));
  input.value = value;
  return make("div", { class: "things-field" }, make("label", { for: id }, title), input, make("p", { class: "hint", id: `${id}-hint`, "data-hint": hint }, hint));
}

/** @param {Option} one @param {string} value */
function option(one, value) {
  if (!one.choices.length) return field(`options.${one.name}`, one.title, one.help || (one.needed ? "Needed" : ""), value, { placeholder: one.default });
  const id = `account-field-options-${one.name}`;
  const choice = /** @type {HTMLSelectElement} */ (make("select", { id, name: `options.${one.name}`, "aria-describedby": `${id}-hint` }, ...one.choices.map((word) => make("option", { value: word }, word))));
  choice.value = value || one.default || one.choices[0];
  return make("div", { class: "things-field" }, make("label", { for: id }, one.title), choice, make("p", { class: "hint", id: `${id}-hint`, "data-hint": one.help }, one.help));
}

/** @param {Kind} kind @param {Account} account @param {"add" | "change" | "rotate"} does */
function fill(kind, account, does) {
  const form = /** @type {HTMLFormElement} */ (make("form", { novalidate: true }));
  const parts = [];
  if (does !== "rotate") parts.push(field("title", "Name", "What it is called here", account.title ?? kind.title, { maxlength: "80" }));
  if (kind.key && does !== "change") {
    const example = [kind.key.example, kind.key.help].filter(Boolean).join(" · ");
    parts.push(field("key", kind.key.title, example, "", { type: "password", autocomplete: "new-password", placeholder: kind.key.example }));
    parts.push(make("details", { class: "account-else", ...(account.key?.variable ? { open: true } : {}) }, make("summary", {}, "The key is in a variable of the environment"),
      field("variable", "Variable", `Begins with ${variables}; Tokometer has to be started with it`, account.key?.variable ?? "", { placeholder: `${variables}${kind.type.toUpperCase().replaceAll("-", "_")}` })));
  }
  if (does !== "rotate") {
    parts.push(...kind.options.map((one) => option(one, account.options?.[one.name] ?? "")));
    const address = field("address", "Address", kind.address ? `Only where it is asked elsewhere than at ${kind.address}` : "Where it is asked", account.address ?? "", { placeholder: kind.address, inputmode: "url" });
    parts.push(make("details", { class: "account-else", ...(account.address || does === "change" ? { open: true } : {}) }, make("summary", {}, "Another address or interval"), address,
      field("every", "Minutes between two syncs", "5 to 10,080", String((account.every ?? kind.every) / 60), { inputmode: "numeric" }),
      ...(does === "change" && kind.key ? [field("key", `${kind.key.title}, for another address`, "Only where the address is another: nobody has a key sent elsewhere", "", { type: "password", autocomplete: "new-password" })] : [])));
  }
  const test = make("button", { type: "button", class: "button" }, "Test");
  const save = make("button", { type: "submit", class: "button primary" }, does === "add" ? "Connect" : "Save");
  const said = make("p", { class: "account-tested", role: "status" });
  const heads = { add: `Connect ${kind.title}`, change: `Change ${account.title}`, rotate: `Replace the key of ${account.title}` };
  const comes = make("p", { class: "hint" }, does === "rotate" ? `The key now is ${account.key?.shown || "in a variable"}. The new one is tested first; then the old one is gone.` : kind.about);
  form.append(make("h2", { id: "account-add-head" }, heads[does]), comes, ...parts, said,
    make("div", { class: "dialog-end" }, save, ...(kind.key || kind.address ? [test] : []), cancel()));
  box.replaceChildren(form);
  const body = () => gathered(form, does === "add" ? kind : undefined);
  test.addEventListener("click", () => tried(form, said, test, does === "add" ? body() : { ...body(), id: account.id }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // A key that is refused is not kept; one whose provider does not answer just now may be.
    const needs = does !== "change" && Boolean(field_(form, "key")?.value || field_(form, "variable")?.value);
    if (needs && !(await tried(form, said, save, does === "add" ? body() : { ...body(), id: account.id }))) return;
    await kept(form, said, save, does, account, body());
  });
}

/** @param {HTMLFormElement} form @param {string} name */
const field_ = (form, name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));

/** What the fields say. @param {HTMLFormElement} form @param {Kind} [kind] of one that is added */
function gathered(form, kind) {
  /** @type {Account} */
  const body = kind ? { type: kind.type } : {};
  for (const one of form.elements) {
    if (!(one instanceof HTMLInputElement || one instanceof HTMLSelectElement) || !one.name) continue;
    const value = one.value.trim();
    if (one.name.startsWith("options.")) (body.options ??= {})[one.name.slice(8)] = value;
    else if (one.name === "every") body.every = Number.isFinite(Number(value)) ? Math.round(Number(value) * 60) : value;
    else if ((one.name !== "key" && one.name !== "variable") || value) body[one.name] = value;
  }
  return body;
}

/** Asks the provider. @param {HTMLFormElement} form @param {HTMLElement} said @param {HTMLElement} button @param {Account} body */
async function tried(form, said, button, body) {
  forget(form);
  said.className = "account-tested";
  said.textContent = "Asking the provider…";
  button.setAttribute("disabled", "");
  const { wrong, said: answer } = await send("POST", "/api/accounts/test", body);
  button.removeAttribute("disabled");
  if (wrong) return refuse(form, said, wrong);
  const facts = Object.entries(answer.facts ?? {}).filter(([, value]) => value !== null && value !== "");
  said.classList.add("good");
  said.textContent = `It works${facts.length ? `: ${facts.map(([name, value]) => `${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ")}` : ": the key may read what is needed"}.`;
  return true;
}

/** @param {HTMLFormElement} form @param {HTMLElement} said @param {HTMLElement} button @param {"add" | "change" | "rotate"} does @param {Account} account @param {Account} body */
async function kept(form, said, button, does, account, body) {
  button.setAttribute("disabled", "");
  const { wrong } = does === "add" ? await send("POST", "/api/accounts", body) : await send("PATCH", `/api/accounts/${account.id}`, { ...body, revision: account.revision });
  button.removeAttribute("disabled");
  if (wrong) return void refuse(form, said, wrong);
  box.close();
  await renew();
}

/** Says what is wrong, at its field where there is one. @param {HTMLFormElement} form @param {HTMLElement} said @param {import("./sending.js").Wrong} wrong */
function refuse(form, said, wrong) {
  const input = wrong.field ? field_(form, wrong.field) : null;
  said.textContent = "";
  if (!input) {
    said.className = "account-tested bad";
    said.textContent = sentence(wrong);
    return false;
  }
  input.closest("details")?.setAttribute("open", "");
  input.setAttribute("aria-invalid", "true");
  const hint = document.getElementById(input.getAttribute("aria-describedby") ?? "");
  if (hint) {
    hint.classList.add("bad");
    hint.textContent = sentence({ reason: `it ${wrong.reason}` });
  }
  input.focus();
  return false;
}

/** @param {HTMLFormElement} form */
function forget(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    const hint = document.getElementById(input.getAttribute("aria-describedby") ?? "");
    hint?.classList.remove("bad");
    if (hint) hint.textContent = hint.dataset.hint ?? "";
  }
}

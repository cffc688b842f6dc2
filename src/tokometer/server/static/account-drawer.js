// @ts-check
// What has happened with an account: its syncs, what its provider corrected, and what was put in by hand.

import { make, send, sentence } from "./sending.js";
import { renew } from "./things.js";

/** @typedef {{[name: string]: any}} Thing */

const box = /** @type {HTMLDialogElement} */ (document.getElementById("account-drawer"));
const SHOWN = 50;
const TRIGGERS = /** @type {{[name: string]: string}} */ ({ schedule: "by itself", request: "asked for", upload: "a file", test: "a test" });
/** @type {Thing} */
let account = {};
let shows = "history";
/** @type {Element | null} */
let from = null;

/** @param {Thing} one @param {string} what history or ledger */
export async function openDrawer(one, what) {
  from = document.activeElement;
  account = one;
  shows = what;
  box.replaceChildren(head(), make("p", { class: "note" }, "Loading…"));
  if (!box.open) box.showModal();
  await draw();
}

box.addEventListener("close", () => /** @type {HTMLElement | null} */ (from)?.focus());
addEventListener("things", () => box.open && shows === "history" && draw());

function head() {
  const close = make("button", { type: "button", class: "button" }, "Close");
  close.addEventListener("click", () => box.close());
  const title = shows === "history" ? `History of ${account.title}` : `Top-ups of ${account.title}`;
  return make("header", { class: "account-drawer-head" }, make("h2", { id: "account-drawer-head" }, title), close);
}

async function draw() {
  const at = `/api/accounts/${encodeURIComponent(account.id)}`;
  if (shows === "history") {
    const [runs, versions] = await Promise.all([send("GET", `${at}/runs?most=${SHOWN}`), send("GET", `${at}/versions?most=${SHOWN}`)]);
    if (runs.wrong) return box.replaceChildren(head(), make("p", { class: "bad", role: "alert" }, sentence(runs.wrong)));
    return box.replaceChildren(head(), history(runs.said.runs), corrections(versions.said?.versions ?? []));
  }
  const found = await send("GET", `${at}/top-ups`);
  if (found.wrong) return box.replaceChildren(head(), make("p", { class: "bad", role: "alert" }, sentence(found.wrong)));
  box.replaceChildren(head(), balance(), ledger(found.said.top_ups), putIn());
}

// -- syncs --------------------------------------------------------------------------------------------------------------

const count = new Intl.NumberFormat("en-GB");
/** @param {string | null} text */
const when = (text) => (text ? new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(text)) : "–");

/** @param {string} label @param {string[]} names @param {(Node | string)[][]} rows */
function table(label, names, rows) {
  return make("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": label },
    make("table", {}, make("thead", {}, make("tr", {}, ...names.map((name, at) => make("th", { scope: "col", class: at ? "text" : "name" }, name)))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell, at) => make(at ? "td" : "th", at ? { class: "text" } : { scope: "row", class: "name" }, cell)))))));
}

/** @param {Thing[]} runs */
function history(runs) {
  if (!runs.length) return make("p", { class: "nothing" }, "It was not synced yet.");
  return table("Syncs, table", ["Began", "State", "Took", "Lines", "Asked"], runs.map((run) => [
    `${when(run.began)} ${TRIGGERS[run.trigger] ?? run.trigger}`, state(run), took(run), lines(run),
    `${count.format(run.requests)}${run.retries ? `, ${count.format(run.retries)} again` : ""}`]));
}

/** @param {Thing} run */
function state(run) {
  const parts = [make("span", { class: `standing ${run.standing}` }, run.state === "running" ? `${run.done} of ${run.portions || "?"} portions` : run.word)];
  if (run.error) parts.push(make("span", { class: "words bad" }, run.error));
  const failed = Object.entries(run.reports ?? {}).filter(([, one]) => one && typeof one === "object" && /** @type {Thing} */ (one).error);
  parts.push(...failed.map(([name, one]) => make("span", { class: "words" }, `${name}: ${/** @type {Thing} */ (one).error}`)));
  return make("div", {}, ...parts);
}

/** @param {Thing} run */
function took(run) {
  const seconds = run.ended ? (Date.parse(run.ended) - Date.parse(run.began)) / 1_000 : 0;
  return !run.ended ? "" : seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {Thing} run */
function lines(run) {
  const words = [["new", "new"], ["changed", "corrected"], ["withdrawn", "withdrawn"], ["same", "as before"], ["refused", "refused"]];
  return words.filter(([name]) => run[name]).map(([name, word]) => `${count.format(run[name])} ${word}`).join(", ") || "none";
}

/** @param {Thing[]} versions */
function corrections(versions) {
  const part = make("section", { "aria-label": "Corrections" }, make("h3", {}, "Corrections"));
  if (!versions.length) return part.append(make("p", { class: "nothing" }, "The provider has corrected nothing that was read before.")), part;
  part.append(table("Corrections, table", ["When", "Line", "Said", "Says"], versions.map((one) => [when(one.replaced), make("code", {}, one.native_id), said(one.was), said(one.became)])));
  return part;
}

/** @param {Thing} values money is in billionths of a dollar */
const said = (values) => Object.entries(values).map(([name, value]) => `${name.replaceAll("_", " ")} ${name.endsWith("amount") && typeof value === "number" ? `${value < 0 ? "-" : ""}$${(Math.abs(value) / 1e9).toFixed(4)}` : (value ?? "–")}`).join(", ");

// -- top-ups ------------------------------------------------------------------------------------------------------------

function balance() {
  const { amount, unit, how } = account.balance ?? {};
  return make("p", {}, make("strong", {}, amount === null ? "Balance not known" : `${Number(amount).toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${unit ?? ""}`), ` ${how ?? ""}`);
}

/** @param {Thing[]} rows */
function ledger(rows) {
  if (!rows.length) return make("p", { class: "nothing" }, "Nothing was written down. Say what is left now, or what you put in: the balance is worked out from there.");
  return table("Top-ups, table", ["When", "Amount", "What", "Note", ""], rows.map((one) => [when(one.at), `${one.amount} ${one.unit}`, one.counted ? "counted" : "put in", one.note, remover(one)]));
}

/** @param {Thing} one */
function remover(one) {
  const button = make("button", { type: "button", class: "button", "aria-label": `Remove ${one.amount} ${one.unit} of ${when(one.at)}` }, "Remove");
  button.addEventListener("click", async () => {
    button.setAttribute("disabled", "");
    await send("DELETE", `/api/accounts/${account.id}/top-ups/${one.id}`);
    await again();
  });
  return button;
}

function putIn() {
  const form = /** @type {HTMLFormElement} */ (make("form", { class: "account-put", novalidate: true }));
  /** @param {string} name @param {string} title @param {Record<string, string>} more */
  const field = (name, title, more) => make("label", {}, title, make("input", { name, autocomplete: "off", ...more }));
  const wrong = make("p", { class: "bad", role: "alert" });
  const counted = make("select", { name: "counted" }, make("option", { value: "" }, "was put in"), make("option", { value: "1" }, "was left then"));
  form.append(field("at", "On", { type: "date", value: new Date().toISOString().slice(0, 10) }), field("amount", "Amount", { inputmode: "decimal", placeholder: "50.00" }),
    field("unit", "Of", { value: "USD", maxlength: "10", size: "4" }), make("label", {}, "It", counted), field("note", "Note", { maxlength: "400" }),
    make("button", { type: "submit", class: "button primary" }, "Add"), wrong);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form), body = { at: data.get("at"), amount: String(data.get("amount")).trim(), unit: data.get("unit"), note: data.get("note"), counted: Boolean(data.get("counted")) };
    const { wrong: found } = await send("POST", `/api/accounts/${account.id}/top-ups`, body);
    if (found) return void (wrong.textContent = sentence({ ...found, reason: found.reason }));
    await again();
  });
  return form;
}

async function again() {
  const found = await send("GET", `/api/accounts/${account.id}`);
  account = found.said ?? account;
  await draw();
  /** @type {HTMLElement | null} */ (box.querySelector("[name=amount]"))?.focus();
  await renew();
}

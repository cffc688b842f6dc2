// @ts-check
// The page of prices: own prices in a dialog, and what history would cost, which is worked out in the background.

import { make, send, sentence } from "./sending.js";
import { bind, renew } from "./things.js";

/**
 * @typedef {{provider: string, model: string, calls: number, unpriced_before: number, unpriced_after: number, before: string, after: string}} Model
 * @typedef {{id: string, state: string, calls: number, changed: number, before: string, after: string, models: Model[], error: string | null, can_undo: boolean, progress: {done: number, all: number} | null}} Recosting
 */

const AT = "/api/prices/recost", EVERY = 500, SHOWN = 50;
const BUSY = ["staging", "applying", "undoing"];
/** @type {Record<string, string>} */
const DOES = { staging: "Looking at the calls", applying: "Applying", undoing: "Undoing" };
/** @type {Record<string, string>} */
const DONE = { applied: "Applied.", undone: "Undone: calls cost again what they did before.", cancelled: "Cancelled; nothing has changed." };

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-recost]"));
const state = /** @type {HTMLElement} */ (document.querySelector("[data-recost-state]"));
const result = /** @type {HTMLElement} */ (document.querySelector("[data-recost-result]"));
const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 2 });

bind("price", {
  fill(box, thing) {
    // Days are what people write; whoever sends times by the API sees their days.
    for (const name of ["since", "until"]) {
      const field = /** @type {HTMLInputElement} */ (box.elements.namedItem(name));
      field.value = String(thing[name] ?? "").slice(0, 10);
    }
    const only = /** @type {HTMLDetailsElement} */ (box.querySelector("details"));
    only.open = ["account", "api_key", "team", "service_tier", "above_tokens"].some((name) => thing[name]);
  },
});

/** @param {string} words @param {boolean} [bad] @param {Node[]} more */
function say(words, bad = false, ...more) {
  state.classList.toggle("bad", bad);
  state.replaceChildren(...(words ? [words] : []), ...more);
}

/** Asks for a re-costing until nothing is under way any more. @param {string} id */
async function follow(id) {
  for (;;) {
    const answer = await fetch(`${AT}/${id}`).catch(() => undefined);
    if (!answer?.ok) return say("The server does not answer.", true);
    /** @type {Recosting} */
    const one = await answer.json();
    if (!BUSY.includes(one.state)) return over(one);
    waiting(one);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** @param {Recosting} one */
function waiting(one) {
  const { done = 0, all = 0 } = one.progress ?? {};
  const bar = /** @type {HTMLProgressElement | null} */ (state.querySelector("progress"));
  const words = `${DOES[one.state]}${all ? `: ${Math.floor((100 * done) / all)} %` : " …"}`;
  if (bar && bar.dataset.id === one.id) {
    bar.max = all || 1;
    bar.value = done;
    /** @type {HTMLElement} */ (state.querySelector("span")).textContent = words;
    return;
  }
  const cancel = make("button", { type: "button", class: "button" }, "Cancel");
  cancel.addEventListener("click", () => send("POST", `${AT}/${one.id}/cancel`));
  say("", false, make("progress", { "data-id": one.id, max: String(all || 1), value: String(done), "aria-label": DOES[one.state] }), make("span", {}, words), cancel);
}

/** @param {Recosting} one */
async function over(one) {
  result.replaceChildren();
  if (one.state === "failed") say(sentence({ reason: one.error ?? "it failed" }), true);
  else if (one.state !== "staged") say(`${DONE[one.state] ?? ""}${one.error ? ` ${one.error}` : ""}`, Boolean(one.error));
  else if (!one.changed) say(`All ${one.calls.toLocaleString("en")} calls cost what they did.`);
  else {
    const apply = make("button", { type: "button", class: "button primary" }, "Apply");
    apply.addEventListener("click", () => begin(`${AT}/${one.id}/apply`));
    say(`${one.changed.toLocaleString("en")} of ${one.calls.toLocaleString("en")} calls change: ${dollars(one.before)} → ${dollars(one.after)}. What was re-costed before can then no longer be undone.`, false, apply);
    result.append(table(one.models));
    apply.focus();
  }
  await renew();
}

/** What a provider is called, as its choice above says. @param {string} slug */
const called = (slug) => [.../** @type {HTMLSelectElement} */ (form.elements.namedItem("provider")).options].find((one) => one.value === slug)?.text ?? slug;

/** @param {Model[]} models */
function table(models) {
  const head = ["Model", "Calls", "Before", "After", "Difference", "Without a price"].map((text, at) => make("th", { scope: "col", ...(at ? {} : { class: "name" }) }, text));
  const rows = models.slice(0, SHOWN).map((one) => make("tr", {},
    make("th", { scope: "row", class: "name" }, make("bdi", {}, one.model || "No model is known"), make("span", { class: "of" }, called(one.provider) || "no provider")),
    make("td", {}, one.calls.toLocaleString("en")),
    make("td", { title: `$${one.before}` }, dollars(one.before)),
    make("td", { title: `$${one.after}` }, dollars(one.after)),
    make("td", {}, dollars(String(Number(one.after) - Number(one.before)))),
    make("td", {}, one.unpriced_before || one.unpriced_after ? `${one.unpriced_before.toLocaleString("en")} → ${one.unpriced_after.toLocaleString("en")}` : "–")));
  const more = models.length > SHOWN ? [make("p", { class: "note" }, `${models.length - SHOWN} more models change by less.`)] : [];
  return make("div", {}, make("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "What would change, table" },
    make("table", { class: "things prices" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))), ...more);
}

/** @param {string} amount */
function dollars(amount) {
  const value = Number(amount);
  return value && Math.abs(value) < 0.01 ? `${value < 0 ? "-" : ""}$${Math.abs(value).toPrecision(3)}` : money.format(value);
}

/** @param {string} path @param {unknown} [body] */
async function begin(path, body = {}) {
  result.replaceChildren();
  const { wrong, said } = await send("POST", path, body);
  if (wrong) return say(sentence(wrong), true);
  waiting(said);
  await follow(said.id);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await begin(AT, Object.fromEntries([...new FormData(form)].filter(([, value]) => value)));
});

document.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-recost-do]");
  if (button instanceof HTMLButtonElement) await begin(`${AT}/${button.dataset.id}/undo`);
});

// What is under way already, begun in another window.
const answer = await fetch(`${AT}?most=1`).catch(() => undefined);
const [latest] = answer?.ok ? (await answer.json()).recostings : [];
if (latest?.progress) await follow(latest.id);

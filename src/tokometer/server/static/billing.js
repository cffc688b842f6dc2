// @ts-check
// The page of statements and rate cards.

import { bind } from "./things.js";

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
/** A share as people write it, or as it is sent. @param {string} text @param {number} times */
const times = (text, times) => (text === "" || Number.isNaN(Number(text)) ? text : String(Number((Number(text) * times).toFixed(9))));

bind("rate_card", {
  fill(form, thing) {
    const { markup = "", models = {} } = thing.declared ?? {};
    field(form, "declared.markup").value = times(markup, 100);
    field(form, "models").value = Object.entries(models)
      .map(([model, prices]) => `${model} = ${Object.entries(prices).map((one) => one.join(" ")).join(", ")}`).join("\n");
  },
  gather(_form, body) {
    const declared = body.declared ?? {};
    declared.markup = times(String(declared.markup ?? "").replace("%", "").trim(), 0.01);
    /** @type {{[model: string]: unknown}} */
    const models = {};
    for (const line of String(body.models ?? "").split("\n").filter((one) => one.trim())) {
      const [model, ...rest] = line.split("=");
      models[model.trim()] = Object.fromEntries(rest.join("=").split(",").map((one) => one.trim().split(/\s+/)));
    }
    declared.models = models;
    delete body.models;
    body.declared = declared;
  },
});

document.querySelector("[data-billing-month]")?.addEventListener("change", (event) => /** @type {HTMLSelectElement} */ (event.target).form?.requestSubmit());

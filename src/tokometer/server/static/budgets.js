// @ts-check
// The page of budgets and objectives.

import "./things-filters.js";
import { bind } from "./things.js";
import { own } from "./zone.js";

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

bind("budget", {
  fill(form, thing) {
    // People write per cent; who adds one means their own calendar.
    field(form, "levels").value = (thing.levels ?? [0.5, 0.8, 1]).map((/** @type {number} */ one) => Number((100 * one).toFixed(6))).join(", ");
    if (!thing.id) field(form, "tz").value = own;
  },
  gather(_form, body) {
    const levels = String(body.levels).split(",").map((one) => one.replace("%", "").trim()).filter(Boolean);
    body.levels = levels.map((one) => (Number.isNaN(Number(one)) ? one : Number((Number(one) / 100).toFixed(8))));
  },
});

const zones = document.getElementById("zones");
for (const zone of Intl.supportedValuesOf("timeZone")) zones?.append(new Option(zone, zone));

// @ts-check
// Channels and digests on the page of alerts: what no plain field of their forms can show; and the page keeps up.

import { Line } from "./line.js";
import { bind, renew } from "./things.js";
import { own } from "./zone.js";

/** @typedef {{title: string, example: string, schemes: string[]}} Service */

const channel = /** @type {HTMLFormElement} */ (document.querySelector("#thing-channel form"));
const digest = /** @type {HTMLFormElement} */ (document.querySelector("#thing-digest form"));
const service = /** @type {HTMLSelectElement} */ (document.getElementById("channel-service"));
const example = /** @type {HTMLElement} */ (channel.querySelector("[data-example]"));
/** @type {Service[]} */
const services = JSON.parse(service.dataset.services ?? "[]");

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/** Says what an address of the chosen service looks like. */
function show() {
  const code = document.createElement("code");
  code.textContent = services[service.selectedIndex]?.example ?? "";
  example.replaceChildren("It looks like ", code);
}
service.addEventListener("change", show);

bind("channel", {
  fill(form, thing) {
    const scheme = String(thing.shown ?? "").split("://")[0];
    const at = services.findIndex((one) => one.schemes.includes(scheme) || (!one.schemes.length && scheme.startsWith("http")));
    service.selectedIndex = Math.max(0, at >= 0 ? at : thing.id ? services.findIndex((one) => one.title === "Webhook") : 0);
    const url = field(form, "url"), hint = /** @type {HTMLElement} */ (document.getElementById(url.getAttribute("aria-describedby") ?? ""));
    hint.textContent = thing.id ? `Leave it empty to keep ${thing.shown}` : (hint.dataset.hint ?? "");
    url.value = "";
    if (thing.wants === undefined) {
      field(form, "wants.resolved").checked = true;
      field(form, "wants.most_an_hour").value = "30";
    }
    const templates = /** @type {HTMLDetailsElement} */ (form.querySelector(".templates"));
    templates.open = Boolean(thing.wants?.subject || thing.wants?.body);
    show();
  },
  gather(_form, body) {
    body.wants.rules = String(body.wants.rules).split("\n").map((one) => one.trim()).filter(Boolean);
  },
});

/** A day has no weekday. */
function week() {
  const part = /** @type {HTMLElement} */ (field(digest, "weekday").closest(".things-field"));
  part.hidden = field(digest, "every").value !== "week";
}
field(digest, "every").addEventListener("change", week);

bind("digest", {
  fill(form, thing) {
    if (!thing.id) field(form, "hour").value = "8";
    if (!thing.tz) field(form, "tz").value = own;
    week();
  },
});

// -- what happens meanwhile ---------------------------------------------------------------------------------------------

/** Kinds of which something is on the page, and how long to gather what comes together (ms). */
const SHOWN = ["alerts", "rules", "channels", "digests", "deliveries"];
const GATHER = 300;
let soon = 0;

const line = new Line((name, data) => {
  if (name !== "change" || !JSON.parse(data).kinds?.some((/** @type {string} */ kind) => SHOWN.includes(kind))) return;
  clearTimeout(soon);
  soon = window.setTimeout(renew, GATHER);
});
const look = () => (document.hidden ? line.end() : line.begin());
document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => line.end());
addEventListener("pageshow", look);
look();

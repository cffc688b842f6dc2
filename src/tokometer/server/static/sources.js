// @ts-check
// The Sources page: what has come in, while somebody looks.

import "./shell.js";
import { renew } from "./keep.js";
import { targets } from "./targets.js";

/** How long between looks, in milliseconds. */
const EVERY = 3_000;

async function look() {
  const answer = await fetch("/sources/received").catch(() => undefined);
  if (answer?.ok) show(await answer.json());
}

async function goOn() {
  if (!document.hidden) await look();
  setTimeout(goOn, EVERY);
}

/** @param {Record<string, string>} parts HTML by place; what is the same stays as it is */
function show(parts) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-received]"))) {
    const { received = "" } = place.dataset;
    const html = parts[received];
    if (html !== undefined && shown.get(received) !== html) renew(place, html);
    shown.set(received, html);
  }
}

/** @type {Map<string, string>} */
const shown = new Map();

setTimeout(goOn, EVERY);
targets(look);

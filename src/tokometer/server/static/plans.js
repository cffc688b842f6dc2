// @ts-check
// The page of subscriptions and rates of exchange: imports of rates.

import { renew } from "./things.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (input instanceof HTMLSelectElement && input.matches("[data-units-range]")) return input.form?.submit();
  if (!(input instanceof HTMLInputElement) || !input.matches("[data-rates-upload]") || !input.files?.[0]) return;
  tell("Importing…");
  const body = await input.files[0].text();
  input.value = "";
  const answer = await fetch("/api/exchange-rates", { method: "POST", headers: { "Content-Type": "text/csv" }, body }).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  if (!answer || !said || said.detail) return tell(said?.detail?.reason ? `${said.detail.field} ${said.detail.reason}.` : (said?.detail ?? "The server did not answer. Try again."));
  if (said.added || said.changed) await renew();
  tell(`Rates added: ${said.added}, changed: ${said.changed}, as they were: ${said.unchanged}. Refused: ${said.refused_lines}.`, said.refused);
});

/**
 * @param {string} words
 * @param {{line: number, field: string, reason: string}[]} [refused]
 */
function tell(words, refused = []) {
  const box = document.querySelector("[data-rates-said]");
  if (!box) return;
  const list = document.createElement("ul");
  list.append(...refused.map(({ line, field, reason }) => Object.assign(document.createElement("li"), { textContent: `Line ${line}: ${field} ${reason}` })));
  box.replaceChildren(words, ...(refused.length ? [list] : []));
}

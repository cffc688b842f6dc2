// @ts-check
// The page of machines and of what the business counts: uploads of values.

import { renew } from "./things.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (input instanceof HTMLSelectElement && input.matches("[data-units-range]")) return input.form?.submit();
  if (!(input instanceof HTMLInputElement) || !input.dataset.unitsUpload || !input.files?.[0]) return;
  const id = input.dataset.unitsUpload;
  tell(id, "Uploading…");
  const body = await input.files[0].text();
  input.value = "";
  const answer = await fetch(`/api/series/${encodeURIComponent(id)}/points`, { method: "POST", headers: { "Content-Type": "text/csv" }, body }).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  if (!answer || !said || said.detail) return tell(id, said?.detail?.reason ? `${said.detail.field} ${said.detail.reason}.` : (said?.detail ?? "The server did not answer. Try again."), []);
  if (said.added || said.changed) await renew();
  tell(id, `Days added: ${said.added}, changed: ${said.changed}, as they were: ${said.unchanged}. Lines refused: ${said.refused_lines}.`, said.refused);
});

/**
 * @param {string} id which series @param {string} words
 * @param {{line: number, field: string, reason: string}[]} [refused]
 */
function tell(id, words, refused = []) {
  const box = document.querySelector(`[data-units-said="${CSS.escape(id)}"]`);
  if (!box) return;
  const list = document.createElement("ul");
  list.append(...refused.map(({ line, field, reason }) => Object.assign(document.createElement("li"), { textContent: `Line ${line}: ${field} ${reason}` })));
  box.replaceChildren(words, ...(refused.length ? [list] : []));
}

// @ts-check
// Answers to advice: done, dismissed, or neither after all. Panels that show advice are then made anew.

import { make, send, sentence } from "./sending.js";

const WORDS = /** @type {Record<string, string>} */ ({ done: "Done. What it saves is measured from now on.", dismiss: "Dismissed. It can be brought back below.", undo: "Brought back." });

/** @param {HTMLElement} target what was clicked */
export async function answer(target) {
  const button = target.closest("[data-answer]");
  if (!(button instanceof HTMLButtonElement)) return;
  const panel = /** @type {HTMLElement} */ (button.closest("[data-panel]"));
  const { answer: said = "", key = "" } = button.dataset;
  button.disabled = true;
  say(panel, "");
  const query = new URLSearchParams(location.search);
  if (!query.has("range") && !query.has("since")) query.set("range", document.getElementById("dashboard")?.dataset.opens ?? "");
  const { wrong } = await send("POST", `/api/advice/${encodeURIComponent(key)}/${said}?${query}`, {});
  if (wrong) {
    button.disabled = false;
    return say(panel, sentence(wrong));
  }
  const watch = new MutationObserver(() => {
    // What was there is gone: the next thing to answer to has the keyboard.
    if (panel.querySelector(`[data-answer="${said}"][data-key="${CSS.escape(key)}"]`)) return;
    watch.disconnect();
    say(panel, WORDS[said] ?? "");
    const next = panel.querySelector("[data-answer]");
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  });
  watch.observe(panel, { childList: true, subtree: true });
  dispatchEvent(new PopStateEvent("popstate"));
}

/**
 * Beside the panel's body, which is made anew again and again.
 * @param {HTMLElement} panel @param {string} words
 */
function say(panel, words) {
  const said = panel.querySelector("[data-show=answered]") ?? make("p", { class: "note", "data-show": "answered", role: "status" });
  panel.append(said);
  said.textContent = words;
}

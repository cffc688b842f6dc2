// @ts-check
// Signed links: copying and revoking one.

import "./shell.js";

const said = /** @type {HTMLElement} */ (document.getElementById("links-said"));

document.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-copy], [data-revoke]");
  if (!(button instanceof HTMLButtonElement)) return;
  const { copy, revoke } = button.dataset;
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy);
      said.textContent = "The link is copied.";
    } catch {
      prompt("Copy this link:", copy);
    }
    return;
  }
  if (!confirm("Have this link open nothing from now on, wherever it has been sent?")) return;
  button.disabled = true;
  const answer = await fetch(`/api/links/${revoke}`, { method: "DELETE" });
  if (answer.ok) return location.reload();
  button.disabled = false;
  said.textContent = (await answer.json()).detail ?? `The server answered ${answer.status}.`;
});

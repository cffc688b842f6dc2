// @ts-check
// How a panel is computed, in a dialog.

/**
 * @param {string} panel
 * @param {URLSearchParams} query what the page asks for
 */
export async function explain(panel, query) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("explain"));
  const body = /** @type {HTMLElement} */ (document.getElementById("explain-body"));
  try {
    const answer = await fetch(`/api/panels/${panel}/explain?${query}`);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    body.innerHTML = await answer.text();
  } catch (error) {
    body.textContent = `The definition could not be fetched: ${error instanceof TypeError ? "the server does not answer" : error}.`;
  }
  dialog.showModal();
}

// @ts-check
// What stands where there are no numbers: a panel that could not be shown, a window in which nothing was used.

/** @typedef {{day: string, to: string, filtered: boolean}} Last when something was used last, and a window of it */

/**
 * @param {HTMLElement} body of the panel
 * @param {string} reason
 * @param {() => void} retry
 */
export function failed(body, reason, retry) {
  const box = document.createElement("div");
  box.className = "failed";
  box.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.textContent = `This could not be shown: ${reason}.`;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button";
  again.textContent = "Try again";
  again.addEventListener("click", retry);
  box.append(text, again);
  body.replaceChildren(box);
}

/**
 * Where nothing was used in the window, says when something was.
 * @param {Last | null} last
 * @param {string} range the window in words
 */
export function quiet(last, range) {
  const line = /** @type {HTMLElement} */ (document.getElementById("quiet"));
  line.hidden = !last;
  if (!last) return;
  const [text, button] = /** @type {HTMLElement[]} */ ([...line.children]);
  text.textContent = `Nothing was used in this window (${range})${last.filtered ? " with these filters" : ""}. Last use: ${last.day}.`;
  button.dataset.to = last.to;
}

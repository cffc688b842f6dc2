// @ts-check
// What a refresh of a panel must not undo: its drawn chart, where it is scrolled to, which rows are open, what has focus.

/**
 * Shows other HTML in a panel's body.
 * @param {HTMLElement} body
 * @param {string} html
 * @returns {HTMLElement | null} the place of its chart: the one that was there, if there was one
 */
export function renew(body, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const chart = /** @type {HTMLElement | null} */ (body.querySelector(".chart:not(.wait)"));
  const place = /** @type {HTMLElement | null} */ (fresh.content.querySelector(".chart"));
  const looked = chart !== null && document.activeElement === chart;
  if (chart && place) {
    // Whoever has stepped to a mark of it stays there.
    chart.dataset.moving = "";
    chart.className = place.className;
    chart.setAttribute("aria-label", place.getAttribute("aria-label") ?? "");
    place.replaceWith(chart);
  }
  const focus = focused(body);
  const kept = keep(body);
  body.replaceChildren(fresh.content);
  kept();
  if (looked && chart.isConnected) chart.focus({ preventScroll: true });
  delete chart?.dataset.moving;
  if (focus) /** @type {HTMLElement | null} */ (body.querySelector(focus))?.focus({ preventScroll: true });
  return chart ?? place;
}

/**
 * Remembers what its reader did to it; the answer, called when the body is another one, does it again.
 *
 * Whoever is at the top of a tail sees what comes; whoever has scrolled keeps the row that they look at where it is.
 * @param {HTMLElement} body
 * @returns {() => void}
 */
function keep(body) {
  const wrap = body.querySelector(".table-wrap");
  const { scrollLeft = 0, scrollTop = 0 } = wrap ?? {};
  const open = new Set(rows(body, "details[open][data-row]").map((row) => row.dataset.row));
  const top = wrap?.getBoundingClientRect().top ?? 0;
  const first = scrollTop ? rows(body, "tr[data-row]").find((row) => row.getBoundingClientRect().bottom > top) : undefined;
  const away = first ? first.getBoundingClientRect().top - top : 0;
  return () => {
    for (const row of rows(body, "details[data-row]")) if (open.has(row.dataset.row)) row.setAttribute("open", "");
    const fresh = body.querySelector(".table-wrap");
    if (!fresh) return;
    fresh.scrollLeft = scrollLeft;
    fresh.scrollTop = scrollTop;
    const same = first && rows(body, "tr[data-row]").find((row) => row.dataset.row === first.dataset.row);
    if (same) fresh.scrollTop += same.getBoundingClientRect().top - fresh.getBoundingClientRect().top - away;
  };
}

/** A selector for what has the focus inside of an element, to find its successor. @param {HTMLElement} body */
function focused(body) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !body.contains(active) || active.matches(".chart")) return "";
  if (active.matches(".table-wrap")) return ".table-wrap";
  return Object.entries(active.dataset)
    .map(([name, value]) => `[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${CSS.escape(value ?? "")}"]`)
    .join("");
}

/** @param {HTMLElement} body @param {string} selector */
function rows(body, selector) {
  return /** @type {HTMLElement[]} */ ([...body.querySelectorAll(selector)]);
}

// @ts-check
// What its reader did to a panel and a refresh must not undo: where it is scrolled to, and which rows are open.

/**
 * Remembers it; the answer, called when the body is another one, does it again.
 *
 * Whoever is at the top of a tail sees what comes; whoever has scrolled keeps the row that they look at where it is.
 * @param {HTMLElement} body
 * @returns {() => void}
 */
export function keep(body) {
  const wrap = /** @type {HTMLElement | null} */ (body.querySelector(".table-wrap"));
  const reading = wrap !== null && document.activeElement === wrap;
  const { scrollLeft = 0, scrollTop = 0 } = wrap ?? {};
  const open = new Set(rows(body, "details[open][data-row]").map((row) => row.dataset.row));
  const top = wrap?.getBoundingClientRect().top ?? 0;
  const first = scrollTop ? rows(body, "tr[data-row]").find((row) => row.getBoundingClientRect().bottom > top) : undefined;
  const away = first ? first.getBoundingClientRect().top - top : 0;
  return () => {
    for (const row of rows(body, "details[data-row]")) if (open.has(row.dataset.row)) row.setAttribute("open", "");
    const fresh = /** @type {HTMLElement | null} */ (body.querySelector(".table-wrap"));
    if (!fresh) return;
    if (reading) fresh.focus({ preventScroll: true });
    fresh.scrollLeft = scrollLeft;
    fresh.scrollTop = scrollTop;
    const same = first && rows(body, "tr[data-row]").find((row) => row.dataset.row === first.dataset.row);
    if (same) fresh.scrollTop += same.getBoundingClientRect().top - fresh.getBoundingClientRect().top - away;
  };
}

/** @param {HTMLElement} body @param {string} selector */
function rows(body, selector) {
  return /** @type {HTMLElement[]} */ ([...body.querySelectorAll(selector)]);
}

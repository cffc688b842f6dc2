// @ts-check
// Dragging a card to another place, by mouse, pen or finger.

/**
 * @param {HTMLElement} place
 * @param {(card: HTMLElement) => void} moved
 */
export function drag(place, moved) {
  /** @type {HTMLElement | null} */
  let held = null;
  place.addEventListener("pointerdown", (event) => {
    const grip = /** @type {HTMLElement} */ (event.target).closest?.(".grip");
    if (!grip || event.button) return;
    held = /** @type {HTMLElement} */ (grip.closest(".compose-panel"));
    grip.setPointerCapture(event.pointerId);
    held.classList.add("dragged");
  });
  place.addEventListener("pointermove", (event) => {
    if (!held) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const other = under?.closest(".compose-panel"), section = under?.closest(".compose-section");
    if (other && other !== held && place.contains(other)) {
      const { left, width } = other.getBoundingClientRect();
      if (event.clientX < left + width / 2) other.before(held);
      else other.after(held);
    } else if (!other && section && !section.contains(held)) section.querySelector(".grid")?.append(held);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    place.addEventListener(end, () => {
      if (!held) return;
      held.classList.remove("dragged");
      moved(held);
      held = null;
    });
  }
}

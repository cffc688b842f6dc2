// @ts-check
// The list of pages is where it was left, with the open page in view, before anything is painted. A classic script, so that it blocks.
(() => {
  const list = document.querySelector(".places"), here = list?.querySelector("[aria-current]");
  if (!list) return;
  try { list.scrollTop = Number(sessionStorage.getItem("places")); } catch { /* Then it begins at the top. */ }
  if (here) {
    // With the heading above it, and some of what is below it.
    const room = 32, box = list.getBoundingClientRect(), own = here.getBoundingClientRect();
    list.scrollTop += Math.min(0, own.top - room - box.top) + Math.max(0, own.bottom + room - box.bottom);
  }
  addEventListener("pagehide", () => {
    try { sessionStorage.setItem("places", String(list.scrollTop)); } catch { /* Then it begins at the top. */ }
  });
})();

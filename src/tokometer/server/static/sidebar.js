// @ts-check
// The list of pages is where it was left, with the open page in view, before anything is painted. A classic script, so that it blocks.
for (const list of document.querySelectorAll(".places")) {
  try { list.scrollTop = Number(sessionStorage.getItem("places")); } catch { /* Then it begins at the top. */ }
  const box = list.getBoundingClientRect(), own = list.querySelector("[aria-current]")?.getBoundingClientRect() ?? box;
  // With the heading above it, and some of what is below it.
  if (own !== box) list.scrollTop += Math.min(0, own.top - 32 - box.top) + Math.max(0, own.bottom + 32 - box.bottom);
  addEventListener("pagehide", () => { try { sessionStorage.setItem("places", String(list.scrollTop)); } catch { /* So be it. */ } });
}

// Sets the theme before anything is painted: the chosen one, else the system's. A classic script, so that it blocks.
(() => {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { if (!root.hasAttribute("data-chosen")) root.dataset.theme = system.matches ? "dark" : "light"; };
  follow();
  system.addEventListener("change", () => { follow(); dispatchEvent(new Event("themechange")); });
})();

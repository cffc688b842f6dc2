// @ts-check
// What is filtered: chips, and what opens the dialog that finds values. The URL is the state.

export class Filters {
  /** @type {import("./finder.js").Finder | undefined} */ finder;

  /**
   * @param {Record<string, string>} dimensions titles by name
   * @param {() => URLSearchParams} query
   * @param {(change: (query: URLSearchParams) => void) => void} go
   */
  constructor(dimensions, query, go) {
    this.dimensions = dimensions;
    this.query = query;
    this.go = go;
    this.names = JSON.parse(document.getElementById("dashboard")?.dataset.names ?? "{}");
  }

  async open() {
    const { Finder } = await import("./finder.js");
    this.finder ??= new Finder(this);
    this.finder.open();
  }

  /**
   * Filters by a value, or no longer; a minus in front of the dimension leaves its values out.
   * @param {string} dimension
   * @param {string} value
   */
  toggle(dimension, value) {
    this.go((query) => {
      const values = query.getAll(dimension);
      query.delete(dimension);
      for (const other of values) if (other !== value) query.append(dimension, other);
      if (!values.includes(value)) query.append(dimension, value);
      // What is shown is no longer left out, and the other way round.
      query.delete(dimension.startsWith("-") ? dimension.slice(1) : `-${dimension}`, value);
    });
  }

  /** Leaves a value out, or no longer. @param {string} dimension @param {string} value */
  exclude(dimension, value) {
    this.toggle(`-${dimension}`, value);
  }

  /** Whether only a value is shown, among others. @param {string} dimension @param {string} value */
  has(dimension, value) {
    return this.query().getAll(dimension).includes(value);
  }

  /** What people call a value. @param {string} dimension @param {string} value */
  label(dimension, value) {
    return `${this.dimensions[dimension] ?? dimension}: ${this.names[dimension]?.[value] ?? (value || "unknown")}`;
  }

  /** Shows what is filtered by, and what is left out. */
  chips() {
    const query = this.query();
    const found = Object.keys(this.dimensions).flatMap((name) => [name, `-${name}`].flatMap((key) => query.getAll(key).map((value) => ({ name, key, value }))));
    const chips = found.map(({ name, key, value }) => {
      const chip = document.createElement("span"), words = document.createElement("b"), off = document.createElement("button");
      const said = this.label(name, value), not = key !== name;
      chip.className = not ? "chip not" : "chip";
      words.textContent = not ? said.replace(": ", ": not ") : said;
      words.title = value;
      off.type = "button";
      off.setAttribute("aria-label", `Remove the filter ${words.textContent}`);
      off.innerHTML = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="m4.5 4.5 7 7M11.5 4.5l-7 7"/></svg>';
      off.addEventListener("click", () => this.toggle(key, value));
      chip.append(words, off);
      return chip;
    });
    if (chips.length > 1) {
      const all = document.createElement("button");
      all.type = "button";
      all.className = "clear";
      all.dataset.do = "unfilter";
      all.textContent = "Clear all";
      chips.push(/** @type {HTMLElement} */ (all));
    }
    const box = document.getElementById("chips");
    const inside = box?.contains(document.activeElement);
    box?.replaceChildren(...chips);
    // Whoever has taken one away is at the next, or at what adds others.
    if (inside) /** @type {HTMLElement | null} */ (box?.querySelector("button") ?? document.querySelector("[data-do=filter]"))?.focus();
  }
}

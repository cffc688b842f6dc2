// @ts-check
// What is filtered: chips, and the dialog that finds values. The URL is the state.

/** @typedef {{name: string, title: string, values: {value: string, label: string, text: string, chosen: boolean}[]}} Group */

export class Filters {
  /** @type {AbortController | undefined} */ #asking;
  #chosen = 0;

  /**
   * @param {Record<string, string>} dimensions titles by name
   * @param {() => URLSearchParams} query
   * @param {(change: (query: URLSearchParams) => void) => void} go
   */
  constructor(dimensions, query, go) {
    this.dimensions = dimensions;
    this.query = query;
    this.go = go;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("filter"));
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("filter-text"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("filter-list"));
    this.input.addEventListener("input", () => this.#find());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.names = JSON.parse(document.getElementById("dashboard")?.dataset.names ?? "{}");
    this.list.addEventListener("click", (event) => {
      const option = /** @type {HTMLElement} */ (event.target).closest(".option");
      if (option) this.#choose(/** @type {HTMLElement} */ (option), true);
    });
  }

  open() {
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    this.#find();
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

  async #find() {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const query = this.query();
    query.set("q", this.input.value);
    try {
      const answer = await fetch(`/api/filters?${query}`, { signal: this.#asking.signal });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.#list(await answer.json());
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.list.textContent = `Values could not be fetched: ${error instanceof TypeError ? "the server does not answer" : error}.`;
    }
  }

  /** @param {Group[]} groups */
  #list(groups) {
    const items = [];
    for (const group of groups) {
      const head = document.createElement("div");
      head.className = "group";
      head.textContent = group.title;
      items.push(head);
      for (const { value, label, text, chosen } of group.values) {
        const option = document.createElement("button");
        option.type = "button";
        option.className = "option";
        option.setAttribute("role", "option");
        option.dataset.filter = group.name;
        option.dataset.value = value;
        const words = document.createElement("span"), figure = document.createElement("span");
        words.textContent = label;
        if (chosen) {
          option.classList.add("chosen");
          words.insertAdjacentHTML("beforeend", '<span class="sr">, chosen</span>');
        }
        figure.textContent = text;
        option.append(words, figure);
        items.push(option);
      }
    }
    this.list.replaceChildren(...items);
    if (!items.length) this.list.textContent = "Nothing in this window matches.";
    this.#mark(0);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      this.#mark(this.#chosen + by);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = this.list.querySelector("[aria-selected=true]");
      if (option) this.#choose(/** @type {HTMLElement} */ (option), event.shiftKey);
    }
  }

  /** @param {number} index */
  #mark(index) {
    const options = [...this.list.querySelectorAll(".option")];
    this.#chosen = Math.max(0, Math.min(options.length - 1, index));
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === this.#chosen)));
    options[this.#chosen]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} option @param {boolean} more whether there is more to choose */
  #choose(option, more) {
    this.toggle(option.dataset.filter ?? "", option.dataset.value ?? "");
    if (!more) return this.dialog.close();
    // What is chosen stands first now.
    this.input.focus();
    this.input.select();
    this.#find();
  }
}

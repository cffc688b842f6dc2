// @ts-check
// The dialog that finds values to filter by.

/** @typedef {{name: string, title: string, values: {value: string, label: string, text: string, chosen: boolean}[]}} Group */

export class Finder {
  /** @type {AbortController | undefined} */ #asking;
  /** @type {Promise<void>} */ #found = Promise.resolve();
  #chosen = 0;

  /** @param {import("./filters.js").Filters} filters */
  constructor(filters) {
    this.filters = filters;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("filter"));
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("filter-text"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("filter-list"));
    this.input.addEventListener("input", () => this.#look());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("click", (event) => {
      const option = /** @type {HTMLElement} */ (event.target).closest(".option");
      if (option) this.#choose(/** @type {HTMLElement} */ (option), true);
    });
  }

  open() {
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    this.#look();
  }

  #look() {
    this.#found = this.#find();
  }

  async #find() {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const query = this.filters.query();
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
      this.#enter(event.shiftKey);
    }
  }

  /** Chooses what is marked of what matches the words that stand there, not the letters before them.
   * @param {boolean} more whether there is more to choose */
  async #enter(more) {
    const words = this.input.value;
    await this.#found;
    if (!this.dialog.open || this.input.value !== words) return;
    const option = this.list.querySelector("[aria-selected=true]");
    if (option) this.#choose(/** @type {HTMLElement} */ (option), more);
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
    this.filters.toggle(option.dataset.filter ?? "", option.dataset.value ?? "");
    if (!more) return this.dialog.close();
    // What is chosen stands first now.
    this.input.focus();
    this.input.select();
    this.#look();
  }
}

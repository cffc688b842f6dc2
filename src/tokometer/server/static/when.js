// @ts-check
// Which window is looked at, and in which time zone: the menu, its form, and the steps earlier and later.

import { own, zoneOf, zones } from "./zone.js";

/**
 * Says at a field what is wrong with it, until it is changed.
 * @param {HTMLInputElement} field
 * @param {string} problem
 */
function tell(field, problem) {
  field.setCustomValidity(problem);
  field.setAttribute("aria-invalid", "true");
  field.reportValidity();
  field.addEventListener("input", () => {
    field.setCustomValidity("");
    field.removeAttribute("aria-invalid");
  }, { once: true });
}

export class When {
  /** Where the window can be moved to, as the server says. */
  #moves = { earlier: "", later: "" };

  /**
   * @param {(change: (query: URLSearchParams) => void) => void} go
   * @param {() => string} zone the zone that the page is in
   */
  constructor(go, zone) {
    this.go = go;
    this.zone = zone;
    const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.custom"));
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#custom(form);
    });
    const field = /** @type {HTMLInputElement} */ (document.querySelector("input[name=tz]"));
    field.addEventListener("focus", () => {
      const list = /** @type {HTMLElement} */ (document.getElementById("zones"));
      if (!list.childElementCount) list.replaceChildren(...zones().map((value) => Object.assign(document.createElement("option"), { value })));
    });
    field.addEventListener("change", () => this.#choose(field));
  }

  /** @param {{earlier: string, later: string}} moves */
  at({ earlier, later }) {
    this.#moves = { earlier, later };
    this.#show("earlier", earlier, "There is nothing before all time");
    this.#show("later", later, earlier ? "There is nothing later: the window reaches to now" : "There is nothing after all time");
  }

  /** @param {string} name @param {string} way where it leads; empty where it leads nowhere @param {string} why */
  #show(name, way, why) {
    const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(`[data-do=${name}]`));
    if (!button) return;
    button.disabled = !way;
    button.title = way ? "" : why;
  }

  /** Says in which zone times are, as it is another for whoever gets the bare address; and leads back to one's own. */
  zoned() {
    const zone = this.zone(), away = /** @type {HTMLElement} */ (document.querySelector("[data-do=ownzone]"));
    const said = /** @type {HTMLElement} */ (document.querySelector("[data-show=zone]"));
    said.textContent = `times in ${zone}`;
    said.toggleAttribute("data-own", zone === own);
    away.hidden = zone === own;
    away.textContent = `Use ${own}`;
    /** @type {HTMLInputElement} */ (document.querySelector("input[name=tz]")).value = zone;
  }

  /** The address of what is looked at, the same for whoever opens it. @param {string} range that the page opens with */
  link(range) {
    const asked = new URLSearchParams(location.search);
    if (!asked.has("range") && !asked.has("since")) asked.set("range", range);
    asked.set("tz", this.zone());
    return `${location.origin}${location.pathname}?${asked}`;
  }

  /** @param {"earlier" | "later"} way */
  step(way) {
    this.move(this.#moves[way]);
  }

  /** @param {string} to parameters of another window; empty where there is none */
  move(to) {
    if (!to) return;
    this.go((next) => {
      for (const name of ["range", "since", "until", "of"]) next.delete(name);
      new URLSearchParams(to).forEach((value, name) => next.set(name, value));
    });
  }

  /**
   * Looks at a part of the window.
   * @param {number} since in milliseconds since the epoch
   * @param {number} until
   * @param {string} of the range that it is a part of
   */
  into(since, until, of) {
    const [from, to] = [since, until].map((time) => new Date(time).toISOString());
    this.move(new URLSearchParams({ range: "custom", since: from, until: to, ...(of === "custom" ? {} : { of }) }).toString());
  }

  /** @param {HTMLFormElement} form */
  #custom(form) {
    const since = /** @type {HTMLInputElement} */ (form.elements.namedItem("since"));
    const until = /** @type {HTMLInputElement} */ (form.elements.namedItem("until"));
    if (until.value < since.value) return tell(until, "The last day is before the first.");
    const menu = document.getElementById("range");
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
    this.move(`range=custom&since=${since.value}&until=${until.value}`);
  }

  /** @param {HTMLInputElement} field */
  #choose(field) {
    const { zone, problem } = field.value.trim() ? zoneOf(field.value) : { zone: own, problem: "" };
    if (problem) return tell(field, problem);
    field.value = zone;
    this.go((next) => (zone === own ? next.delete("tz") : next.set("tz", zone)));
  }
}

// @ts-check
// Hears from the server what has changed, and says truthfully whether it still hears.

import { Line } from "./line.js";
import { clock } from "./zone.js";

export class Live {
  #paused = false;
  /** @type {number | undefined} */ #timer;
  #next = 0;
  #heard = 0;
  /** As of which change the server is; what was made before is behind. */
  version = 0;

  /**
   * @param {HTMLElement} element shows the state: `data-state` on, stale, paused or wait
   * @param {() => Promise<unknown>} refresh fetches what has changed
   * @param {() => string} zone the viewer's time zone
   * @param {(since: number) => void} away hears when the server was last heard, each time that it is not; then 0
   */
  constructor(element, refresh, zone, away) {
    this.element = element;
    this.refresh = refresh;
    this.zone = zone;
    this.away = away;
    this.line = new Line((name, data) => (name === "lost" ? this.lost() : this.#hear(data)));
    setInterval(() => this.#watch(), 5_000);
    addEventListener("pagehide", () => this.line.end());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.line.end() : this.open()));
  }

  get paused() {
    return this.#paused;
  }

  /** Listens, unless nobody looks. */
  open() {
    if (this.#paused || document.hidden) return;
    this.#heard = Date.now();
    this.line.begin();
  }

  /** Pauses or resumes. */
  toggle() {
    this.#paused = !this.#paused;
    if (this.#paused) {
      this.line.end();
      this.#show("paused", "Paused");
    } else {
      this.#show("wait", "Connecting");
      this.open();
      this.#soon();
    }
  }

  /** Notes that what the page shows is from now. */
  updated() {
    const now = new Date();
    const text = this.element.querySelector("[data-show=updated]");
    if (!text) return;
    text.textContent = `updated ${clock(now, this.zone())}`;
    /** @type {HTMLElement} */ (text).title = `${now.toISOString()} · times in ${this.zone()}`;
  }

  /** @param {string} data */
  #hear(data) {
    this.#heard = Date.now();
    this.#show("on", "Live");
    this.away(0);
    const said = JSON.parse(data);
    // Also what was committed while nobody listened.
    const news = this.version && said.version > this.version;
    this.version = said.version;
    this.#reading(said.reading);
    this.#warn(said.warnings ?? []);
    if (news) this.#soon();
  }

  /**
   * Says on top of the page what is wrong with the ledger; nothing where nothing is.
   * @param {string[]} warnings
   */
  #warn(warnings) {
    const box = document.querySelector("[data-show=warnings]");
    if (!box || box.textContent === warnings.join("").replaceAll("`", "")) return;
    box.replaceChildren(...warnings.map((text) => {
      const line = document.createElement("p");
      line.textContent = text.replaceAll("`", "");
      return line;
    }));
  }

  /**
   * While much is imported at once, says how far that is: what is older is not in the figures yet.
   * @param {{files: number, all_files: number, back_to: string | null} | undefined} reading
   */
  #reading(reading) {
    const text = /** @type {HTMLElement | null} */ (this.element.querySelector("[data-show=reading]"));
    if (!text) return;
    text.hidden = !reading;
    if (!reading) return;
    const count = new Intl.NumberFormat("en-GB");
    const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: this.zone() });
    const back = reading.back_to && reading.files ? `, back to ${day.format(new Date(reading.back_to))}` : "";
    text.textContent = `Reading ${count.format(reading.files)} of ${count.format(reading.all_files)} ${reading.all_files === 1 ? "file" : "files"}${back}`;
    text.title = "The newest files are read first; what is older is not in the figures yet.";
  }

  /** The server does not answer. */
  lost() {
    this.away(this.#heard || Date.now());
    if (this.#paused) return;
    if (this.element.dataset.state !== "stale") this.#show("stale", `Not live since ${clock(this.#heard || Date.now(), this.zone())}`);
  }

  /** The server's beat comes every 10 s; three missed ones mean that the line is dead, whatever the browser thinks. */
  #watch() {
    if (!this.line.open || Date.now() - this.#heard < 30_000) return;
    this.lost();
    this.line.end();
    this.open();
  }

  /** Refreshes at once, but at most once a second. */
  #soon() {
    if (this.#timer !== undefined || this.#paused) return;
    this.#timer = setTimeout(async () => {
      this.#next = Date.now() + 1_000;
      this.#timer = undefined;
      await this.refresh();
    }, Math.max(0, this.#next - Date.now()));
  }

  /**
   * @param {string} state
   * @param {string} text
   */
  #show(state, text) {
    this.element.dataset.state = state;
    const badge = this.element.querySelector("[data-show=live]");
    if (badge && badge.textContent !== text) badge.textContent = text;
    this.element.querySelector("button")?.setAttribute("aria-pressed", String(!this.#paused));
  }
}

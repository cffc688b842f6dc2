// @ts-check
// Asks for all panels of a page, round by round: what one round brings is of one moment.

/**
 * @typedef {{
 *   query: () => URLSearchParams,
 *   begin: (held: boolean) => void,
 *   show: (panel: HTMLElement, body: any) => void,
 *   refuse: (why: string) => void,
 *   fail: (panel: HTMLElement, error: Error) => void,
 *   done: (good: boolean) => void,
 * }} Deeds what the page does: what it asks for, and with what comes of it
 */

/** After so long a round that hangs no longer keeps the next one waiting (milliseconds). */
const HANGS = 30_000;

export class Rounds {
  #round = 0;
  #begun = 0;
  #underWay = false;
  /** A word for each round, for which the server has one moment. */
  #word = Math.random().toString(36).slice(2);
  /** As of which change each panel is, and of which moment. @type {Map<HTMLElement, {version: number, moment: string}>} */
  #shown = new Map();

  /**
   * @param {HTMLElement[]} panels
   * @param {Deeds} deeds
   */
  constructor(panels, deeds) {
    this.panels = panels;
    this.deeds = deeds;
    /** Seconds after which all are renewed: as often as the panel that is renewed most often. */
    this.pace = Math.min(...panels.map((panel) => Number(panel.dataset.every) || 60));
  }

  /**
   * Fetches all panels, side by side. One that is `held` may lack what came in the last seconds: it is for pages that
   * follow what comes, and shows all panels at once, so that none is of another moment than its neighbours.
   */
  async refresh(held = false) {
    // Nobody looks: what is missing is fetched when somebody does.
    if (document.hidden) return;
    const mine = ++this.#round;
    this.#begun = Date.now();
    this.#underWay = true;
    this.deeds.begin(held);
    // What is paused stays as it is, until something else is asked for.
    const asked = this.panels.filter((panel) => !(held && "paused" in panel.dataset)).map((panel) => this.#ask(panel, mine, held));
    const found = await Promise.all(held ? asked : asked.map(async (one) => this.#show(await one)));
    // A later round makes this one's answers void.
    if (mine !== this.#round) return;
    const good = found.map((one) => (held ? this.#show(/** @type {Found} */ (one)) : one)).every(Boolean);
    this.#underWay = false;
    this.deeds.done(good);
    // Who had to wait too long was answered for another moment.
    if (good && new Set(this.#follows.map((panel) => this.#shown.get(panel)?.moment)).size > 1) this.#begun = 0;
  }

  /** The panels that are not paused. */
  get #follows() {
    return this.panels.filter((panel) => !("paused" in panel.dataset));
  }

  /** Fetches one panel, as it is now. @param {HTMLElement} panel */
  async renew(panel) {
    const mine = this.#round;
    panel.setAttribute("aria-busy", "true");
    this.#show(await this.#ask(panel, mine, false, `-${Date.now()}`));
  }

  /** Fetches when it is time: soon where there is news, now and then as the time goes on. @param {number} version */
  async follow(version) {
    const age = Date.now() - this.#begun;
    if (document.hidden || (this.#underWay && age < HANGS)) return;
    const behind = this.#follows.some((panel) => (this.#shown.get(panel)?.version ?? 0) < version);
    if (age >= (behind ? Math.min(10, Math.max(1, this.pace / 30)) : this.pace) * 1_000) await this.refresh(true);
  }

  /**
   * @typedef {{panel: HTMLElement, mine: number, error?: Error, body?: any, headers?: Headers}} Found
   * @param {HTMLElement} panel
   * @param {number} mine
   * @param {boolean} held
   * @param {string} [apart] makes it another moment than the round's
   * @returns {Promise<Found>}
   */
  async #ask(panel, mine, held, apart = "") {
    try {
      const address = `/api/panels/${panel.dataset.panel}?rows=0${held ? "&live=1" : ""}&${this.deeds.query()}`;
      const answer = await fetch(address, { headers: { Moment: `${this.#word}-${mine}${apart}` } });
      const body = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
      if (answer.ok) return { panel, mine, body, headers: answer.headers };
      const refused = answer.status === 422 ? said(body.detail) : "";
      throw new Error(refused || body.detail || `the server answered ${answer.status}`, { cause: refused });
    } catch (error) {
      return { panel, mine, error: /** @type {Error} */ (error) };
    }
  }

  /** Shows an answer, unless a later round was begun; whether there is one. @param {Found} found */
  #show({ panel, mine, error, body, headers }) {
    if (mine !== this.#round) return true;
    panel.setAttribute("aria-busy", "false");
    if (!(error instanceof TypeError)) this.deeds.refuse(String(error?.cause ?? ""));
    if (error || !headers) {
      this.deeds.fail(panel, error ?? new Error("there was no answer"));
      return false;
    }
    const tag = headers.get("etag") ?? "";
    if (!tag || panel.dataset.tag !== tag) this.deeds.show(panel, body);
    panel.dataset.tag = tag;
    this.#shown.set(panel, { version: Number(headers.get("version")), moment: headers.get("moment") ?? "" });
    delete panel.dataset.stale;
    return true;
  }
}

/** What a refusal says, for the middle of a sentence. @param {string} detail */
const said = (detail) => String(detail).replace(/\.$/, "") || "it is not understood";

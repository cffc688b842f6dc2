// @ts-check
// A line at the top of the page: what is asked for cannot be shown, or the server does not answer. It covers nothing.

import { clock } from "./zone.js";

export class Notice {
  /** When the server was last heard; 0 while it answers. */
  #away = 0;
  #refused = "";

  /**
   * @param {HTMLElement} element holds a text and a button that leads back to what can be shown
   * @param {() => string} zone the viewer's time zone
   */
  constructor(element, zone) {
    this.element = element;
    this.zone = zone;
  }

  /** Whether the server does not answer. */
  get away() {
    return this.#away > 0;
  }

  /** @param {number} since when it was last heard */
  lost(since) {
    this.#away ||= since;
    this.#show();
  }

  /** It answers again. @returns {boolean} whether it did not before */
  found() {
    const was = this.away;
    this.#away = 0;
    if (was) this.#show();
    return was;
  }

  /** @param {string} reason why nothing can be shown; empty where it can */
  refuse(reason) {
    if (this.#refused === reason) return;
    this.#refused = reason;
    this.#show();
  }

  #show() {
    const [text, button] = /** @type {HTMLElement[]} */ ([...this.element.children]);
    const said = this.away
      ? `The server has not answered since ${clock(this.#away, this.zone())}. What is shown is from then; whatever needs it has to wait.`
      : this.#refused && `This cannot be shown: ${this.#refused}.`;
    button.hidden = this.away;
    this.element.hidden = !said;
    if (said) text.textContent = said;
  }
}

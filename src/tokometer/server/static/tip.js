// @ts-check
// The one tooltip of a page: what it is made of, where it stands, and how those hear of it who do not see it.

const SVG = "http://www.w3.org/2000/svg";

export class Tip {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.voice = document.createElement("div");
    this.voice.className = "sr";
    this.voice.setAttribute("aria-live", "polite");
    element.after(this.voice);
  }

  get hidden() { return this.element.hidden; }

  hide() { this.element.hidden = true; }

  /** @param {HTMLElement[]} content */
  fill(...content) {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
  }

  /**
   * Stands beside a place in the window, on whichever side there is room.
   * @param {number} x
   * @param {number} y
   */
  stand(x, y) {
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x + 12 + width > innerWidth - 8 ? x - 12 - width : x + 12;
    const top = Math.max(8, Math.min(innerHeight - height - 8, y - height / 2));
    this.element.style.transform = `translate(${Math.max(8, Math.round(left))}px, ${Math.round(top)}px)`;
  }

  /** Tells those who do not see it; for what the keyboard has led to. */
  say() {
    this.voice.textContent = [...this.element.children].map((part) => [...part.childNodes].map((text) => text.textContent).join(" ")).join(", ");
  }
}

/** @param {string} title */
export function heading(title) {
  const head = document.createElement("b");
  head.textContent = title;
  return head;
}

/** Something that happened. @param {string} kind @param {string} text */
export function note(kind, text) {
  const said = document.createElement("p");
  said.className = `note ${kind === "incident" ? "incident" : ""}`;
  said.textContent = text;
  return said;
}

/**
 * @param {string} colour of its swatch; '' for none
 * @param {string} label
 * @param {string} text
 * @param {boolean} [sum]
 */
export function line(colour, label, text, sum = false) {
  const row = document.createElement("div");
  if (sum) row.className = "sum";
  if (colour) {
    const mark = document.createElementNS(SVG, "svg");
    mark.setAttribute("viewBox", "0 0 10 10");
    mark.setAttribute("class", "swatch");
    const square = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ width: "10", height: "10", rx: "2.5", fill: colour })) square.setAttribute(name, value);
    mark.append(square);
    row.append(mark);
  }
  const name = document.createElement("span");
  name.className = "long";
  name.textContent = label;
  const figure = document.createElement("span");
  figure.textContent = text;
  row.append(name, figure);
  return row;
}

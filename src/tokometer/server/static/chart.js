// @ts-check
// Draws charts with Vega, when they come into view, and says what stands under the pointer.

/**
 * @typedef {{name: string, label: string, colour: string, filter: string}} Series
 * @typedef {[start: number, end: number, title: string, total: string, rows: [series: number, text: string][]]} Tip
 * @typedef {{kind: string, signals: Record<string, any>, series: Series[], points: number[][], band?: number[][],
 *   tips: Tip[]}} ChartData
 * @typedef {{data: ChartData, view?: any, drawn?: string, at?: number, cursor?: HTMLElement}} Drawing
 */

/** Pixels around the plot, as in charts/specs.py. */
const LEFT = 52, RIGHT = 12, TOP = 8, BOTTOM = 24;

/** @param {string} colour `#rrggbb` or the name of a design token */
export function ink(colour) {
  return colour.startsWith("#") ? colour : getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();
}

/** @param {string} url */
function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(undefined);
    script.onerror = () => reject(new Error("The chart library could not be loaded"));
    document.head.append(script);
  });
}

export class Charts {
  /** @type {Map<HTMLElement, Drawing>} */
  #drawings = new Map();
  /** @type {Map<string, any>} */
  #parsed = new Map();
  /** @type {any} */
  #vega;
  /** @type {{specs: Record<string, any>, themes: Record<string, any>} | undefined} */
  #kit;

  /**
   * @param {string} vegaUrl
   * @param {string} chartsUrl
   * @param {HTMLElement} tip
   */
  constructor(vegaUrl, chartsUrl, tip) {
    this.tip = tip;
    this.ready = Promise.all([loadScript(vegaUrl), fetch(chartsUrl).then((answer) => answer.json())]).then(([, kit]) => {
      this.#vega = /** @type {any} */ (window).tokometerVega;
      this.#kit = kit;
      for (const element of this.#drawings.keys()) this.#inView.observe(element);
    });
    this.#inView = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.#draw(/** @type {HTMLElement} */ (entry.target));
    }, { rootMargin: "120px" });
    this.#sizes = new ResizeObserver((entries) => {
      for (const entry of entries) this.#resize(/** @type {HTMLElement} */ (entry.target));
    });
    addEventListener("themechange", () => this.redraw());
  }

  /** @type {IntersectionObserver} */ #inView;
  /** @type {ResizeObserver} */ #sizes;

  /**
   * Shows data in an element, now or when it comes into view.
   * @param {HTMLElement} element
   * @param {ChartData} data
   */
  show(element, data) {
    const drawing = this.#drawings.get(element);
    if (drawing) {
      drawing.data = data;
      if (drawing.view) this.#draw(element);
      return;
    }
    this.#drawings.set(element, { data });
    element.addEventListener("pointermove", (event) => this.#point(element, event.clientX, event.clientY));
    element.addEventListener("pointerdown", (event) => this.#point(element, event.clientX, event.clientY));
    element.addEventListener("pointerleave", () => this.#leave(element));
    element.addEventListener("blur", () => this.#leave(element));
    element.addEventListener("keydown", (event) => this.#step(element, event));
    if (this.#kit) this.#inView.observe(element);
  }

  /** Forgets the charts of elements that have left the page. */
  sweep() {
    for (const [element, drawing] of this.#drawings) {
      if (!element.isConnected) {
        drawing.view?.finalize();
        this.#inView.unobserve(element);
        this.#sizes.unobserve(element);
        this.#drawings.delete(element);
      }
    }
  }

  /** Draws everything again, in the theme of now. */
  redraw() {
    for (const [element, drawing] of this.#drawings) {
      if (!drawing.view) continue;
      drawing.view.finalize();
      drawing.view = undefined;
      element.querySelector("canvas")?.remove();
      this.#draw(element);
    }
  }

  /** @param {HTMLElement} element */
  async #draw(element) {
    const drawing = this.#drawings.get(element);
    if (!drawing || !this.#kit) return;
    const { data } = drawing;
    if (drawing.view && drawing.drawn !== data.kind) {
      drawing.view.finalize();
      drawing.view = undefined;
      element.replaceChildren();
    }
    if (!drawing.view) {
      const host = document.createElement("div");
      element.replaceChildren(host);
      drawing.view = new this.#vega.View(this.#runtime(data.kind), {
        expr: this.#vega.expr, renderer: "canvas", container: host, logLevel: this.#vega.Warn,
      });
      drawing.drawn = data.kind;
      this.#sizes.observe(element);
    }
    const { view } = drawing;
    const colours = data.series.map((series) => ink(series.colour));
    for (const [name, value] of Object.entries(data.signals)) view.signal(name, value);
    view.data("points", data.points.map(([t, u, a, b, s, open, last]) => (
      { t, u, a, b, s: data.series[s].name, c: colours[s], p: open ? "open" : "done", last: Boolean(last) }
    )));
    if (data.band) view.data("band", data.band.map(([t, a, b]) => ({ t, a, b })));
    view.width(Math.max(0, element.clientWidth - LEFT - RIGHT)).height(element.clientHeight - TOP - BOTTOM);
    await view.runAsync();
    element.dataset.drawn = data.kind;
  }

  /** @param {string} kind */
  #runtime(kind) {
    const theme = document.documentElement.dataset.theme ?? "light";
    const key = `${kind} ${theme}`;
    const kit = /** @type {NonNullable<typeof this.#kit>} */ (this.#kit);
    if (!this.#parsed.has(key)) this.#parsed.set(key, this.#vega.parse(kit.specs[kind], kit.themes[theme], { ast: true }));
    return this.#parsed.get(key);
  }

  /** @param {HTMLElement} element */
  #resize(element) {
    const view = this.#drawings.get(element)?.view;
    const width = element.clientWidth - LEFT - RIGHT, height = element.clientHeight - TOP - BOTTOM;
    if (view && width > 0 && (view.width() !== width || view.height() !== height)) view.width(width).height(height).runAsync();
  }

  /**
   * @param {HTMLElement} element
   * @param {number} x
   * @param {number} y
   */
  #point(element, x, y) {
    const drawing = this.#drawings.get(element);
    if (!drawing?.data.tips.length) return;
    const box = element.getBoundingClientRect();
    const [first, last] = drawing.data.signals.xdomain;
    const time = first + ((x - box.left - LEFT) / (box.width - LEFT - RIGHT)) * (last - first);
    let best = 0;
    drawing.data.tips.forEach((tip, index) => {
      if (Math.abs(middle(tip, drawing.data) - time) < Math.abs(middle(drawing.data.tips[best], drawing.data) - time)) best = index;
    });
    this.#tell(element, best, y);
  }

  /**
   * @param {HTMLElement} element
   * @param {KeyboardEvent} event
   */
  #step(element, event) {
    const drawing = this.#drawings.get(element);
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") this.#leave(element);
    if (!drawing?.data.tips.length || !by) return;
    event.preventDefault();
    const count = drawing.data.tips.length;
    const next = drawing.at === undefined ? count - 1 : Math.min(count - 1, Math.max(0, drawing.at + by));
    this.#tell(element, next, element.getBoundingClientRect().top + 40);
  }

  /**
   * @param {HTMLElement} element
   * @param {number} index
   * @param {number} y
   */
  #tell(element, index, y) {
    const drawing = /** @type {Drawing} */ (this.#drawings.get(element));
    const { data } = drawing;
    const tip = data.tips[index];
    const box = element.getBoundingClientRect();
    const [first, last] = data.signals.xdomain;
    const place = LEFT + ((middle(tip, data) - first) / (last - first)) * (box.width - LEFT - RIGHT);
    if (!drawing.cursor?.isConnected) {
      drawing.cursor = document.createElement("div");
      drawing.cursor.className = "cursor";
      element.append(drawing.cursor);
    }
    drawing.cursor.hidden = false;
    drawing.cursor.style.left = `${Math.round(place)}px`;
    if (drawing.at !== index || this.tip.hidden) {
      drawing.at = index;
      this.tip.replaceChildren(...tipContent(tip, data.series));
    }
    this.tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const right = box.left + place + 12;
    const left = right + width > innerWidth - 8 ? box.left + place - 12 - width : right;
    this.tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, Math.min(innerHeight - height - 8, y - height / 2))}px)`;
  }

  /** @param {HTMLElement} element */
  #leave(element) {
    const drawing = this.#drawings.get(element);
    if (drawing?.cursor) drawing.cursor.hidden = true;
    if (drawing) drawing.at = undefined;
    this.tip.hidden = true;
  }
}

/**
 * Where a tip points: a bar's middle, a curve's point.
 * @param {Tip} tip
 * @param {ChartData} data
 */
function middle(tip, data) {
  return data.kind === "bars" ? (tip[0] + tip[1]) / 2 : tip[0];
}

/**
 * @param {Tip} tip
 * @param {Series[]} series
 */
function tipContent([, , title, total, rows], series) {
  const head = document.createElement("b");
  head.textContent = title;
  const lines = rows.map(([index, text]) => tipLine(series.length > 1 || rows.length > 1 ? ink(series[index].colour) : "", series[index].label, text));
  if (!rows.length) lines.push(tipLine("", "Nothing", ""));
  if (total) lines.push(tipLine("", series.length > 1 ? "Total" : "80 % interval", total, true));
  return [head, ...lines];
}

/**
 * @param {string} colour
 * @param {string} label
 * @param {string} text
 * @param {boolean} [sum]
 */
function tipLine(colour, label, text, sum = false) {
  const line = document.createElement("div");
  if (sum) line.className = "sum";
  if (colour) {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("viewBox", "0 0 10 10");
    mark.setAttribute("class", "swatch");
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: "10", height: "10", rx: "2.5", fill: colour })) square.setAttribute(name, value);
    mark.append(square);
    line.append(mark);
  }
  const name = document.createElement("span");
  name.className = "long";
  name.textContent = label;
  const figure = document.createElement("span");
  figure.textContent = text;
  line.append(name, figure);
  return line;
}

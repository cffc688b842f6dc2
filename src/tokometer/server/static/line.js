// @ts-check
// One line to the server for all pages of a browser: HTTP/1.1 allows six to a host, and a stream holds one of them.
//
// Of the pages that are looked at one holds a lock, listens, and tells the others what it hears. When it is closed or
// hidden the lock goes to another; a hidden page hears nothing. Where a browser has no locks (plain HTTP to another
// machine), each page that is looked at listens for itself.

const NAME = "tokometer-live";

/** @typedef {{name: string, data: string}} Told what the server said; `lost` and `ask` are among pages alone */

export class Line {
  /** @type {EventSource | undefined} */ #source;
  /** @type {BroadcastChannel | undefined} */ #pages;
  /** @type {AbortController | undefined} */ #waiting;
  /** What was heard last, for a page that has just been opened. @type {Told | undefined} */ #last;

  /** @param {(name: string, data: string) => void} hear takes `hello`, `change`, `beat` with their data, or `lost` */
  constructor(hear) {
    this.hear = hear;
  }

  get open() {
    return this.#waiting !== undefined;
  }

  /** Listens from now on, itself or by way of another page. */
  begin() {
    if (this.open) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    if (!navigator.locks || !window.BroadcastChannel) return this.#listen();
    const pages = new BroadcastChannel(NAME);
    this.#pages = pages;
    pages.onmessage = ({ data }) => {
      if (data.name !== "ask") this.hear(data.name, data.data);
      else if (this.#source && this.#last) pages.postMessage(this.#last);
    };
    navigator.locks.request(NAME, { signal: waiting.signal }, () => new Promise((free) => {
      if (waiting.signal.aborted) return free(undefined);
      waiting.signal.addEventListener("abort", () => free(undefined));
      this.#listen();
    })).catch(() => {}); // given up before it was its turn
    pages.postMessage({ name: "ask", data: "" });
  }

  /** Hears nothing more, and lets another page listen. */
  end() {
    this.#source?.close();
    this.#source = this.#last = undefined;
    this.#pages?.close();
    this.#waiting?.abort();
    this.#waiting = this.#pages = undefined;
  }

  #listen() {
    const source = new EventSource("/api/live");
    this.#source = source;
    for (const name of ["hello", "change", "beat"]) {
      source.addEventListener(name, (event) => this.#tell({ name, data: /** @type {MessageEvent} */ (event).data }));
    }
    source.onerror = () => {
      this.#tell({ name: "lost", data: "" });
      // What the server turned away is not tried again by the browser.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#source === source && this.#listen(), 5_000);
    };
  }

  /** @param {Told} told */
  #tell(told) {
    this.#last = told;
    this.#pages?.postMessage(told);
    this.hear(told.name, told.data);
  }
}

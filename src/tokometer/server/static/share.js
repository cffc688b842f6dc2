// @ts-check
// Making a signed link to a panel, with what to paste into the page of another program.

import { make, send, sentence } from "./sending.js";

const UNTIL = [["30d", "30 days"], ["7d", "7 days"], ["365d", "a year"], ["8h", "8 hours"], ["never", "until it is revoked"]];
/** How high a frame is that shows a panel whole, where it is not on the page (px). */
const HEIGHT = 320;

/**
 * Opens the dialog that makes a link to a panel as it is looked at now.
 * @param {HTMLElement} panel
 * @param {string} title
 * @param {URLSearchParams} query
 */
export function embed(panel, title, query) {
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { class: "made-dialog", "aria-labelledby": "share-title" }));
  const until = /** @type {HTMLSelectElement} */ (make("select", { name: "until" }, ...UNTIL.map(([value, words]) => make("option", { value }, words))));
  const origins = /** @type {HTMLInputElement} */ (make("input", { name: "origins", placeholder: "the origin of a page: scheme and host", autocomplete: "off", spellcheck: "false" }));
  const said = make("p", { class: "note", role: "status" });
  const result = make("div", { class: "made-result" });
  const submit = make("button", { class: "button" }, "Make the link");
  const close = make("button", { type: "button", class: "button" }, "Close");
  const form = make(
    "form",
    { method: "dialog" },
    make("h2", { id: "share-title" }, `Embed ${title}`),
    make("p", { class: "note" }, "Whoever has the link sees this panel, as you look at it now, and nothing else."),
    make("label", {}, "It opens for ", until),
    make("label", {}, "Pages that may frame it ", origins),
    said,
    result,
    make("div", { class: "dialog-end" }, submit, close),
  );
  dialog.append(form);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.setAttribute("disabled", "");
    const { wrong, said: link } = await send("POST", "/api/links", {
      shows: "panel",
      what: { panel: panel.dataset.panel ?? "", query: query.toString() },
      name: title,
      expires_in: until.value,
      origins: origins.value.split(/[\s,]+/).filter(Boolean),
    });
    submit.removeAttribute("disabled");
    said.textContent = wrong ? sentence(wrong) : "";
    if (!wrong) result.replaceChildren(...shown(link, title, panel.offsetHeight || HEIGHT));
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {{url: string}} link @param {string} title @param {number} height */
function shown({ url }, title, height) {
  const frame = make("iframe", { src: url, title, width: "100%", height: String(height + 24), loading: "lazy" });
  const parts = [];
  for (const [what, text] of [["Link", url], ["For a page", frame.outerHTML]]) {
    const box = /** @type {HTMLTextAreaElement} */ (make("textarea", { readonly: true, rows: "2", "aria-label": what }, text));
    const copy = make("button", { type: "button", class: "button" }, "Copy");
    copy.addEventListener("click", async () => {
      box.select();
      try {
        await navigator.clipboard.writeText(text);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Press Ctrl-C";
      }
    });
    parts.push(make("div", {}, make("span", { class: "popover-title" }, what), box, copy));
  }
  return [...parts, make("p", { class: "note" }, "All links, and a way to revoke each: ", make("a", { href: "/links" }, "Links"))];
}

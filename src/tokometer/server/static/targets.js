// @ts-check
// Targets on the Sources page: adding one, changing, pausing, removing and asking it.

/** @typedef {{id: string, source: string, name: string, url: string, every: number, secret: string, options: Record<string, string>, labels: Record<string, string>}} Target */

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("target"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("target-form"));
const problem = /** @type {HTMLElement} */ (document.getElementById("target-problem"));
const FIELDS = ["source", "url", "name", "every", "secret", "secret_env", "options", "labels"];
/** @type {Target | undefined} the one that is being changed */
let changing;

/** @param {() => Promise<void>} look has the page show what is new */
export function targets(look) {
  if (!dialog) return;
  document.getElementById("target-add")?.addEventListener("click", () => open());
  document.getElementById("target-cancel")?.addEventListener("click", () => dialog.close());
  field("source").addEventListener("change", describe);
  for (const name of FIELDS) field(name).addEventListener("input", () => mark(name, ""));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await save()) {
      dialog.close();
      await look();
    }
  });
  document.addEventListener("click", async (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-do-target]");
    if (button instanceof HTMLButtonElement) await act(button, look);
  });
}

/** @param {HTMLButtonElement} button @param {() => Promise<void>} look */
async function act(button, look) {
  const { doTarget = "", of = "" } = button.dataset;
  const row = /** @type {HTMLElement | null} */ (button.closest("[data-target]"));
  const target = /** @type {Target} */ (JSON.parse(row?.dataset.target ?? "{}"));
  if (doTarget === "change") return open(target);
  if (doTarget === "remove" && !confirm(`Ask ${target.name} no more? What it has said is kept.`)) return;
  button.disabled = true;
  const at = `/api/targets/${of}`;
  if (doTarget === "remove") await send("DELETE", at);
  else if (doTarget === "ask") await send("POST", `${at}/ask`, {});
  else await send("POST", `${at}/pause`, { paused: doTarget === "pause" });
  button.disabled = false;
  // What it answers is there a moment later.
  setTimeout(look, doTarget === "ask" ? 700 : 100);
}

/** @param {Target} [target] the one to change; without it another is added */
function open(target) {
  changing = target;
  form.reset();
  say("");
  for (const name of FIELDS) mark(name, "");
  const title = document.getElementById("target-title");
  if (title) title.textContent = target ? `Change ${target.name}` : "Add a target";
  if (target) {
    field("source").value = target.source;
    field("url").value = target.url;
    field("name").value = target.name === target.url ? "" : target.name;
    field("every").value = String(target.every);
    if (target.secret.startsWith("env ")) field("secret_env").value = target.secret.slice(4);
    field("secret").placeholder = target.secret === "kept" ? "the one that is kept, as long as the address stays" : "";
    field("options").value = written(target.options);
    field("labels").value = written(target.labels);
  } else field("secret").placeholder = "";
  describe();
  dialog.showModal();
  field(target ? "url" : "source").focus();
}

/** Says what the chosen source is. */
function describe() {
  const chosen = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (field("source"))).selectedOptions[0];
  hint("source").textContent = chosen?.dataset.about ?? "";
  field("every").placeholder = chosen?.dataset.every ?? "";
}

/** Sends what the form says. @returns {Promise<boolean>} whether it was taken */
async function save() {
  /** @type {Record<string, unknown>} */
  const said = {};
  for (const name of FIELDS) {
    const value = field(name).value.trim();
    if (value) said[name] = name === "every" ? Number(value) : value;
  }
  for (const name of ["options", "labels"]) {
    // The value of an option may be a list: keep=shop_*, other_total
    const pairs = read(field(name).value, name === "options");
    if (!pairs) return wrong(name, "has to be pairs of a name and a value: name=value, name=value");
    said[name] = pairs;
  }
  if (changing && !said.secret && !said.secret_env) said.keep_secret = true;
  const answer = await send(changing ? "PUT" : "POST", changing ? `/api/targets/${changing.id}` : "/api/targets", said);
  if (!answer) return false;
  const { detail } = answer;
  if (detail && typeof detail === "object") return wrong(detail.field, detail.reason);
  if (detail) say(detail);
  return !detail;
}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @returns {Promise<{detail?: any} | undefined>} the answer; its detail says what is wrong with what was asked
 */
async function send(method, path, body) {
  try {
    const answer = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
    if (answer.ok) return {};
    const said = await answer.json().catch(() => ({}));
    return { detail: said.detail ?? `The server answered ${answer.status}.` };
  } catch {
    say("The server does not answer.");
    return undefined;
  }
}

/** Shows at a field what is wrong with it. @param {string} name @param {string} reason @returns {false} */
function wrong(name, reason) {
  const known = FIELDS.includes(name);
  if (known) {
    mark(name, reason);
    field(name).focus();
  } else say(`${name} ${reason}`);
  return false;
}

/** @param {string} name @param {string} reason empty where nothing is wrong */
function mark(name, reason) {
  const words = hint(name);
  if (!reason && !field(name).hasAttribute("aria-invalid")) return;
  field(name).toggleAttribute("aria-invalid", false);
  if (reason) field(name).setAttribute("aria-invalid", "true");
  words.classList.toggle("bad", Boolean(reason));
  words.textContent = reason ? `It ${reason}.` : (words.dataset.hint ?? "");
  if (name === "source" && !reason) describe();
}

/** @param {string} words */
function say(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

/** `a=1, b=2` as pairs; nothing where it is something else. @param {string} text @param {boolean} lists whether values may have commas */
function read(text, lists) {
  /** @type {Record<string, string>} */
  const found = {};
  let name = "";
  for (const part of text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean)) {
    const at = part.indexOf("=");
    if (at < 1) {
      if (!lists || !name) return undefined;
      found[name] += `, ${part}`;
    } else {
      name = part.slice(0, at).trim();
      found[name] = part.slice(at + 1).trim();
    }
  }
  return found;
}

/** @param {Record<string, string>} pairs */
function written(pairs) {
  return Object.entries(pairs).map(([name, value]) => `${name}=${value}`).join(", ");
}

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (document.getElementById(`target-${name}`));
}

/** @param {string} name */
function hint(name) {
  return /** @type {HTMLElement} */ (document.getElementById(`target-${name}-hint`));
}

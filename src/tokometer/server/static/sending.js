// @ts-check
// Sending what somebody has made, and saying what is wrong with it.

/** @typedef {{where?: string, field?: string, reason: string}} Wrong */

/**
 * @param {string} method @param {string} path @param {unknown} [body] an object, or text as it is
 * @returns {Promise<{wrong?: Wrong, said?: any}>} the answer, or what is wrong with what was sent
 */
export async function send(method, path, body) {
  try {
    const kind = typeof body === "string" ? "application/toml" : "application/json";
    const content = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(path, { method, headers: { "Content-Type": kind }, body: content });
    const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (answer.ok) return { said };
    const { detail } = said;
    if (detail && typeof detail === "object" && !Array.isArray(detail)) return { wrong: detail };
    return { wrong: { reason: typeof detail === "string" ? detail : `the server answered ${answer.status}` } };
  } catch {
    return { wrong: { reason: "the server does not answer" } };
  }
}

/** What is wrong, as a sentence. @param {Wrong} wrong */
export function sentence({ where, field, reason }) {
  const said = [where, field].filter(Boolean).join(", ");
  const text = said ? `${said}: ${reason}` : reason;
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

/**
 * An element with attributes and what is in it.
 * @param {string} tag @param {Record<string, string | boolean>} [attributes] @param {(Node | string)[]} inner
 */
export function make(tag, attributes = {}, ...inner) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...inner);
  return element;
}

// @ts-check
// The viewer's time zone, by the name that it has today: browsers go on naming some as they were named long ago.

/** @type {Record<string, string>} */
const TODAY = {
  "Africa/Asmera": "Africa/Asmara", "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Godthab": "America/Nuuk", "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv", "Pacific/Enderbury": "Pacific/Kanton", "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};
const UTC = ["UTC", "Etc/UTC", "Etc/GMT", "GMT"];

/** @param {string} name */
const today = (name) => (UTC.includes(name) ? "UTC" : TODAY[name] ?? name);

export const own = today(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

/**
 * A time of day, to the second.
 * @param {number | Date} time
 * @param {string} timeZone
 */
export function clock(time, timeZone) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone }).format(time);
}

/** All that can be chosen. @returns {string[]} */
export const zones = () => ["UTC", ...new Set(Intl.supportedValuesOf("timeZone").map(today))];

/**
 * The zone that somebody means, and what to say where there is none of that name.
 * @param {string} text
 * @returns {{zone: string, problem: string}}
 */
export function zoneOf(text) {
  const wanted = text.trim();
  try {
    return { zone: today(Intl.DateTimeFormat("en", { timeZone: wanted }).resolvedOptions().timeZone), problem: "" };
  } catch {
    const near = zones().find((name) => wanted && name.toLowerCase().includes(wanted.toLowerCase().replaceAll(" ", "_")));
    return { zone: "", problem: `“${wanted}” is no time zone${near ? `; did you mean ${near}?` : ", such as Europe/Berlin."}` };
  }
}

// The texts of scripts: English message ids, translated by the JSON that the page carries (app/web/catalogue.py).

const texts = JSON.parse(document.getElementById("script-texts")?.textContent ?? "{}");
const messages = texts.messages ?? {};
const category = new Intl.PluralRules(texts.language ?? "en");

export const language = texts.language ?? "en";
/** The organisation's time zone, an IANA name. */
export const zone = texts.zone ?? "UTC";

const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);

/** The translation of `message`, with `%(name)s` filled in from `values`. */
export function t(message, values = {}) {
  return filled(messages[message] ?? message, values);
}

/** The form that belongs to `count`; `%(num)s` stands for the count. */
export function tn(singular, plural, count, values = {}) {
  const form = texts.plurals?.[category.select(count)] ?? (count === 1 ? 0 : 1);
  const text = messages[singular]?.[form] ?? (count === 1 ? singular : plural);
  return filled(text, { num: new Intl.NumberFormat(language).format(count), ...values });
}

/** Hours and minutes of a moment (Date or ISO 8601) in the organisation's time zone. */
export function clockTime(moment, seconds = false) {
  const form = { hour: "2-digit", minute: "2-digit", timeZone: zone, ...(seconds && { second: "2-digit" }) };
  return new Intl.DateTimeFormat(language, form).format(new Date(moment));
}

/** Day, month, hours and minutes of a moment in the organisation's time zone. */
export function dayAndTime(moment) {
  const form = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat(language, form).format(new Date(moment));
}

/** `0:42`, `12:05`, `1:02:07`. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// The line's time on this workstation, whose own clock may be wrong, and times of the organisation's zone.

import { zone } from "../i18n.js";

let ahead = 0;

/** `moment` is the server's now, ISO 8601. */
export function setNow(moment) {
  ahead = Date.parse(moment) - Date.now();
}

export const now = () => Date.now() + ahead;

/** Seconds since a moment, not below 0. */
export const since = (moment) => Math.max(0, (now() - Date.parse(moment)) / 1000);

/** Seconds until a moment, negative afterwards. */
export const until = (moment) => (Date.parse(moment) - now()) / 1000;

const tasks = new Set();

/** Do it now and then twice a second, so that no timer skips a number. */
export function ticking(task) {
  tasks.add(task);
  task();
}

setInterval(() => tasks.forEach((task) => task()), 500);

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

/** A moment as `datetime-local` has it: `2026-11-22T15:30` in the organisation's zone. */
export function toField(moment) {
  const found = Object.fromEntries(parts.formatToParts(new Date(moment)).map((part) => [part.type, part.value]));
  return `${found.year}-${found.month}-${found.day}T${found.hour}:${found.minute}`;
}

/** The moment (ISO 8601, UTC) of a `datetime-local` value in the organisation's zone; "" when there is none. */
export function fromField(value) {
  const wall = Date.parse(`${value}Z`);
  if (Number.isNaN(wall)) return "";
  const offset = (at) => Date.parse(`${toField(at)}Z`) - Math.floor(at / 60000) * 60000;
  // Twice, because the offset of the guess may not be that of the moment itself on the day clocks change.
  const guess = wall - offset(wall);
  return new Date(wall - offset(guess)).toISOString();
}

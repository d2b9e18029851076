// The panel's words for what the line names by codes.

import { clockTime, dayAndTime, t, zone } from "../i18n.js";
import { now } from "./clock.js";
import { situation } from "./situation.js";

export const presenceName = (presence) =>
  ({
    away: t("Away"),
    break: t("On a break"),
    ready: t("Ready"),
    offered: t("A call rings"),
    busy: t("In a call"),
    wrap_up: t("Wrapping up"),
  })[presence] ?? presence;

export const breakReasons = () => [
  { why: "lunch", name: t("Lunch") },
  { why: "rest", name: t("Short rest") },
  { why: "paperwork", name: t("Paperwork") },
  { why: "meeting", name: t("Meeting or training") },
  { why: "technical", name: t("Technical trouble") },
];

/** Why the line itself, or the operator, made it a break. */
export const breakReason = (why) =>
  ({
    no_answer: t("A call was not taken"),
    unreachable: t("Your telephone could not be reached"),
    no_sound: t("The browser's sound was lost"),
    lost: t("The connection with your telephone was lost"),
    ...Object.fromEntries(breakReasons().map((reason) => [reason.why, reason.name])),
  })[why] ?? "";

export function phaseName(view) {
  const { call } = view;
  if (situation(view) === "wraps") return call.phase === "survey" ? t("The caller rates the consultation") : t("The conversation is over");
  return (
    {
      offered: t("Incoming call"),
      talking: t("Conversation"),
      held: t("On hold"),
      transferring: t("Transferring"),
      dialling: t("Dialling"),
    }[call.phase] ?? t("Call")
  );
}

export const endedBy = (call) =>
  ({ caller: t("The caller hung up"), operator: t("You hung up"), line: t("The line ended the call") })[
    call.ended_by
  ] ?? "";

export const refusal = (code) =>
  ({
    transfer_limit: t("No more than two transfers are allowed within one call: promise to call back instead."),
    tell_first: t("Tell the caller about the transfer first."),
    target_not_free: t("This colleague is not free now."),
    reason_needed: t("Give a reason for ending the call before the farewell."),
    not_now: t("This is not possible at this point of the call."),
    busy: t("You are in a call."),
    training_lapsed: t("Your training for the line is missing or has lapsed: ask your manager."),
    closed_promise: t("This promise is already closed."),
    unknown_promise: t("There is no such promise."),
    unknown_article: t("There is no such article any more: search again."),
  })[code];

/** A command that was not carried out, in words. */
export function whyNot(error) {
  if (error.kind === "refused") return refusal(error.code) ?? t("The rules of the line do not allow this at the moment.");
  if (error.kind === "bad_input") return badInput(error).text;
  return t("The line did not answer. Try once more.");
}

/** What of a form was wrong: the field (number, asked, due_at or "") and the words at it. */
export function badInput({ code, message }) {
  const known = {
    number: ["number", t("This number cannot be called: check the digits, for example +7 927 123-45-67.")],
    asked_empty: ["asked", t("Write what the caller wants to know.")],
    due_past: ["due_at", t("The term lies in the past: choose a later time.")],
    due_outside_hours: ["due_at", t("The term lies outside working hours: choose a working time.")],
    too_long: ["", t("The text is too long: shorten it.")],
    hold_range: ["", t("The time of return lies between 5 seconds and 30 minutes.")],
    no_sound: ["", t("There is no sound: connect the browser's sound, or answer on your telephone.")],
    phone_gone: ["", t("Your telephone is not registered at the line: see that it is on. It registers within two minutes.")],
    no_phone: ["", t("Your telephone is not set: write its address in the settings.")],
    why_empty: ["", t("Write why the promise is closed without a call.")],
  }[code];
  return known ? { field: known[0], text: known[1] } : { field: "", text: message };
}

const dayOf = (moment) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date(moment));

/** A moment: only the time when it is today. */
export function moment(at) {
  return dayOf(at) === dayOf(now()) ? t("today, %(time)s", { time: clockTime(at) }) : dayAndTime(at);
}

const DUE_SOON_MS = 3600_000;

/** How a promise stands at this moment: the line tells it with changes, and time passes without any. */
export function standing(promise) {
  const left = Date.parse(promise.due_at) - now();
  return left < 0 ? "overdue" : left < DUE_SOON_MS ? "due" : "waiting";
}

export const numberOf = (call) => call.number_shown || call.number || t("Number withheld");

// The form of a promise to call back (L11): number, what was asked, term, convenient time; errors at the field.

import { byId, set, setText, show } from "./dom.js";
import { fromField, now, toField } from "./clock.js";
import { t } from "../i18n.js";
import { badInput, moment, whyNot } from "./words.js";

const FIELDS = ["number", "asked", "due_at", "interval"];
const field = (name) => byId(`promise-${name}`);

export function mountPromiseForm(panel) {
  const { store, sheets } = panel;
  let proposed = "";
  let forCall = "";

  const begin = () => {
    const { call, line } = store.view;
    forCall = call?.id ?? "";
    field("number").value = call?.number_shown || call?.number || "";
    field("asked").value = call?.need ?? "";
    field("interval").value = "";
    proposed = line?.promise_due ? toField(line.promise_due) : "";
    field("due_at").value = proposed;
    setText(byId("promise-due-hint"), line?.promise_due ? dueWords(call, moment(line.promise_due)) : "");
    clear();
  };
  const said = byId("promise-said");
  const proposeSaid = () => {
    const { number_said: heard } = store.view.call ?? {};
    show(said, Boolean(heard));
    setText(said, heard ? t("From the talk: %(number)s", { number: heard.number_shown }) : "");
    said.dataset.number = heard?.number_shown ?? "";
  };
  // What was typed stays until somebody presses.
  said.addEventListener("click", () => {
    field("number").value = said.dataset.number;
    wrong("number", "");
    field("number").focus();
  });
  store.on(["call"], proposeSaid);
  for (const name of ["number", "asked", "due_at"]) field(name).addEventListener("input", () => wrong(name, ""));
  byId("promise-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    if (!check()) return;
    const due = field("due_at").value;
    const values = Object.fromEntries(FIELDS.map((name) => [name, field(name).value.trim()]));
    try {
      // The proposed term is left to the line, which counts it anew in working time.
      await panel.ask("promise", { ...values, due_at: due === proposed ? "" : fromField(due) });
    } catch (error) {
      return tellWrong(error);
    }
    forCall = "";
    sheets.close();
    panel.notices.good(t("The promise is written down."));
    panel.tabs.choose("promises");
  });
  return {
    /** Open the form; `why` says what led to it. What was typed for this call before is still there. */
    open(why = "") {
      if (forCall !== (store.view.call?.id ?? "")) begin();
      show(byId("promise-why"), Boolean(why));
      setText(byId("promise-why-words"), why);
      sheets.open("promise", field(field("asked").value ? "number" : "asked"));
    },
  };
}

const dueWords = (call, time) =>
  call?.internal ? t("Proposed for a colleague, by the end of the working day: %(time)s", { time }) : t("Proposed by working hours: %(time)s", { time });

function check() {
  const due = field("due_at").value;
  const found = [
    [field("number").value.trim() === "", "number", t("Write the number.")],
    [field("asked").value.trim() === "", "asked", t("Write what the caller wants to know.")],
    [due === "", "due_at", t("Choose the term of the answer.")],
    [due !== "" && Date.parse(fromField(due)) <= now(), "due_at", t("The term lies in the past: choose a later time.")],
  ].filter(([is]) => is);
  found.forEach(([, name, words]) => wrong(name, words));
  if (found.length) field(found[0][1]).focus();
  return found.length === 0;
}

function tellWrong(error) {
  const bad = error.kind === "bad_input" ? badInput(error) : { field: "", text: whyNot(error) };
  if (!bad.field) return setText(byId("promise-error"), bad.text);
  wrong(bad.field, bad.text);
  return field(bad.field).focus();
}

function clear() {
  ["number", "asked", "due_at"].forEach((name) => wrong(name, ""));
  setText(byId("promise-error"), "");
}

function wrong(name, words) {
  setText(byId(`promise-${name}-error`), words);
  set(field(name), "aria-invalid", words ? "true" : null);
}

// A call that is to be made because an application is incomplete (labour 8, heritage 3.4): number, what is missing, questions.

import { byId, set, setText } from "./dom.js";
import { t } from "../i18n.js";
import { badInput, whyNot } from "./words.js";

const field = (name) => byId(`clarify-${name}`);

export function mountClarification(panel) {
  byId("clarify-begin").addEventListener("click", () => panel.sheets.open("clarify", field("number")));
  for (const name of ["number", "asked"]) field(name).addEventListener("input", () => wrong(name, ""));
  byId("clarify-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!check()) return;
    const values = Object.fromEntries(["number", "asked", "questions"].map((name) => [name, field(name).value.trim()]));
    try {
      await panel.ask("clarify", values);
    } catch (error) {
      return tellWrong(error);
    }
    byId("clarify-form").reset();
    panel.sheets.close();
    panel.notices.good(t("The clarification is planned."));
  });
}

function check() {
  setText(byId("clarify-error"), "");
  const empty = [
    ["number", t("Write the number.")],
    ["asked", t("Write what is missing or wrong.")],
  ].filter(([name]) => !field(name).value.trim());
  empty.forEach(([name, words]) => wrong(name, words));
  if (empty.length) field(empty[0][0]).focus();
  return empty.length === 0;
}

function tellWrong(error) {
  const bad = error.kind === "bad_input" ? badInput(error) : { field: "", text: whyNot(error) };
  if (!["number", "asked"].includes(bad.field)) return setText(byId("clarify-error"), bad.text);
  wrong(bad.field, bad.text);
  return field(bad.field).focus();
}

function wrong(name, words) {
  setText(byId(`clarify-${name}-error`), words);
  set(field(name), "aria-invalid", words ? "true" : null);
}

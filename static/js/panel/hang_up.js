// Hanging up (L14): after the farewell at once; before it the line wants a reason, and this asks for it.

import { byId, el, set, setText } from "./dom.js";
import { t } from "../i18n.js";
import { situation } from "./situation.js";
import { whyNot } from "./words.js";

export function mountHangUp(panel) {
  const { store, sheets } = panel;
  const other = byId("hang-up-reason");
  const reasons = [
    t("The caller does not answer"),
    t("The connection is too bad to talk"),
    t("The caller asked to end the call"),
    t("Insults or threats"),
    t("Wrong number"),
  ];
  const hangUp = async (reason) => {
    try {
      await panel.ask("hang_up", { reason });
      sheets.close();
    } catch (error) {
      if (error.code === "reason_needed" && !sheets.is("hang-up")) ask();
      else if (sheets.is("hang-up")) wrong(whyNot(error));
      else panel.notices.bad(whyNot(error));
    }
  };
  const ask = () => {
    other.value = "";
    wrong("");
    sheets.open("hang-up");
  };
  const wrong = (words) => {
    setText(byId("hang-up-error"), words);
    set(other, "aria-invalid", words ? "true" : null);
  };
  for (const reason of reasons) {
    byId("hang-up-reasons").append(el("button", { type: "button", class: "button", text: reason, on: { click: () => hangUp(reason) } }));
  }
  byId("hang-up-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = other.value.trim();
    if (!reason) {
      wrong(t("Choose a reason or write it."));
      other.focus();
    } else hangUp(reason);
  });
  store.on(["call", "me"], (view) => {
    if (sheets.is("hang-up") && !["talks", "dials"].includes(situation(view))) sheets.close();
  });
  return { run: () => hangUp("") };
}

// Hold (L10): ask the caller to stay on the line, name the time of return.

import { byId, el, setText } from "./dom.js";
import { t, tn } from "../i18n.js";
import { situation } from "./situation.js";

const CHOICES_S = [30, 60, 120, 180, 300];
const USUAL_S = 60;

const named = (seconds) =>
  seconds < 60 ? tn("%(num)s second", "%(num)s seconds", seconds) : tn("%(num)s minute", "%(num)s minutes", seconds / 60);

export function mountHold(panel) {
  const { store, sheets } = panel;
  const phrase = (seconds) => {
    const name = store.view.call?.caller_name;
    const ask = t("Please stay on the line: I shall clarify the information and return in %(time)s.", { time: named(seconds) });
    setText(byId("hold-phrase"), name ? `${name}, ${ask.charAt(0).toLowerCase()}${ask.slice(1)}` : ask);
  };
  panel.hold = {
    open() {
      phrase(USUAL_S);
      sheets.open("hold", byId("hold-choices").querySelector(".button-primary"));
    },
  };
  for (const seconds of CHOICES_S) {
    const look = seconds === USUAL_S ? "button button-primary" : "button";
    const run = async () => {
      sheets.close();
      await panel.tell("hold", { return_in_s: seconds });
    };
    // The phrase to read names the time that is about to be chosen.
    const on = { click: run, focus: () => phrase(seconds), pointerenter: () => phrase(seconds) };
    byId("hold-choices").append(el("button", { type: "button", class: look, text: named(seconds), "data-seconds": seconds, on }));
  }
  store.on(["call", "me"], (view) => {
    const canHold = situation(view) === "talks" && view.call.phase === "talking";
    if (sheets.is("hold") && !canHold) sheets.close();
  });
}

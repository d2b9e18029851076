// Hold (L10): ask the caller to stay on the line, name the time of return.

import { byId, el, keyed, set, setText } from "./dom.js";
import { t, tn } from "../i18n.js";
import { situation } from "./situation.js";
import { stageOf } from "./stages.js";

const CHOICES_S = [30, 60, 120, 180, 300];

const named = (seconds) =>
  seconds < 60 ? tn("%(num)s second", "%(num)s seconds", seconds) : tn("%(num)s minute", "%(num)s minutes", Math.round(seconds / 60));

export function mountHold(panel) {
  const { store, sheets } = panel;
  const choices = byId("hold-choices");
  const phrase = (seconds) => setText(byId("hold-phrase"), words(store.view, seconds));
  const draw = (usual) => {
    const offered = [...new Set([...CHOICES_S, usual])].sort((a, b) => a - b);
    keyed(choices, offered, (seconds) => seconds, makeChoice, (button, seconds) => set(button, "class", seconds === usual ? "button button-primary" : "button"));
  };
  const makeChoice = (seconds) => {
    const run = async () => {
      sheets.close();
      await panel.tell("hold", { return_in_s: seconds });
    };
    // The phrase to read names the time that is about to be chosen.
    const on = { click: run, focus: () => phrase(seconds), pointerenter: () => phrase(seconds) };
    return el("button", { type: "button", text: named(seconds), "data-seconds": seconds, on });
  };
  panel.hold = {
    open() {
      const usual = store.view.call.hold_s;
      draw(usual);
      phrase(usual);
      sheets.open("hold", choices.querySelector(".button-primary"));
    },
  };
  store.on(["call", "me"], (view) => {
    const canHold = situation(view) === "talks" && view.call.phase === "talking";
    if (sheets.is("hold") && !canHold) sheets.close();
  });
}

const TIME = /\d+ (?:секунд|минут)[а-я]*/;

/** The organisation's own words where its script has some that name the time of return. */
function words({ call, script }, seconds) {
  const phrases = stageOf(script, "hold")?.phrases ?? [];
  const own = phrases.flatMap((phrase) => [phrase.text, ...phrase.others]).find((text) => TIME.test(text));
  if (own) return own.replace(TIME, named(seconds));
  const ask = t("Please stay on the line: I shall clarify the information and return in %(time)s.", { time: named(seconds) });
  return call.caller_name ? `${call.caller_name}, ${ask.charAt(0).toLowerCase()}${ask.slice(1)}` : ask;
}

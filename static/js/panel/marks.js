// Marks beside the call's state: the conversation is recorded, somebody is hard to hear, a quiet hint about one's own
// speech.

import { byId, el, icon, show } from "./dom.js";
import { t } from "../i18n.js";

const HINT_STAYS_MS = 20000;

export function mountMarks({ store }) {
  let past = "";
  let timer = 0;
  const draw = ({ call, hint }) => {
    show(byId("call-recorded"), Boolean(call?.recorded));
    byId("call-marks").replaceChildren(...marks(call, hint?.id === past ? null : hint));
  };
  store.on(["call", "hint"], draw);
  store.on(["hint"], ({ hint }) => {
    clearTimeout(timer);
    if (!hint || hint.id === past) return;
    timer = setTimeout(() => {
      past = hint.id;
      draw(store.view);
    }, HINT_STAYS_MS);
  });
}

function marks(call, hint) {
  if (!call) return [];
  const { caller, own } = call.sound ?? {};
  return [
    caller === "poor" && badge(t("The caller is hard to hear")),
    own === "poor" && badge(t("Your own connection is poor")),
    hint && hinted(hint),
  ].filter(Boolean);
}

function hinted({ text, heard }) {
  const words = heard ? `${text} «${heard}»` : text;
  return el("span", { class: "badge call-hint" }, icon("info"), words);
}

const badge = (text) => el("span", { class: "badge badge-warn" }, icon("signal"), text);

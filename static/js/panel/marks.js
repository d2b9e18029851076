// Marks beside the call's state: the conversation is recorded, somebody is hard to hear.

import { byId, el, icon } from "./dom.js";
import { t } from "../i18n.js";

export function mountMarks({ store }) {
  store.on(["call"], ({ call }) => byId("call-marks").replaceChildren(...marks(call)));
}

function marks(call) {
  if (!call) return [];
  const { caller, own } = call.sound ?? {};
  return [
    call.recorded && badge("bad", "record", t("Being recorded")),
    caller === "poor" && badge("warn", "signal", t("The caller is hard to hear")),
    own === "poor" && badge("warn", "signal", t("Your own connection is poor")),
  ].filter(Boolean);
}

const badge = (tone, symbol, text) => el("span", { class: `badge badge-${tone}` }, icon(symbol), text);

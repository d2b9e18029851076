// Marks beside the call's state: the conversation is recorded, somebody is hard to hear.

import { byId, el, icon, keyed, show } from "./dom.js";
import { t } from "../i18n.js";

export function mountMarks({ store }) {
  store.on(["call"], ({ call }) => {
    show(byId("call-recorded"), Boolean(call?.recorded));
    // A mark that stays is not made anew, or a screen reader would say it with every change of the call.
    keyed(byId("call-marks"), marks(call), (words) => words, badge);
  });
}

function marks(call) {
  const { caller, own } = call?.sound ?? {};
  return [caller === "poor" && t("The caller is hard to hear"), own === "poor" && t("Your own connection is poor")].filter(Boolean);
}

const badge = (words) => el("span", { class: "badge badge-warn" }, icon("signal"), words);

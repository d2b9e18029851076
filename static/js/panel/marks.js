// Marks beside the call's state: the conversation is recorded, somebody is hard to hear.

import { byId, el, icon, show } from "./dom.js";
import { t } from "../i18n.js";

export function mountMarks({ store }) {
  store.on(["call"], ({ call }) => {
    show(byId("call-recorded"), Boolean(call?.recorded));
    byId("call-marks").replaceChildren(...marks(call));
  });
}

function marks(call) {
  if (!call) return [];
  const { caller, own } = call.sound ?? {};
  return [
    caller === "poor" && badge(t("The caller is hard to hear")),
    own === "poor" && badge(t("Your own connection is poor")),
  ].filter(Boolean);
}

const badge = (text) => el("span", { class: "badge badge-warn" }, icon("signal"), text);

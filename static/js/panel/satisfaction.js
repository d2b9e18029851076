// Whether the caller is satisfied with the answer (heritage 3.2.3), where the script asks for it.

import { byId, el, icon, set, show } from "./dom.js";
import { t } from "../i18n.js";

const buttons = new Map();

export function mountSatisfaction(panel) {
  for (const [satisfied, symbol, words] of [[true, "tick", t("Satisfied")], [false, "cross", t("Not, or only partly")]]) {
    const note = () => panel.tell("satisfied", { satisfied });
    const button = el("button", { type: "button", class: "button", "aria-pressed": "false", on: { click: note } }, icon(symbol), words);
    buttons.set(satisfied, button);
    byId("satisfaction-choices").append(button);
  }
}

export function drawSatisfaction(stage, call) {
  show(byId("satisfaction"), stage.fields.includes("satisfied"));
  for (const [satisfied, button] of buttons) set(button, "aria-pressed", String(call.satisfied === satisfied));
}

// A quiet hint about the operator's own speech (L6): under the talk, never red, gone by a press or by itself.

import { byId, el, icon } from "./dom.js";
import { t } from "../i18n.js";

const STAYS_MS = 20000;

export function mountHint({ store }) {
  const place = byId("hint");
  let shown = "";
  let timer = 0;
  const clear = () => {
    clearTimeout(timer);
    // Who has just pressed it away goes on in the conversation, not at the top of the page.
    if (place.contains(document.activeElement)) byId("talk-scroll").focus();
    place.replaceChildren();
  };
  store.on(["hint", "call"], ({ hint, call }) => {
    const id = call && hint ? hint.id : "";
    if (id === shown) return;
    shown = id;
    clear();
    if (!id) return;
    const shut = el("button", { type: "button", class: "notice-shut", "aria-label": t("Put the hint away"), on: { click: clear } }, icon("cross"));
    place.append(icon("info"), el("span", { class: "hint-words", text: hint.heard ? `${hint.text} «${hint.heard}»` : hint.text }), shut);
    timer = setTimeout(clear, STAYS_MS);
  });
}

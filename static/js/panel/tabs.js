// The tabs on the right: conversation, colleagues, promises.

import { byId, set, show } from "./dom.js";

const NAMES = ["transcript", "colleagues", "promises"];

export function mountTabs({ store }) {
  let call = null;
  const choose = (name, focus = false) => {
    for (const one of NAMES) {
      const tab = byId(`tab-${one}`);
      set(tab, "aria-selected", String(one === name));
      set(tab, "tabindex", one === name ? "0" : "-1");
      show(byId(`pane-${one}`), one === name);
      if (focus && one === name) tab.focus();
    }
  };
  NAMES.forEach((name, place) => {
    byId(`tab-${name}`).addEventListener("click", () => choose(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(NAMES[(place + step + NAMES.length) % NAMES.length], true);
    });
  });
  // A new call brings its words into sight; what the operator chooses during the call stays.
  store.on(["call"], (view) => {
    if (view.call?.id && view.call.id !== call) choose("transcript");
    call = view.call?.id ?? null;
  });
  return { choose };
}

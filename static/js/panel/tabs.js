// The tabs on the right: conversation, knowledge, colleagues, promises.

import { byId, set, show } from "./dom.js";

const NAMES = ["transcript", "knowledge", "colleagues", "promises"];

export function mountTabs({ store }) {
  let call = "none yet";
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
  // A call brings its words into sight, the time between calls what is promised; what the operator chooses stays.
  store.on(["call"], (view) => {
    const id = view.call?.id ?? "";
    if (id !== call) choose(id ? "transcript" : view.promises?.length ? "promises" : "colleagues");
    call = id;
  });
  return { choose };
}

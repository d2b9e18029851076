// Shortcuts: Ctrl+Shift and a letter (of the key, whatever the layout), shown on demand by ? or F1.

import { byId, el } from "./dom.js";
import { t } from "../i18n.js";
import { notifies, setNotify } from "./ring.js";

const TYPING = "input, textarea, select, [contenteditable]";

export function mountKeys(panel) {
  const { actions } = panel;
  const overlay = byId("keys");
  const open = () => !overlay.open && overlay.showModal();
  for (const action of actions.table) {
    const keys = el("dt", {}, ...["Ctrl", "Shift", action.key].map((key) => el("kbd", { text: key })));
    byId("keys-list").append(el("div", {}, keys, el("dd", { text: action.words({}) })));
  }
  byId("keys-list").append(el("div", {}, el("dt", {}, el("kbd", { text: "?" })), el("dd", { text: t("This list") })));
  byId("keys-button").addEventListener("click", open);
  byId("keys-close").addEventListener("click", () => overlay.close());
  overlay.addEventListener("click", (event) => event.target === overlay && overlay.close());
  byId("notify").checked = notifies();
  byId("notify").addEventListener("change", async () => {
    byId("notify").checked = await setNotify(byId("notify").checked);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "F1" || (event.key === "?" && !event.target.matches?.(TYPING))) {
      event.preventDefault();
      open();
      return;
    }
    if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return;
    // By the place of the key: the letter it gives depends on the layout, which at these desks is Russian.
    const action = actions.table.find((one) => event.code === `Key${one.key}`);
    if (!action) return;
    event.preventDefault();
    if (overlay.open) overlay.close();
    actions.run(action.name);
  });
}

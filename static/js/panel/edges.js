// Where the conversation can go from the stage: the main course big, the branches beside it, each with its act.

import { byId, el, icon, keyed, set, setIcon, setText } from "./dom.js";
import { t } from "../i18n.js";

const ICONS = {
  onward: "right",
  answered: "tick",
  unanswered: "question",
  look_up: "pause",
  back: "p-back",
  transfer: "transfer",
  promise: "p-promise",
  not_ours: "book",
  no_acting: "hand",
  agreed: "tick",
  later: "clock",
};

/** What the kind means, for those who do not see its icon. */
const kindName = (when) =>
  ({
    look_up: t("look up, the caller holds"),
    transfer: t("transfer"),
    promise: t("promise to call back"),
    not_ours: t("not ours"),
    no_acting: t("no acting for the caller"),
  })[when] ?? "";

/** Go along an edge: the stage opens, and where it is an act, its sheet. */
export async function go(panel, edge) {
  if (!edge || !(await panel.tell("open_stage", { stage: edge.to }))) return;
  const act = { look_up: "hold", transfer: "transfer", promise: "promise" }[edge.when];
  // Who holds already would be returned to by the same button.
  if (act && panel.store.view.call?.phase === "talking") panel.actions.run(act);
  if (edge.when === "not_ours") panel.referrals.open();
}

export function drawEdges(panel, stage) {
  keyed(
    byId("edges"),
    stage.next.map((edge, place) => ({ edge, main: place === 0 })),
    ({ edge }) => `${stage.id} ${edge.to} ${edge.when} ${edge.title}`,
    ({ edge }) => el("li", {}, el("button", { type: "button", on: { click: () => go(panel, edge) } }, icon(ICONS[edge.when]), el("span"), el("span", { class: "visually-hidden" }))),
    (item, { edge, main }) => {
      const [button] = item.children;
      set(item, "class", main ? "edge-main" : "edge");
      set(button, "class", main ? "button button-primary" : "button");
      set(button, "data-when", edge.when);
      set(button, "data-to", edge.to);
      setIcon(button.querySelector(".icon"), ICONS[edge.when]);
      setText(button.children[1], edge.title);
      const kind = kindName(edge.when);
      setText(button.children[2], kind ? `(${kind})` : "");
      button.disabled = panel.store.link !== "here";
    },
  );
}

// Transfer (L8, L9): tell the caller, choose who is free, and leave the third one to the line to refuse.

import { byId, el, keyed, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { drawPerson, inOrder, isFree, makePerson } from "./colleagues.js";
import { situation } from "./situation.js";
import { refusal, whyNot } from "./words.js";

export function mountTransfer(panel) {
  const { store, sheets } = panel;
  const told = byId("transfer-told");
  panel.transfer = {
    open() {
      setText(byId("transfer-error"), "");
      draw();
      sheets.open("transfer", told.checked ? null : told);
    },
  };
  const draw = () => {
    const { call, colleagues } = store.view;
    if (!call) return;
    const full = call.transfers >= call.max_transfers;
    told.checked = told.checked || call.told;
    setText(byId("transfer-phrase"), phrase(store.view));
    setText(byId("transfer-count"), t("transfers: %(made)s of %(most)s", { made: call.transfers, most: call.max_transfers }));
    set(byId("transfer-count"), "data-full", full);
    show(byId("transfer-limit"), full);
    keyed(byId("transfer-people"), inOrder(colleagues), (one) => one.login, (one) => makeChoice(one), (item, one) => {
      drawPerson(item.firstElementChild, one);
      item.firstElementChild.disabled = !told.checked || !isFree(one) || store.link !== "here";
    });
  };
  const makeChoice = ({ login }) => {
    const button = makePerson("button", { type: "button", class: "person person-choice" });
    button.addEventListener("click", () => transfer(login));
    return el("li", {}, button);
  };
  const transfer = async (login) => {
    try {
      await panel.ask("transfer", { to: login, told: true });
      sheets.close();
    } catch (error) {
      if (error.code === "transfer_limit") panel.promiseForm.open(refusal("transfer_limit"));
      else setText(byId("transfer-error"), whyNot(error));
    }
  };
  told.addEventListener("change", async () => {
    draw();
    if (told.checked && !store.view.call?.told) await panel.tell("told");
  });
  byId("transfer-to-promise").addEventListener("click", () => panel.promiseForm.open());
  let before = "";
  store.on(["call", "colleagues", "link", "me", "script"], (view) => {
    const call = `${view.call?.id} ${view.call?.transfers} ${view.call?.phase === "transferring"}`;
    // Told once is told for one transfer: after it, or in another call, it begins anew.
    if (call !== before) told.checked = false;
    before = call;
    if (sheets.is("transfer") && situation(view) !== "talks") sheets.close();
    draw();
  });
}

/** The organisation's own words where its script has a stage for it. */
function phrase({ call, script }) {
  const own = script?.stages.find((stage) => stage.id === "transfer")?.phrases[0]?.text;
  if (own) return own;
  const words = t("I shall connect you with a specialist who answers this question. Please stay on the line.");
  return call.caller_name ? `${call.caller_name}, ${words.charAt(0).toLowerCase()}${words.slice(1)}` : words;
}

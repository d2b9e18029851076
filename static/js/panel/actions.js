// What the operator can do, in one table: the bar's buttons, the shortcuts and their overlay are made of it.

import { t } from "../i18n.js";
import { situation } from "./situation.js";

const is =
  (...situations) =>
  (view) =>
    situations.includes(situation(view));

/** Each action: `name`, `words(view)`, `says(view)` where the words are too short to be heard alone, `icon(view)`, `key` (a letter, with Ctrl+Shift), `can(view)`, `run()`, and
    where it stands: `bar` (the call's bar) and how it looks there (`look(view)`). */
export function mountActions(panel) {
  const { store, tell, sheets, phone } = panel;
  const view = () => store.view;
  const table = [
    {
      name: "accept",
      words: () => t("Accept"),
      icon: () => "phone",
      key: "Y",
      // On a telephone the call is answered by lifting it.
      can: (now) => situation(now) === "rings" && now.me.device !== "phone",
      run: () => {
        phone.wake();
        return tell("accept");
      },
    },
    { name: "decline", words: () => t("Decline"), icon: () => "hang-up", key: "X", can: is("rings"), run: () => tell("decline") },
    {
      name: "hold",
      bar: true,
      words: (now) => (now.call?.phase === "held" ? t("Return") : t("Hold")),
      icon: (now) => (now.call?.phase === "held" ? "play" : "pause"),
      look: (now) => (now.call?.phase === "held" ? "primary" : ""),
      key: "E",
      can: is("talks"),
      run: () => (view().call.phase === "held" ? tell("resume") : panel.hold.open()),
    },
    {
      name: "mute",
      bar: true,
      words: () => t("Microphone"),
      says: () => (phone.muted ? t("Switch the microphone on") : t("Switch the microphone off")),
      icon: () => (phone.muted ? "microphone-off" : "microphone"),
      look: () => (phone.muted ? "danger" : ""),
      key: "M",
      can: (now) => is("talks", "leads", "dials")(now) && phone.canMute,
      run: () => phone.toggleMute(),
    },
    {
      name: "transfer",
      bar: true,
      words: () => t("Transfer"),
      icon: () => "transfer",
      key: "F",
      can: is("talks"),
      run: () => panel.transfer.open(),
    },
    {
      name: "take_back",
      bar: true,
      words: () => t("Take back"),
      icon: () => "p-back",
      look: () => "primary",
      key: "B",
      can: is("leads"),
      run: () => tell("take_back"),
    },
    {
      name: "promise",
      bar: true,
      words: () => t("Promise"),
      icon: () => "p-promise",
      key: "L",
      can: is("talks", "wraps"),
      run: () => panel.promiseForm.open(),
    },
    {
      name: "to_survey",
      bar: true,
      words: () => t("To the rating"),
      icon: () => "p-survey",
      look: (now) => (now.call?.farewell_done ? "primary" : ""),
      key: "S",
      can: (now) => situation(now) === "talks" && now.call.direction === "incoming",
      run: () => tell("to_survey"),
    },
    {
      name: "hang_up",
      bar: true,
      words: () => t("End"),
      icon: () => "hang-up",
      look: () => "danger",
      key: "H",
      can: is("talks", "dials"),
      run: () => panel.hangUp.run(),
    },
    { name: "go_on", words: () => t("Next stage"), key: "D", can: (now) => is("talks")(now) && panel.script.canGoOn(), run: () => panel.script.goOn() },
    { name: "other_words", words: () => t("In other words"), key: "O", can: is("rings", "talks", "dials"), run: () => panel.script.otherWords() },
    { name: "knowledge", words: () => t("Search the knowledge base"), key: "K", can: (now) => situation(now) !== "connecting", run: () => panel.knowledge.seek() },
    { name: "referrals", words: () => t("Whom else to ask"), key: "A", can: is("talks", "wraps"), run: () => panel.referrals.open() },
    {
      name: "ready",
      words: () => t("Ready"),
      icon: () => "tick",
      key: "U",
      can: (now) => ["away", "break", "wrap_up"].includes(now.me?.presence),
      run: async () => {
        phone.wake();
        await panel.drafts.flush();
        return tell("ready", { device: panel.device() });
      },
    },
    {
      name: "break",
      words: () => t("Break"),
      icon: () => "pause",
      key: "G",
      can: (now) => ["away", "ready", "wrap_up"].includes(now.me?.presence),
      run: () => panel.openBreak(),
    },
  ];
  return {
    table,
    find: (name) => table.find((action) => action.name === name),
    /** Run the action if it can be run now; whether it could. */
    run(name) {
      const action = table.find((one) => one.name === name);
      if (store.link !== "here" || !action?.can(view())) return false;
      if (["accept", "take_back"].includes(name)) sheets.close();
      action.run();
      return true;
    },
  };
}

// The screen pop: who calls, how long already, and two buttons.

import { el, byId, icon, setText, show } from "./dom.js";
import { since, ticking } from "./clock.js";
import { duration, t } from "../i18n.js";
import { Ring } from "./ring.js";
import { situation } from "./situation.js";
import { numberOf } from "./words.js";

export function mountPop(panel) {
  const { store, actions } = panel;
  const pop = byId("pop");
  const ring = new Ring();
  let ringing = "";
  makeButtons(actions);
  store.on(["call", "link"], ({ call }) => {
    const rings = situation(store.view) === "rings" ? call : null;
    show(pop, Boolean(rings));
    document.body.classList.toggle("ringing", Boolean(rings));
    for (const button of byId("pop-actions").children) button.disabled = store.link !== "here";
    show(byId("pop-accept"), store.view.me?.device !== "phone");
    if (rings) fill(rings, store.view.me.device);
    if ((rings?.id ?? "") === ringing) return;
    ringing = rings?.id ?? "";
    if (!rings) return ring.stop();
    ring.start(numberOf(rings));
    setText(byId("alert"), t("Incoming call: %(number)s", { number: numberOf(rings) }));
    // Who is typing keeps the focus: a pop must not swallow words, nor take a space for an answer.
    if (!/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) byId("pop-accept").focus({ preventScroll: true });
  });
  ticking(() => {
    const { call } = store.view;
    if (call && ringing === call.id && call.arrived_at) setText(byId("pop-waits"), duration(since(call.arrived_at)));
  });
}

function makeButtons(actions) {
  for (const [name, look] of [["accept", "button pop-accept"], ["decline", "button pop-decline"]]) {
    const action = actions.find(name);
    const run = () => actions.run(name);
    const keys = el("kbd", { text: `Ctrl+Shift+${action.key}` });
    const button = el("button", { type: "button", id: `pop-${name}`, class: look, on: { click: run } });
    button.append(icon(action.icon({})), el("span", { text: action.words({}) }), keys);
    byId("pop-actions").append(button);
  }
}

function fill(call, device) {
  const from = call.phase === "transferring" ? call.operator_name : "";
  const title = from ? t("Transfer from %(name)s", { name: from }) : call.internal ? t("Internal call") : t("Incoming call");
  setText(byId("pop-title"), device === "phone" ? t("%(title)s: answer on your telephone", { title }) : title);
  setText(byId("pop-number"), numberOf(call));
  setText(byId("pop-about"), [call.caller_name, call.need].filter(Boolean).join(" · "));
  const facts = [
    [t("Waits"), el("span", { id: "pop-waits", text: call.arrived_at ? duration(since(call.arrived_at)) : "" })],
    [t("Unit"), call.unit],
    [t("Notes of the colleague"), from ? call.notes : ""],
  ].filter(([, value]) => value);
  byId("pop-facts").replaceChildren(
    ...facts.map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", {}, value))),
  );
}

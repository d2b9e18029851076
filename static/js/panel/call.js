// The call's bar: its state, its three timers, its buttons, and the hold's countdown.

import { el, byId, icon, keyed, set, setIcon, setText, show } from "./dom.js";
import { since, ticking, until } from "./clock.js";
import { duration, t } from "../i18n.js";
import { chime } from "./ring.js";
import { situation } from "./situation.js";
import { numberOf, phaseName } from "./words.js";

const WARN_BEFORE_S = 10;
const ICONS = { held: "pause", offered: "phone-in", dialling: "phone-out", transferring: "transfer", survey: "p-survey" };

export function mountCallBar(panel) {
  const { store, phone } = panel;
  const draw = () => {
    drawState(store.view, phone);
    drawButtons(panel);
  };
  store.on(["call", "me", "link", "line"], draw);
  phone.onChange(draw);
  ticking(() => drawTimers(store.view));
  mountHoldLine(store);
}

function drawState(view, phone) {
  const { call, me } = view;
  const bar = byId("call-bar");
  const stands = situation(view);
  const muted = phone.muted && ["talks", "leads", "dials"].includes(stands);
  set(bar, "data-phase", !call ? "idle" : stands === "wraps" ? "ended" : call.phase);
  set(bar, "data-muted", muted);
  setIcon(byId("call-icon").querySelector(".icon"), muted ? "microphone-off" : (call && ICONS[call.phase]) || (call ? "phone" : "headset"));
  const name = call ? phaseName(view) : idlePhase(me);
  setText(byId("call-phase"), muted ? t("%(phase)s, the microphone is off", { phase: name }) : name);
  setText(byId("call-who"), call ? who(call) : "");
  show(byId("timers"), Boolean(call));
  setText(byId("timer-phase-name"), stands === "wraps" ? t("Wrap-up") : t("This state"));
  drawTransfers(call, stands);
}

function idlePhase(me) {
  if (!me) return t("Connecting");
  return me.presence === "ready" ? t("Waiting for a call") : t("No call");
}

function who(call) {
  if (call.role === "source" && call.target_name) return t("Connecting with %(name)s", { name: call.target_name });
  return call.caller_name || numberOf(call);
}

function drawTransfers(call, stands) {
  const place = byId("transfers");
  const shown = call?.direction === "incoming" && ["talks", "leads"].includes(stands);
  show(place, shown);
  if (!shown) return;
  setText(byId("transfers-made"), t("%(made)s of %(most)s", { made: call.transfers, most: call.max_transfers }));
  set(place, "data-full", call.transfers >= call.max_transfers);
}

function drawTimers({ call, me }) {
  if (!call) return;
  const ended = call.ended_at ? Date.parse(call.ended_at) : null;
  const asked = (from) => (ended ? Math.max(0, (ended - Date.parse(from)) / 1000) : since(from));
  const waits = !call.answered_at && call.arrived_at;
  setText(byId("timer-waited"), duration(waits ? asked(call.arrived_at) : (call.waited_s ?? 0)));
  const state = me?.presence === "wrap_up" ? me.since : call.phase_since;
  setText(byId("timer-phase"), state ? duration(since(state)) : "");
  setText(byId("timer-call"), call.arrived_at ? duration(asked(call.arrived_at)) : "");
}

function drawButtons(panel) {
  const { actions, store } = panel;
  const shown = actions.table.filter((one) => one.bar && one.can(store.view));
  keyed(byId("call-actions"), shown, (one) => one.name, (one) => makeButton(one, actions), (button, one) => {
    set(button, "class", `button call-action ${one.look?.(store.view) ? `button-${one.look(store.view)}` : ""}`.trim());
    setIcon(button.querySelector(".icon"), one.icon(store.view));
    setText(button.querySelector("span"), one.words(store.view));
    const says = one.says?.(store.view);
    set(button, "aria-label", says);
    set(button, "title", [says, `Ctrl+Shift+${one.key}`].filter(Boolean).join(" · "));
    button.disabled = store.link !== "here" || !one.can(store.view);
  });
}

function makeButton(action, actions) {
  const run = () => actions.run(action.name);
  return el("button", { type: "button", "data-action": action.name, on: { click: run } }, icon(action.icon({})), el("span"));
}

function mountHoldLine(store) {
  let warned = "";
  ticking(() => {
    const hold = store.view.call?.phase === "held" ? store.view.call.hold : null;
    show(byId("hold-line"), Boolean(hold));
    if (!hold) return;
    const ends = new Date(Date.parse(hold.since) + hold.return_in_s * 1000).toISOString();
    const left = until(ends);
    const look = left < 0 ? "over" : left <= WARN_BEFORE_S ? "soon" : "calm";
    set(byId("call-bar"), "data-hold", look);
    byId("hold-fill").style.setProperty("--left", String(Math.max(0, Math.min(1, left / hold.return_in_s))));
    setText(byId("hold-words"), holdWords(hold, left));
    const warning = `${hold.since} ${look}`;
    if (look !== "calm" && warned !== warning) {
      warned = warning;
      chime();
      setText(byId("alert"), look === "soon" ? t("Return to the caller: the promised time is running out") : t("The promised time has passed: return to the caller"));
    }
  });
  store.on(["call"], ({ call }) => call?.phase !== "held" && set(byId("call-bar"), "data-hold", null));
}

function holdWords(hold, left) {
  const held = duration(since(hold.since));
  if (left < 0) return t("On hold %(held)s. The promised time passed %(over)s ago", { held, over: duration(-left) });
  return t("On hold %(held)s. Promised to return in %(left)s", { held, left: duration(left) });
}

// Between calls: what the operator can do now, calling out, and what was promised for today.

import { byId, el, icon, keyed, set, setIcon, setText, show } from "./dom.js";
import { dayAndTime, t } from "../i18n.js";
import { situation } from "./situation.js";
import { badInput, breakReason, moment, standing, whyNot } from "./words.js";

const SHOWN_PROMISES = 4;

export function mountIdle(panel) {
  const { store } = panel;
  const ready = el("button", { type: "button", class: "button button-primary idle-ready", on: { click: () => panel.actions.run("ready") } });
  ready.append(icon("tick"), t("Ready to take calls"));
  byId("idle-actions").append(ready);
  store.on(["me", "line", "call", "link"], (view) => {
    const idle = ["idle", "connecting"].includes(situation(view));
    show(byId("idle-stage"), idle);
    if (idle && view.me) draw(view, ready);
  });
  store.on(["promises"], ({ promises }) => drawPromises(panel, promises ?? []));
  mountDialling(panel);
}

function draw({ me, line }, ready) {
  const isReady = me.presence === "ready" || me.presence === "offered";
  const deaf = isReady && me.device === "browser" && !me.audio?.connected;
  set(byId("idle-stage"), "data-presence", deaf ? "deaf" : me.presence);
  setIcon(byId("idle-mark").querySelector(".icon"), deaf ? "speaker" : isReady ? "headset" : "pause");
  setText(byId("idle-title"), isReady ? t("Ready, waiting for a call") : t("You take no calls now"));
  setText(byId("idle-words"), deaf ? t("The browser's sound is not connected yet: calls do not reach you.") : idleWords(me, line, isReady));
  show(ready, !isReady);
}

function idleWords(me, line, isReady) {
  if (!isReady) return me.presence === "break" && breakReason(me.why) ? breakReason(me.why) : t("Press «Ready» when you are at your place.");
  if (line && !line.open) {
    const opens = line.next_opening ? t("Opens %(time)s", { time: dayAndTime(line.next_opening) }) : "";
    return [t("The line is closed"), opens].filter(Boolean).join(". ");
  }
  return t("The call opens here by itself.");
}

function drawPromises(panel, promises) {
  const pressing = promises.filter((promise) => standing(promise) !== "waiting" || moment(promise.due_at) !== dayAndTime(promise.due_at));
  show(byId("idle-promises"), pressing.length > 0);
  keyed(
    byId("idle-promise-list"),
    pressing.slice(0, SHOWN_PROMISES),
    (promise) => promise.id,
    (promise) => el("li", {}, el("button", { type: "button", class: "idle-promise", on: { click: () => panel.tabs.choose("promises") } }, el("span", { class: "strong" }), el("span", { class: "idle-asked" }), el("span", { class: "small" }))),
    (item, promise) => {
      const [number, asked, due] = item.firstElementChild.children;
      set(item.firstElementChild, "data-standing", standing(promise));
      setText(number, promise.number_shown);
      setText(asked, promise.asked);
      setText(due, standing(promise) === "overdue" ? t("overdue: %(time)s", { time: moment(promise.due_at) }) : moment(promise.due_at));
    },
  );
}

function mountDialling(panel) {
  const input = byId("dial-number");
  const wrong = (words) => {
    setText(byId("dial-error"), words);
    set(input, "aria-invalid", words !== "");
  };
  input.addEventListener("input", () => wrong(""));
  byId("dial-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!input.value.trim()) return wrong(t("Write the number."));
    panel.phone.wake();
    try {
      await panel.ask("dial", { number: input.value });
      input.value = "";
    } catch (error) {
      wrong(error.kind === "bad_input" ? badInput(error).text : whyNot(error));
    }
  });
}

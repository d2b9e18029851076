// Open promises to call back: what is due and overdue, one click to dial, closing with a reason.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t, tn } from "../i18n.js";
import { moment, standing } from "./words.js";

const LOOKED_AT_EACH_MS = 20_000;

export function mountPromises(panel) {
  const drawAll = () => {
    const { promises, call } = panel.store.view;
    const open = promises ?? [];
    const pressing = open.filter((promise) => standing(promise) !== "waiting");
    const count = byId("promises-count");
    setText(count, String(open.length || ""));
    set(count, "class", `count${pressing.length ? " count-bad" : ""}`);
    show(byId("promises-empty"), open.length === 0);
    keyed(byId("promises"), open, (promise) => promise.id, (promise) => make(panel, promise), (item, promise) => draw(item, promise, Boolean(call)));
  };
  panel.store.on(["promises", "call", "me", "link"], drawAll);
  setInterval(drawAll, LOOKED_AT_EACH_MS);
}

function make(panel, { id }) {
  const dial = el("button", { type: "button", class: "button button-small button-primary promise-dial" }, icon("phone-out"), el("span", { class: "promise-dial-words" }));
  const close = el("button", { type: "button", class: "button button-small promise-close", "aria-expanded": "false" }, t("Close without a call"));
  const why = el("input", { class: "input", maxlength: "500", "aria-label": t("Why without a call"), placeholder: t("Why without a call") });
  const form = el("form", { class: "promise-why joined", hidden: true, novalidate: true }, why, el("button", { type: "submit", class: "button button-small", text: t("Close the promise") }));
  dial.addEventListener("click", () => {
    panel.phone.wake();
    panel.tell("dial_promise", { promise: id });
  });
  close.addEventListener("click", () => {
    show(form, form.hidden);
    set(close, "aria-expanded", String(!form.hidden));
    if (!form.hidden) why.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    set(why, "aria-invalid", why.value.trim() === "" ? "true" : null);
    if (!why.value.trim()) return why.focus();
    if (await panel.tell("close_promise", { promise: id, why: why.value.trim() })) panel.notices.good(t("The promise is closed."));
  });
  const head = el("div", { class: "promise-head" }, el("span", { class: "promise-number" }), el("span", { class: "badge promise-standing" }));
  const about = [el("p", { class: "promise-asked" }), el("p", { class: "promise-about" })];
  return el("li", { class: "promise" }, head, ...about, el("div", { class: "row promise-actions" }, dial, close), form);
}

function draw(item, promise, inCall) {
  const stands = standing(promise);
  const [look, words] = {
    overdue: ["badge-bad", t("Overdue")],
    due: ["badge-warn", t("Due soon")],
  }[stands] ?? ["", t("On time")];
  set(item, "data-standing", stands);
  setText(item.querySelector(".promise-number"), promise.number_shown);
  set(item.querySelector(".promise-standing"), "class", `badge promise-standing ${look}`.trim());
  setText(item.querySelector(".promise-standing"), words);
  const clarifies = promise.kind === "clarification";
  setText(item.querySelector(".promise-dial-words"), clarifies ? t("Call the number") : t("Call back"));
  setText(item.querySelector(".promise-asked"), clarifies ? t("Clarification: %(asked)s", { asked: promise.asked }) : promise.asked);
  const attempts = promise.attempts ? tn("%(num)s attempt", "%(num)s attempts", promise.attempts) : "";
  const about = [t("by %(time)s", { time: moment(promise.due_at) }), promise.interval, attempts, promise.operator];
  setText(item.querySelector(".promise-about"), about.filter(Boolean).join(" · "));
  item.querySelector(".promise-dial").disabled = inCall;
}

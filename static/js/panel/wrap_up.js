// After the conversation: who ended it, how the caller rates it, and the time that is left for the record.

import { byId, el, icon, keyed, setText, show } from "./dom.js";
import { ticking, until } from "./clock.js";
import { duration, t } from "../i18n.js";
import { situation } from "./situation.js";
import { endedBy } from "./words.js";

export function mountWrapUp(panel) {
  const { store, actions } = panel;
  const ready = el("button", { type: "button", class: "button button-primary", on: { click: () => actions.run("ready") } });
  ready.append(icon("tick"), t("Ready"));
  byId("wrap-actions").append(ready);
  store.on(["call", "me"], (view) => {
    const wraps = situation(view) === "wraps";
    const begins = wraps && byId("wrap-up").hidden;
    show(byId("wrap-up"), wraps);
    if (!wraps) return;
    if (begins) byId("wrap-up").scrollIntoView({ block: "nearest" });
    show(ready, actions.find("ready").can(view));
    setText(byId("wrap-title"), view.me.presence === "wrap_up" ? t("Write up the call") : t("The conversation is over"));
    setText(byId("wrap-words"), about(view.call));
    drawSurvey(view.call);
  });
  ticking(() => {
    const { me, call } = store.view;
    if (call?.phase === "leaving") setText(byId("wrap-words"), about(call));
    const left = me?.presence === "wrap_up" && me.wrap_up_until ? until(me.wrap_up_until) : null;
    setText(byId("wrap-countdown"), left === null ? "" : t("%(time)s left", { time: duration(Math.max(0, left)) }));
  });
}

function about(call) {
  if (call.phase === "survey") return t("You can finish the record while the caller answers two questions.");
  if (call.phase === "leaving") return t("The caller hangs up first; the line waits %(time)s more. Write the call up meanwhile.", { time: duration(Math.max(0, until(call.leaves_by))) });
  if (call.phase !== "ended") return t("The caller talks with a colleague: %(name)s.", { name: call.operator_name });
  return [endedBy(call), t("Check the topic, the need and the notes.")].filter(Boolean).join(". ");
}

function drawSurvey(call) {
  const { survey } = call;
  show(byId("survey"), Boolean(survey));
  if (!survey) return;
  const rows = survey.answers.map(({ question, answer }) => ({ question, answer, state: "answered" }));
  if (survey.asking && !rows.some((row) => row.question === survey.asking) && call.phase === "survey") {
    rows.push({ question: survey.asking, answer: t("the caller is being asked"), state: "asking" });
  }
  if (rows.length === 0 && call.phase === "ended") rows.push({ question: t("Rating"), answer: t("the caller gave no answer"), state: "none" });
  keyed(
    byId("survey"),
    rows,
    (row) => row.question,
    (row) => el("li", { class: "survey-row" }, el("span", { text: row.question }), el("span", { class: "badge" })),
    (item, row) => {
      item.dataset.state = row.state;
      item.lastElementChild.className = row.state === "answered" ? "badge badge-accent" : "badge";
      setText(item.lastElementChild, row.answer);
    },
  );
}

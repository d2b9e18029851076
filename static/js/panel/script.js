// The script: the stage that is open, with what to say, what to write down, what to ask, and where to go next.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { drawAgenda, mountAgenda, offerQuestion } from "./agenda.js";
import { drawEdges, go } from "./edges.js";
import { drawPhrases, otherWords } from "./phrases.js";
import { drawRail } from "./rail.js";
import { drawSatisfaction, mountSatisfaction } from "./satisfaction.js";
import { situation } from "./situation.js";
import { receptionWords } from "./reception.js";
import { before, current, onward } from "./stages.js";
import { drawSteps } from "./steps.js";

export function mountScript(panel) {
  const { store } = panel;
  const open = (stage) => panel.tell("open_stage", { stage });
  const redraw = () => draw(panel, open);
  byId("stage-back").addEventListener("click", () => open(before(store.view.script).id));
  byId("stage-field").addEventListener("click", () => byId(FIELDS[missing(current(store.view.script), store.view.call)])?.focus());
  byId("open-referrals").addEventListener("click", () => panel.referrals.open());
  byId("other-words").addEventListener("click", () => panel.script.otherWords());
  mountAgenda(panel);
  mountSatisfaction(panel);
  store.on(["script", "call", "me", "topics", "line", "link"], redraw);
  panel.script = {
    canGoOn: () => Boolean(onward(store.view.script)),
    goOn: () => go(panel, onward(store.view.script)),
    otherWords: () => otherWords() && redraw(),
  };
}

const FIELDS = { caller: "caller-name", need: "need", topic: "topic", notes: "notes" };

/** The first field of the stage that is still empty. */
function missing(stage, call) {
  const values = { caller: call?.caller_name, need: call?.need, topic: call?.topic, notes: call?.notes };
  return stage?.fields.find((field) => field in FIELDS && !values[field]);
}

function draw(panel, open) {
  const { view } = panel.store;
  // Already while it rings: who answers has the greeting before the eyes.
  const shown = Boolean(view.script) && view.call !== null && view.call !== undefined;
  show(byId("script"), shown);
  drawReception(view);
  const stage = shown && current(view.script);
  if (!stage) return;
  drawRail(view.script, open);
  setText(byId("stage-title"), stage.title);
  setText(byId("stage-source"), stage.source);
  drawReminder(stage);
  drawPhrases(view.call, stage, () => draw(panel, open));
  drawField(stage, view.call);
  drawAgenda(panel, view.script, stage, view.call);
  drawSatisfaction(stage, view.call);
  show(byId("open-referrals"), stage.id === "referral" || stage.fields.includes("referral"));
  drawQuestions(panel, stage);
  drawSteps(panel, stage);
  drawEdges(panel, stage);
  show(byId("stage-back"), Boolean(before(view.script)));
  show(byId("caller-ends"), view.call.caller_hangs_up && view.call.farewell_done && situation(view) === "talks");
}

function drawReception(view) {
  const { words, tone } = receptionWords(view);
  show(byId("recogniser-away"), Boolean(words));
  set(byId("recogniser-away"), "data-tone", tone);
  setText(byId("recogniser-away-words"), words);
}

/** What stands before the eyes as long as the stage is open: the caller's own affairs are the caller's (L12). */
function drawReminder(stage) {
  const words = stage.id === "no_acting" ? t("We fill in no papers and negotiate with nobody for the caller. Explain step by step how the caller does it.") : "";
  show(byId("reminder"), Boolean(words));
  setText(byId("reminder-words"), words);
}

function drawField(stage, call) {
  const button = byId("stage-field");
  const words = {
    caller: t("Write down the name and patronymic"),
    need: t("Write down the need"),
    topic: t("Choose the topic"),
    notes: t("Write a note"),
  }[missing(stage, call)];
  show(button, Boolean(words));
  setText(button, words ?? "");
}

function drawQuestions(panel, stage) {
  const { questions } = stage;
  show(byId("questions"), questions.length > 0);
  keyed(byId("question-list"), questions, (one) => one, (one) => makeQuestion(panel, one), (item, one) => {
    const offered = stage.fields.includes("agenda") && !panel.store.view.call.agenda.some(({ question }) => question === one);
    show(item.lastElementChild, offered);
  });
}

function makeQuestion(panel, question) {
  const add = el("button", { type: "button", class: "button button-quiet button-small", on: { click: () => offerQuestion(panel, question) } }, icon("plus"), t("To the list"));
  return el("li", {}, el("span", { text: question }), add);
}

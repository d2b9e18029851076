// The script: stages, the phrase to read, leading questions, steps that tick off from what was heard or by hand.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { clockTime, t } from "../i18n.js";

export function mountScript(panel) {
  const { store } = panel;
  const open = (stage) => stage && panel.tell("open_stage", { stage: stage.id });
  byId("stage-back").addEventListener("click", () => open(beside(store.view.script, -1)));
  byId("stage-next").addEventListener("click", () => open(beside(store.view.script, 1)));
  byId("stage-field").addEventListener("click", () => byId(FIELDS[missing(current(store.view.script), store.view.call)])?.focus());
  store.on(["script", "call", "me", "topics", "line"], (view) => {
    // Already while it rings: who answers has the greeting before the eyes.
    const shown = Boolean(view.script) && view.call !== null && view.call !== undefined;
    show(byId("script"), shown);
    show(byId("recogniser-away"), view.line?.recogniser === "away");
    if (!shown) return;
    drawStages(view.script, open);
    const stage = current(view.script);
    if (stage) drawStage(panel, view, stage);
  });
}

const FIELDS = { caller: "caller-name", need: "need", topic: "topic", notes: "notes" };

/** The first field of the stage that is still empty. */
function missing(stage, call) {
  const values = { caller: call?.caller_name, need: call?.need, topic: call?.topic, notes: call?.notes };
  return stage?.fields.find((field) => field in FIELDS && !values[field]);
}

const current = (script) => script?.stages.find((stage) => stage.id === script.current);

/** The neighbour in the course of the conversation; a branch is gone to by its own chip. */
function beside(script, step) {
  const place = script?.stages.findIndex((stage) => stage.id === script.current) ?? -1;
  if (place < 0) return undefined;
  const rest = step > 0 ? script.stages.slice(place + 1) : script.stages.slice(0, place).reverse();
  return rest.find((stage) => !stage.branch);
}

function drawStages(script, open) {
  const at = script.stages.findIndex((stage) => stage.id === script.current);
  keyed(
    byId("stages"),
    script.stages.map((stage, place) => ({ stage, state: stageState(stage, place, at) })),
    ({ stage }) => stage.id,
    ({ stage }) => el("li", {}, el("button", { type: "button", class: "stage-chip", on: { click: () => open(stage) } }, el("span", { class: "stage-mark", "aria-hidden": "true" }), el("span"), el("span", { class: "visually-hidden" }))),
    (item, { stage, state }) => {
      const [chip] = item.children;
      const [mark, title, hidden] = chip.children;
      set(chip, "aria-current", state === "current" ? "step" : null);
      set(chip, "data-state", state);
      set(chip, "data-branch", stage.branch);
      if (mark.dataset.done !== String(stage.done)) {
        mark.dataset.done = String(stage.done);
        mark.replaceChildren(...(stage.done ? [icon("tick")] : []));
      }
      setText(title, stage.title);
      setText(hidden, { done: t("(done)"), skipped: t("(skipped)") }[stage.done ? "done" : state] ?? "");
    },
  );
  byId("stages").querySelector('[aria-current="step"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function stageState(stage, place, at) {
  if (place === at) return "current";
  if (stage.done) return "done";
  if (stage.branch) return "branch";
  return stage.skipped ? "skipped" : "ahead";
}

function drawStage(panel, view, stage) {
  const [phrase, ...others] = stage.phrases.flatMap((one, place) => (place ? [one.text] : [one.text, ...one.others]));
  setText(byId("stage-title"), stage.title);
  setText(byId("stage-source"), stage.source);
  show(byId("phrase"), Boolean(phrase));
  setText(byId("phrase"), phrase ?? "");
  show(byId("alternatives"), others.length > 0);
  keyed(byId("alternative-list"), others, (one) => one, (one) => el("li", { text: one }));
  drawField(stage, view.call);
  drawQuestions(stage);
  drawSteps(panel, stage);
  const [back, next] = [beside(view.script, -1), beside(view.script, 1)];
  byId("stage-back").disabled = !back;
  show(byId("stage-next"), Boolean(next));
  setText(byId("stage-next-words"), next?.title ?? "");
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

function drawQuestions({ questions }) {
  show(byId("questions"), questions.length > 0);
  keyed(byId("question-list"), questions, (one) => one, (one) => el("li", { text: one }));
}

function drawSteps(panel, stage) {
  keyed(
    byId("steps"),
    stage.steps.map((step) => ({ ...step, stage: stage.id })),
    (step) => `${step.stage} ${step.id}`,
    (step) => makeStep(panel, step),
    drawStep,
  );
}

function makeStep(panel, { stage, id }) {
  const box = el("button", { type: "button", role: "checkbox", class: "step-box" });
  box.append(el("span", { class: "step-mark", "aria-hidden": "true" }), el("span", { class: "step-title" }));
  const heard = el("button", { type: "button", class: "step-heard", hidden: true, "aria-expanded": "false" });
  const contest = el("button", { type: "button", class: "button button-quiet button-small step-contest", hidden: true });
  contest.textContent = t("Not so");
  contest.title = t("Take the tick back: it was not said");
  const change = () => panel.tell(box.getAttribute("aria-checked") === "true" ? "untick" : "tick", { stage, step: id });
  box.addEventListener("click", change);
  contest.addEventListener("click", change);
  heard.addEventListener("click", () => set(heard, "aria-expanded", String(heard.getAttribute("aria-expanded") !== "true")));
  return el("li", { class: "step" }, box, el("div", { class: "step-about" }, heard, contest));
}

function drawStep(item, step) {
  const [box, about] = item.children;
  const [heard, contest] = about.children;
  const [mark, title] = box.children;
  const { ticked } = step;
  const bySpeech = ticked?.by === "speech";
  set(item, "data-by", ticked ? ticked.by : null);
  set(box, "aria-checked", String(Boolean(ticked)));
  if (Boolean(mark.firstChild) !== Boolean(ticked)) mark.replaceChildren(...(ticked ? [icon("tick")] : []));
  setText(title, step.title);
  show(about, Boolean(ticked));
  show(heard, Boolean(ticked));
  show(contest, bySpeech);
  if (!ticked) return;
  const at = clockTime(ticked.at);
  const words = ticked.phrase ? t("heard at %(time)s: «%(phrase)s»", { time: at, phrase: ticked.phrase }) : t("by hand at %(time)s", { time: at });
  setText(heard, words);
  set(heard, "title", words);
}

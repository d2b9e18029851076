// Steps of a stage: they tick off from what was heard, or by hand; a tick can be contested.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { clockTime, t } from "../i18n.js";

export function drawSteps(panel, stage) {
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

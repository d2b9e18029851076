// The questions of a call that clarifies (labour 9): written before, ticked as they are asked, none forgotten.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { situation } from "./situation.js";
import { filling } from "./stages.js";

const asText = (call) => (call.agenda ?? []).map((one) => one.question).join("\n");

export function mountAgenda(panel) {
  panel.drafts.bind(byId("agenda-text"), asText, (text) => ["agenda", { text }]);
}

/** Add a leading question of the stage to the list of the call. */
export async function offerQuestion(panel, question) {
  await panel.drafts.flush();
  await panel.tell("agenda", { text: [asText(panel.store.view.call), question].filter(Boolean).join("\n") });
}

export function drawAgenda(panel, script, stage, call) {
  const agenda = call.agenda ?? [];
  const left = agenda.filter((one) => !one.asked);
  const belongs = stage.fields.includes("agenda");
  const has = filling(script, "agenda").length > 0;
  // While it rings at the other end there is time for the list; later what is left must not be forgotten.
  const later = left.length > 0 && passed(script, stage);
  const shown = belongs || (has && situation(panel.store.view) === "dials") || later;
  const place = byId("agenda");
  const opened = shown && place.hidden;
  show(place, shown);
  set(place, "data-left", later && !belongs);
  if (!shown) return;
  if (opened) byId("agenda-edit").open = agenda.length === 0;
  setText(byId("agenda-title"), later && !belongs ? t("Not asked yet") : t("Questions of this call"));
  setText(byId("agenda-count"), agenda.length ? t("asked: %(asked)s of %(all)s", { asked: agenda.length - left.length, all: agenda.length }) : "");
  const rows = later && !belongs ? left : agenda;
  keyed(byId("agenda-list"), rows, (one) => one.question, (one) => makeRow(panel, one), (item, one) => drawRow(item, one, one === left[0]));
}

/** The open stage lies behind the last one that fills the list. */
function passed(script, stage) {
  const last = filling(script, "agenda").at(-1);
  return Boolean(last) && script.stages.indexOf(stage) > script.stages.indexOf(last);
}

function makeRow(panel, { question }) {
  const box = el("button", { type: "button", role: "checkbox", class: "step-box" });
  box.append(el("span", { class: "step-mark", "aria-hidden": "true" }), el("span", { class: "step-title" }), el("span", { class: "badge badge-accent", text: t("next") }));
  box.addEventListener("click", () => panel.tell("agenda_asked", { question, done: box.getAttribute("aria-checked") !== "true" }));
  return el("li", { class: "step" }, box);
}

function drawRow(item, { question, asked }, isNext) {
  const [box] = item.children;
  const [mark, title, next] = box.children;
  set(box, "aria-checked", String(asked));
  if (Boolean(mark.firstChild) !== asked) mark.replaceChildren(...(asked ? [icon("tick")] : []));
  setText(title, question);
  show(next, isNext);
}

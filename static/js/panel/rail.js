// The rail on the left of the script: the main course as a chain, branches indented, what was skipped marked.

import { byId, el, icon, keyed, set, setText } from "./dom.js";
import { t } from "../i18n.js";

const MARKS = { done: "tick", skipped: "alert" };

export function drawRail(script, open) {
  const at = script.stages.findIndex((stage) => stage.id === script.current);
  keyed(
    byId("stages"),
    script.stages.map((stage, place) => ({ stage, state: stateOf(stage, place, at) })),
    ({ stage }) => stage.id,
    ({ stage }) => makeChip(() => open(stage.id)),
    drawChip,
  );
  byId("stages").querySelector('[aria-current="step"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function makeChip(open) {
  const chip = el("button", { type: "button", class: "stage-chip", on: { click: open } });
  chip.append(el("span", { class: "stage-mark", "aria-hidden": "true" }), el("span"), el("span", { class: "visually-hidden" }));
  return el("li", {}, chip);
}

function drawChip(item, { stage, state }) {
  const [chip] = item.children;
  const [mark, title, hidden] = chip.children;
  const symbol = MARKS[stage.done ? "done" : state] ?? "";
  set(item, "data-branch", stage.branch);
  set(chip, "aria-current", state === "current" ? "step" : null);
  set(chip, "data-state", state);
  set(chip, "data-branch", stage.branch);
  set(chip, "title", stage.source || null);
  set(mark, "data-done", stage.done ? "true" : "false");
  if ((mark.dataset.symbol ?? "") !== symbol) {
    mark.dataset.symbol = symbol;
    mark.replaceChildren(...(symbol ? [icon(symbol)] : []));
  }
  setText(title, stage.title);
  setText(hidden, [{ done: t("(done)"), skipped: t("(skipped)") }[stage.done ? "done" : state], stage.source].filter(Boolean).join(" "));
}

function stateOf(stage, place, at) {
  if (place === at) return "current";
  if (stage.done) return "done";
  if (stage.branch) return "branch";
  return stage.skipped ? "skipped" : "ahead";
}

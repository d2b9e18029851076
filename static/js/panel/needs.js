// Typical needs of the chosen topic (property 7): one press chooses it, and writes it as the need where none stands.

import { byId, el, keyed, set, setText, show } from "./dom.js";

export function mountNeeds(panel) {
  const { store } = panel;
  store.on(["call", "topics"], ({ call, topics }) => {
    const needs = topics?.find((topic) => topic.id === call?.topic)?.needs ?? [];
    show(byId("needs"), needs.length > 0);
    keyed(byId("needs"), needs, (need) => `${call.topic} ${need.id}`, (need) => makeChip(panel, need), (chip, need) => {
      set(chip, "aria-pressed", String(call.typical_need === need.id));
      setText(chip, need.title);
    });
  });
}

function makeChip(panel, need) {
  const chip = el("button", { type: "button", class: "chip" });
  chip.addEventListener("click", async () => {
    const { call } = panel.store.view;
    const chosen = call.typical_need === need.id;
    if (!(await panel.tell("topic", { topic: call.topic, need: chosen ? "" : need.id }))) return;
    const field = byId("need");
    if (chosen || field.value.trim()) return;
    field.value = need.title;
    field.dispatchEvent(new Event("input"));
  });
  return chip;
}

// Who else is at the desk, and who of them is free.

import { byId, el, keyed, set, setText } from "./dom.js";
import { since, ticking } from "./clock.js";
import { duration, t } from "../i18n.js";
import { presenceName } from "./words.js";

export const isFree = (colleague) => colleague.free ?? colleague.presence === "ready";

const ORDER = ["ready", "offered", "busy", "wrap_up", "break", "away"];

/** Who knows the topic first, then free ones, then by what they do. */
export const inOrder = (colleagues) =>
  [...(colleagues ?? [])].sort(
    (a, b) => b.competent - a.competent || isFree(b) - isFree(a) || ORDER.indexOf(a.presence) - ORDER.indexOf(b.presence),
  );

export function mountColleagues({ store }) {
  store.on(["colleagues"], ({ colleagues }) => {
    setText(byId("colleagues-count"), String((colleagues ?? []).filter(isFree).length || ""));
    keyed(byId("people"), inOrder(colleagues), (one) => one.login, () => makePerson("li"), drawPerson);
  });
  ticking(() => {
    for (const place of document.querySelectorAll("[data-since]")) setText(place, duration(since(place.dataset.since)));
  });
}

export function makePerson(tag, attributes = {}) {
  const names = el("span", { class: "person-names" }, el("span", { class: "person-name" }), el("span", { class: "person-position" }), el("span", { class: "person-unit" }));
  const state = el("span", { class: "person-state" }, el("span", { class: "person-presence" }), el("span", { class: "person-since" }));
  return el(tag, { class: "person", ...attributes }, el("span", { class: "dot", "aria-hidden": "true" }), names, state);
}

export function drawPerson(node, person) {
  set(node, "data-presence", person.presence === "ready" && !isFree(person) ? "away" : person.presence);
  setText(node.querySelector(".person-name"), person.name);
  setText(node.querySelector(".person-position"), person.position);
  setText(node.querySelector(".person-unit"), person.competent ? t("%(unit)s · by the topic", { unit: person.unit_name }) : person.unit_name);
  set(node, "data-competent", person.competent);
  setText(node.querySelector(".person-presence"), presenceName(person.presence));
  const timer = node.querySelector(".person-since");
  set(timer, "data-since", person.presence === "away" ? null : person.since);
  if (person.presence === "away") setText(timer, "");
  else setText(timer, duration(since(person.since)));
}

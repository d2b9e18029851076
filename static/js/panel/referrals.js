// The referral book (L13): who is competent instead, with a ready phrase; what was given is recorded.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { situation } from "./situation.js";

const plain = (text) => text.toLocaleLowerCase("ru").replaceAll("ё", "е");

export function mountReferrals(panel) {
  const { store, sheets } = panel;
  const search = byId("referral-search");
  panel.referrals = {
    open() {
      search.value = "";
      draw(panel);
      sheets.open("referral", search);
    },
  };
  search.addEventListener("input", () => draw(panel));
  store.on(["referrals", "call", "me", "topics", "link"], (view) => {
    if (!sheets.is("referral")) return;
    if (["talks", "wraps", "dials"].includes(situation(view))) draw(panel);
    else sheets.close();
  });
}

function draw(panel) {
  const { referrals, topics, call } = panel.store.view;
  const found = sought(referrals ?? [], topics ?? [], call?.topic, byId("referral-search").value);
  keyed(byId("referrals"), found, (one) => one.id, (one) => makeReferral(panel, one), (item, one) => drawReferral(item, one, panel.store));
  show(byId("referrals-empty"), found.length === 0);
}

/** Those in which every word stands; the topic of the call first. */
function sought(referrals, topics, topic, text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  const titles = new Map(topics.map((one) => [one.id, one.title]));
  const all = (one) => plain([one.body, one.contacts, ...one.questions, ...one.topics.map((id) => titles.get(id) ?? "")].join(" "));
  const found = referrals.filter((one) => words.every((word) => all(one).includes(word)));
  const near = (one) => Number(Boolean(topic) && one.topics.includes(topic));
  return found.sort((a, b) => near(b) - near(a));
}

function makeReferral(panel, { id }) {
  const give = async () => {
    if (await panel.tell("referral", { referral: id })) panel.notices.good(t("The referral is recorded."));
  };
  const given = el("button", { type: "button", class: "button button-small", on: { click: give } }, icon("tick"), el("span"));
  return el("li", { class: "referral" }, el("h3"), el("p", { class: "referral-contacts" }), el("blockquote", { class: "phrase phrase-small" }), el("p", { class: "small muted" }), given);
}

function drawReferral(item, one, { view, link }) {
  const [body, contacts, say, questions, given] = item.children;
  const done = view.call?.referral === one.id;
  setText(body, one.body);
  setText(contacts, one.contacts);
  setText(say, one.say);
  show(say, Boolean(one.say));
  setText(questions, one.questions.join(" · "));
  set(given, "aria-pressed", String(done));
  setText(given.lastElementChild, done ? t("Told to the caller") : t("I have told the caller"));
  given.disabled = link !== "here" || !view.call;
}

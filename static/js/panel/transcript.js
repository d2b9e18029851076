// The live transcript of both sides. Finals go to the log; partials stand below it, pale, and are never announced.

import { byId, el, keyed, set, setText, show } from "./dom.js";
import { duration, t } from "../i18n.js";
import { situation } from "./situation.js";

const NEAR_PX = 60;

export function mountTranscript({ store }) {
  const scroll = byId("talk-scroll");
  const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
  const toEnd = () => {
    scroll.scrollTop = scroll.scrollHeight;
    show(byId("talk-last"), false);
  };
  byId("talk-last").addEventListener("click", toEnd);
  scroll.addEventListener("scroll", () => atEnd() && show(byId("talk-last"), false));
  // Who has scrolled up to read is left there.
  const drawing = (draw) => (view) => {
    const follow = atEnd();
    draw(view);
    if (follow) toEnd();
    else show(byId("talk-last"), true);
  };
  store.on(["transcript", "call", "line"], drawing((view) => drawTalk(view)));
  store.on(["partials"], drawing(() => drawPartials(store.partials)));
}

const speakerName = (phrase) => phrase.who || (phrase.speaker === "caller" ? t("Caller") : t("Operator"));

function drawTalk({ transcript, call, line, me }) {
  const phrases = transcript ?? [];
  keyed(byId("talk"), phrases, (phrase) => `${call?.id} ${phrase.n}`, makePhrase, (item, phrase) => {
    const before = phrases[phrases.indexOf(phrase) - 1];
    const sameSpeaker = before?.speaker === phrase.speaker && before.who === phrase.who;
    set(item, "class", `said said-${phrase.speaker}${sameSpeaker ? " said-on" : ""}`);
    setText(item.querySelector(".said-who"), speakerName(phrase));
  });
  const empty = byId("talk-empty");
  show(empty, phrases.length === 0);
  if (phrases.length === 0) setText(empty, emptyWords(call, line, me));
}

function makePhrase(phrase) {
  const head = el("p", { class: "said-head" }, el("span", { class: "said-who" }), el("span", { class: "said-at", text: duration(phrase.start_s) }));
  return el("li", {}, head, el("p", { class: "said-words", text: phrase.text }));
}

function emptyWords(call, line, me) {
  if (line?.recogniser === "away") return t("Speech recognition is not available. The conversation goes on without the transcript.");
  if (call?.hearing.caller === "no_place") return t("Recognition has no free place for this call. The conversation goes on without the transcript.");
  return ["talks", "leads"].includes(situation({ me, call })) ? t("Listening. The words of both sides appear here.") : t("The words of both sides appear here during a call.");
}

function drawPartials(partials) {
  for (const speaker of ["caller", "operator"]) {
    const place = byId(`partial-${speaker}`);
    show(place, Boolean(partials[speaker]));
    setText(place, partials[speaker] ?? "");
  }
}

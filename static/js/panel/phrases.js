// What to say: the proposed phrase big, its other wordings one press away, further phrases of the stage below.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";

/** Which wording the operator has turned to, by stage and place: the line proposes one, and whoever says it chooses. */
const turned = new Map();
let turnedFor = "";

export function drawPhrases(call, stage, redraw) {
  if (turnedFor !== call.id) turned.clear();
  turnedFor = call.id;
  const shown = stage.phrases.map((phrase, place) => wording(phrase, `${stage.id} ${place}`));
  drawFirst(shown[0]);
  keyed(
    byId("further"),
    shown.slice(1),
    (one) => one.key,
    ({ key }) => makeFurther(key, redraw),
    (item, one) => {
      const [words, again] = item.children;
      item.wording = one;
      setText(words, one.text);
      show(again, one.all.length > 1);
    },
  );
  show(byId("further"), shown.length > 1);
}

/** Turn the big phrase to its next wording; whether there is another one. */
export function otherWords() {
  const one = byId("phrase-now").wording;
  if (!one || one.all.length < 2) return false;
  turn(one);
  return true;
}

function wording({ text, others }, key) {
  const all = [text, ...others];
  // A wording that is no longer sayable is not kept: the line has proposed another one.
  const place = Math.max(0, all.indexOf(turned.get(key)));
  return { key, all, place, text: all[place] };
}

function turn(one) {
  turned.set(one.key, one.all[(one.place + 1) % one.all.length]);
}

function drawFirst(one) {
  const place = byId("phrase-now");
  place.wording = one;
  show(place, Boolean(one));
  if (!one) return;
  setText(byId("phrase"), one.text);
  show(byId("other-words"), one.all.length > 1);
  setText(byId("other-count"), `${one.place + 1}/${one.all.length}`);
}

function makeFurther(key, redraw) {
  const again = el("button", { type: "button", class: "button button-quiet button-icon button-small" }, icon("again"));
  set(again, "aria-label", t("In other words"));
  set(again, "title", t("In other words"));
  const item = el("li", { class: "further-phrase" }, el("p", { "aria-live": "polite" }), again);
  again.addEventListener("click", () => {
    turn(item.wording);
    redraw();
  });
  return item;
}

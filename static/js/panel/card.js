// The caller's card: number, name, topic, need, notes, and the promise that the call keeps.

import { byId, el, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { numberOf } from "./words.js";

export function mountCard({ store, drafts }) {
  drafts.bind(byId("caller-name"), (call) => call.caller_name, (name) => ["caller_name", { name }]);
  drafts.bind(byId("topic"), (call) => call.topic, (topic) => ["topic", { topic }]);
  drafts.bind(byId("need"), (call) => call.need, (words) => ["need", { text: words }]);
  drafts.bind(byId("notes"), (call) => call.notes, (notes) => ["notes", { notes }]);
  store.on(["topics"], ({ topics }) => {
    const select = byId("topic");
    const chosen = select.value;
    const options = (topics ?? []).map((topic) => el("option", { value: topic.id, text: topic.title }));
    select.replaceChildren(el("option", { value: "", text: t("Not chosen") }), ...options);
    select.value = store.view.call?.topic || chosen || "";
  });
  store.on(["call"], ({ call }) => {
    show(byId("caller-card"), Boolean(call));
    show(byId("idle-card"), !call);
    if (!call) return;
    setText(byId("caller-number"), numberOf(call));
    setText(byId("caller-facts"), call.direction === "outgoing" ? t("Outgoing call") : call.unit);
    show(byId("caller-internal"), call.internal);
    show(byId("kept-promise"), Boolean(call.promise));
    setText(byId("kept-promise-asked"), call.promise ?? "");
  });
}

// The knowledge base beside the talk (L7): what is suggested, what is sought, an article to read out, and its use.

import { byId, el, icon, keyed, set, setText, show } from "./dom.js";
import { t, tn } from "../i18n.js";
import { mountArticle } from "./article.js";
import { situation } from "./situation.js";
import { whyNot } from "./words.js";

const SOUGHT_AFTER_MS = 350;

export function mountKnowledge(panel) {
  const { store, tabs } = panel;
  const field = byId("shelf-text");
  /** The articles that were sought and the words they were sought by, or null: then the suggestions stand. */
  let sought = null;
  let timer = 0;
  const article = mountArticle(panel, () => show(byId("shelf"), true));
  const read = async (id) => {
    tabs.choose("knowledge");
    if (await article.open(id)) show(byId("shelf"), false);
  };
  const seek = async () => {
    clearTimeout(timer);
    const text = field.value.trim();
    if (!text) sought = null;
    else {
      try {
        const found = (await panel.ask("knowledge_search", { text })).articles;
        if (field.value.trim() !== text) return;
        sought = { text, found };
      } catch (error) {
        panel.notices.bad(whyNot(error));
      }
    }
    draw();
  };
  const draw = () => {
    const suggested = store.view.knowledge ?? [];
    const used = new Set(suggested.filter((one) => one.used).map((one) => one.id));
    const listed = sought ? sought.found.map((one) => ({ ...one, used: one.used || used.has(one.id) })) : suggested;
    setText(byId("shelf-words"), shelfWords(sought, listed, store.view));
    keyed(byId("shelf-list"), listed, (one) => one.id, (one) => makeLine(() => read(one.id)), drawLine);
    show(byId("no-article"), writes(store.view));
  };
  byId("shelf-form").addEventListener("submit", (event) => {
    event.preventDefault();
    seek();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(seek, SOUGHT_AFTER_MS);
  });
  byId("no-article").addEventListener("click", () => missing(panel, field));
  byId("talk-tip").addEventListener("click", () => read(byId("talk-tip").dataset.article));
  store.on(["knowledge", "call", "me"], (view) => {
    draw();
    drawTip(view);
  });
  let call = "";
  store.on(["call"], (view) => {
    const id = view.call?.id ?? "";
    if (id === call) return;
    call = id;
    field.value = "";
    sought = null;
    article.close();
    draw();
  });
  panel.knowledge = {
    seek() {
      article.close();
      tabs.choose("knowledge");
      field.focus();
      field.select();
    },
  };
}

const writes = (view) => ["talks", "wraps"].includes(situation(view));

/** What the caller wanted and no article answers: the words sought by, else the need, else the last words heard. */
async function missing(panel, field) {
  const { call, transcript } = panel.store.view;
  const heard = (transcript ?? []).findLast((phrase) => phrase.speaker === "caller");
  const text = field.value.trim() || call?.need || heard?.text || "";
  if (!text) {
    field.focus();
    return panel.notices.bad(t("Write what is sought: then it is clear which article is missing."));
  }
  if (await panel.tell("no_article", { text })) panel.notices.good(t("Written down: an article is missing about «%(text)s».", { text }));
}

function shelfWords(sought, listed, view) {
  if (sought) return listed.length ? tn("%(num)s article found", "%(num)s articles found", listed.length) : t("Nothing was found. Try other words.");
  if (listed.length) return t("For this conversation");
  return writes(view) ? t("Suggestions appear as the conversation goes on.") : t("Articles can be sought at any time.");
}

/** One line under the conversation, so that the best article is seen without leaving the words. */
function drawTip(view) {
  const best = situation(view) === "talks" ? view.knowledge?.find((one) => one.score > 0 && !one.used) : undefined;
  const tip = byId("talk-tip");
  show(tip, Boolean(best));
  set(tip, "data-article", best?.id ?? null);
  setText(byId("talk-tip-words"), best?.title ?? "");
  const count = (view.knowledge ?? []).filter((one) => one.score > 0).length;
  setText(byId("knowledge-count"), count ? String(count) : "");
}

function makeLine(open) {
  const used = el("span", { class: "badge badge-good" }, icon("tick"), t("used"));
  const line = el("button", { type: "button", class: "shelf-line", on: { click: open } });
  line.append(el("span", { class: "shelf-title" }), el("span", { class: "shelf-short" }), used);
  return el("li", {}, line);
}

function drawLine(item, one) {
  const [title, short, used] = item.firstElementChild.children;
  setText(title, one.title);
  setText(short, one.short);
  show(used, one.used);
}

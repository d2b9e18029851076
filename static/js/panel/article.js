// One article, opened in place: the short answer first and big enough to read out, then the rest.

import { byId, set, setText, show } from "./dom.js";
import { t } from "../i18n.js";
import { situation } from "./situation.js";
import { whyNot } from "./words.js";

export function mountArticle(panel, onClose) {
  const { store } = panel;
  let shown = null;
  const draw = () => {
    if (!shown) return;
    const used = shown.used || Boolean(store.view.knowledge?.some((one) => one.id === shown.id && one.used));
    const button = byId("article-used");
    show(button, ["talks", "wraps"].includes(situation(store.view)));
    set(button, "aria-pressed", String(used));
    button.disabled = used || store.link !== "here";
    setText(byId("article-used-words"), used ? t("Used in this call") : t("I have used it"));
  };
  const close = () => {
    if (!shown) return;
    shown = null;
    show(byId("article"), false);
    onClose();
  };
  byId("article-back").addEventListener("click", () => {
    close();
    byId("shelf-text").focus();
  });
  byId("article-used").addEventListener("click", async () => {
    if (!shown || !(await panel.tell("article_used", { id: shown.id }))) return;
    shown.used = true;
    draw();
  });
  store.on(["knowledge", "call", "me", "link"], draw);
  return {
    /** Fetch and show it; whether it could be. */
    async open(id) {
      try {
        shown = await panel.ask("article", { id });
      } catch (error) {
        panel.notices.bad(whyNot(error));
        return false;
      }
      fill(shown);
      draw();
      show(byId("article"), true);
      byId("article").focus();
      byId("pane-knowledge").scrollTop = 0;
      return true;
    },
    close,
  };
}

function fill(article) {
  setText(byId("article-title"), article.title);
  setText(byId("article-about"), [kindName(article.kind), article.unit].filter(Boolean).join(" · "));
  setText(byId("article-sources"), article.sources.length ? t("Sources: %(sources)s", { sources: article.sources.join("; ") }) : "");
  // Written by the organisation and made safe by the line (docs/protocols.md).
  byId("article-text").innerHTML = article.html;
  for (const link of byId("article-text").querySelectorAll("a[href]")) {
    set(link, "target", "_blank");
    set(link, "rel", "noopener noreferrer");
  }
}

const kindName = (kind) =>
  ({
    act: t("Act"),
    job_description: t("Job description"),
    question: t("Question and answer"),
    template: t("Template"),
    solution: t("Solution"),
    contact: t("Contacts"),
  })[kind] ?? "";

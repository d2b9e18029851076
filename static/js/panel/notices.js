// Short notices at the foot of the panel: what was done, what was not.

import { el, icon } from "./dom.js";
import { t } from "../i18n.js";

const STAYS_MS = 7000;

export class Notices {
  #list = document.getElementById("notices");

  good(words) {
    this.#add("notice-good", "tick", words, STAYS_MS / 2);
  }

  bad(words) {
    this.#add("notice-bad", "alert", words, STAYS_MS);
  }

  #add(kind, symbol, words, staysMs) {
    for (const old of this.#list.children) if (old.dataset.words === words) old.remove();
    const shut = el("button", { type: "button", class: "notice-shut", "aria-label": t("Close") }, icon("cross"));
    const notice = el("div", { class: `notice ${kind}` }, icon(symbol), el("span", { text: words }), shut);
    notice.dataset.words = words;
    shut.addEventListener("click", () => notice.remove());
    this.#list.append(notice);
    setTimeout(() => notice.remove(), staysMs);
  }
}

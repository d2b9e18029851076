// How the operator's own training stands (K3), in the user's menu: a flag, and nothing that hinders.

import { byId, el, set, setText, show } from "./dom.js";
import { language, t } from "../i18n.js";

export function mountTraining({ store }) {
  const button = document.querySelector(".header-end .menu-button");
  const dot = el("span", { class: "menu-dot", hidden: true }, el("span", { class: "visually-hidden", text: t("see your training") }));
  button?.append(dot);
  store.on(["me"], ({ me }) => {
    const words = me?.training ? about(me.training) : "";
    show(byId("training"), Boolean(words));
    setText(byId("training-words"), words);
    set(byId("training"), "data-status", me?.training?.status ?? null);
    show(dot, Boolean(words) && me.training.status !== "trained");
  });
}

const day = (iso) => new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`));

function about({ status, until, missing }) {
  const words = {
    never: t("No training for the line is written down: ask your manager"),
    lapsed: until ? t("Training lapsed on %(day)s: ask your manager", { day: day(until) }) : t("Training has lapsed: ask your manager"),
    lapses_soon: until ? t("Training holds until %(day)s", { day: day(until) }) : "",
    trained: until ? t("Training holds until %(day)s", { day: day(until) }) : "",
  }[status];
  return [words, missing.length ? t("Not yet trained in: %(services)s", { services: missing.join(", ") }) : ""].filter(Boolean).join(". ");
}

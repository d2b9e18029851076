// The operator's place: ready or on a break, where calls are answered, microphone and sound, the line's state.

import { el, byId, icon, set, setIcon, setText, show } from "./dom.js";
import { since, ticking } from "./clock.js";
import { dayAndTime, duration, t, tn } from "../i18n.js";
import { breakReason, breakReasons, presenceName } from "./words.js";

const KEPT_DEVICE = "liniya:device";

export function mountDesk(panel) {
  mountPresence(panel);
  mountDevice(panel);
  mountSound(panel);
  mountLine(panel);
}

function mountPresence(panel) {
  const menu = byId("break-menu");
  panel.openBreak = () => {
    menu.open = true;
    menu.querySelector(".menu-item").focus();
  };
  for (const reason of breakReasons()) {
    const choose = () => {
      menu.open = false;
      panel.drafts.flush().then(() => panel.tell("break", { why: reason.why }));
    };
    byId("break-reasons").append(el("button", { type: "button", class: "menu-item", text: reason.name, on: { click: choose } }));
  }
  byId("go-ready").addEventListener("click", () => panel.actions.run("ready"));
  panel.store.on(["me", "link"], ({ me }) => {
    const { presence } = me ?? {};
    set(byId("go-ready"), "aria-pressed", String(presence === "ready"));
    set(byId("go-break"), "data-on", presence === "break");
    // A disabled button would lose the focus; so it stays, and does nothing.
    set(byId("go-ready"), "aria-disabled", String(!panel.actions.find("ready").can(panel.store.view)));
    set(menu, "data-off", !["away", "ready", "break", "wrap_up"].includes(presence));
    set(byId("presence-now"), "data-presence", presence ?? "away");
    setText(byId("presence-now"), presence ? presenceWords(me) : "");
    // The buttons say it already, except for what they cannot say.
    byId("presence-now").classList.toggle("visually-hidden", ["ready", "offered"].includes(presence) || (presence === "break" && !breakReason(me.why)));
  });
  ticking(() => {
    const { me } = panel.store.view;
    setText(byId("presence-since"), me?.since ? duration(since(me.since)) : "");
  });
}

function presenceWords(me) {
  const why = me.presence === "break" ? breakReason(me.why) : "";
  return why ? t("On a break: %(why)s", { why }) : presenceName(me.presence);
}

function mountDevice(panel) {
  const buttons = [...document.querySelectorAll("[data-device]")];
  let chosen = localStorage.getItem(KEPT_DEVICE) ?? "";
  panel.device = () => {
    const { me } = panel.store.view;
    const wanted = chosen || me?.device || "browser";
    return wanted === "phone" && !me?.phone ? "browser" : wanted;
  };
  const choose = (device) => {
    chosen = device;
    localStorage.setItem(KEPT_DEVICE, device);
    draw();
    if (panel.store.view.me?.presence === "ready") panel.tell("ready", { device });
    panel.phone.refresh();
  };
  const draw = () => {
    const { me } = panel.store.view;
    for (const button of buttons) {
      const isPhone = button.dataset.device === "phone";
      set(button, "aria-checked", String(button.dataset.device === panel.device()));
      set(button, "aria-selected", String(button.dataset.device === panel.device()));
      set(button, "tabindex", button.dataset.device === panel.device() ? "0" : "-1");
      button.disabled = ["offered", "busy"].includes(me?.presence) || (isPhone && !me?.phone);
      set(button, "title", isPhone ? phoneHint(me) : null);
    }
  };
  buttons.forEach((button, place) => {
    button.addEventListener("click", () => choose(button.dataset.device));
    button.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const other = buttons[1 - place];
      if (other.disabled) return;
      choose(other.dataset.device);
      other.focus();
    });
  });
  panel.store.on(["me"], draw);
}

function phoneHint(me) {
  if (!me?.phone) return t("No telephone is set for you: ask the administrator");
  return me.phone_registered === false ? t("Your telephone is not registered at the line") : me.phone;
}

function mountSound(panel) {
  const chip = byId("sound");
  const symbol = chip.querySelector(".icon");
  chip.addEventListener("click", () => panel.phone.pressed());
  const draw = () => {
    const state = panel.phone.state();
    show(chip, panel.store.view.me !== undefined && state !== null);
    if (!state) return;
    set(chip, "data-state", state.look);
    setIcon(symbol, state.icon);
    setText(byId("sound-words"), state.words);
    set(chip, "title", state.hint);
  };
  panel.phone.onChange(draw);
  panel.phone.onLevel((level) => byId("level").style.setProperty("--level", String(Math.round(level * 100) / 100)));
  panel.store.on(["me", "link"], draw);
}

function mountLine({ store }) {
  const place = byId("line-now");
  store.on(["line"], ({ line }) => {
    if (!line) return;
    const open = line.open ? t("The line is open") : t("The line is closed");
    const waiting = tn("%(num)s caller waits", "%(num)s callers wait", line.waiting ?? 0);
    const opens = line.next_opening ? t("Opens %(time)s", { time: dayAndTime(line.next_opening) }) : "";
    set(place, "title", [line.hours, opens].filter(Boolean).join(". "));
    const badge = line.waiting ? el("span", { class: "badge badge-warn", text: waiting }) : null;
    const recogniser = line.recogniser === "away" ? awayBadge() : null;
    const state = el("span", { class: line.open ? "badge badge-good" : "badge", text: open });
    place.replaceChildren(...[recogniser, badge, state].filter(Boolean));
  });
}

function awayBadge() {
  return el("span", { class: "badge badge-warn" }, icon("microphone-off"), t("No recognition"));
}

// Keeps a page of today fresh without flicker: the server's fragment is fetched while the page is seen, and only the
// blocks that changed are put in place. Who reads may stop it (WCAG 2.1, 2.2.2).

import { clockTime, t } from "./i18n.js";

const CHOICE = "liniya.refresh";

/** Refresh `root` (with `data-refresh` seconds and `data-address`); `onChange(fresh)` after each fetch. */
export function keepFresh(root, onChange = () => {}) {
  if (!root?.dataset.refresh) return;
  const refresher = new Refresher(root, onChange);
  document.addEventListener("visibilitychange", () => refresher.schedule());
  refresher.schedule();
}

class Refresher {
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.timer = 0;
    this.fetching = false;
    this.on = localStorage.getItem(CHOICE) !== "off";
    this.control = switchFor(this);
    root.querySelector("[data-refresh-switch]").append(this.control);
    this.show(this.standing);
  }

  get standing() {
    return this.on ? t("Updates by itself") : t("Does not update by itself");
  }

  get wanted() {
    return this.on && document.visibilityState === "visible";
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem(CHOICE, this.on ? "on" : "off");
    this.show(this.standing);
    this.schedule(0);
  }

  schedule(seconds = Number(this.root.dataset.refresh)) {
    clearTimeout(this.timer);
    if (this.wanted) this.timer = setTimeout(() => this.fetch(), seconds * 1000);
  }

  async fetch() {
    if (this.fetching) return;
    this.fetching = true;
    try {
      const answer = await fetch(this.root.dataset.address, { headers: { "X-Fragment": "1" } });
      if (answer.status === 401) location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.put(fresh);
      this.show(t("Updated at %(time)s", { time: clockTime(new Date(), true) }));
    } catch (error) {
      console.warn("refresh failed", error);
      this.show(t("No answer from the server, trying again"));
    } finally {
      this.fetching = false;
      this.schedule();
    }
  }

  put(fresh) {
    const focused = document.activeElement?.closest("[data-live]") && describe(document.activeElement);
    const known = [...this.root.querySelectorAll("[data-live]")].map((block) => block.dataset.live);
    const now = [...fresh.querySelectorAll("[data-live]")].map((block) => block.dataset.live);
    if (known.join() !== now.join()) {
      location.reload();
      return;
    }
    for (const block of fresh.querySelectorAll("[data-live]")) {
      const old = this.root.querySelector(`[data-live="${block.dataset.live}"]`);
      if (old.innerHTML !== block.innerHTML) old.replaceChildren(...document.adoptNode(block).childNodes);
    }
    if (focused) this.root.querySelector(focused)?.focus({ preventScroll: true });
    this.onChange(fresh);
  }

  show(text) {
    this.control.querySelector("[data-says]").textContent = text;
    this.control.querySelector("input").checked = this.on;
  }
}

function describe(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const address = element.getAttribute("href");
  return address ? `[href="${CSS.escape(address)}"]` : null;
}

function switchFor(refresher) {
  const label = document.createElement("label");
  label.className = "live-switch check no-print";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.addEventListener("change", () => refresher.toggle());
  const says = document.createElement("span");
  says.dataset.says = "";
  label.append(box, says);
  return label;
}

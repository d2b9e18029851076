// Between the panel and the browser's telephone (../audio/phone.js): token, microphone, mute, and what is said of it.

import { BrowserPhone } from "../audio/phone.js";
import { t } from "../i18n.js";
import { wakeSignals } from "./ring.js";

export function mountPhone(panel) {
  const phone = new PanelPhone(panel);
  panel.store.on(["me", "link"], () => phone.refresh());
  // A browser lets a page sound only after the person has done something on it.
  for (const event of ["pointerdown", "keydown"]) {
    document.addEventListener(event, () => phone.wake(), { capture: true, passive: true });
  }
  return phone;
}

class PanelPhone {
  #panel;
  #browserPhone = null;
  #told = "";
  #muted = false;
  #listeners = [];
  #levelListeners = [];

  constructor(panel) {
    this.#panel = panel;
  }

  get muted() {
    return this.#isBrowser() && this.#muted;
  }

  get canMute() {
    return this.#isBrowser() && ["live", "muted"].includes(this.#browserPhone?.state.microphone);
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** `listener` is given the microphone's loudness, 0..1. */
  onLevel(listener) {
    this.#levelListeners.push(listener);
  }

  toggleMute() {
    this.#muted = !this.#muted;
    this.#browserPhone?.mute(this.#muted);
    this.#tell();
  }

  wake() {
    wakeSignals();
  }

  /** The chip was pressed: take the sound over from another window, or switch the microphone. */
  pressed() {
    const { busy, taken } = this.#browserPhone?.state ?? {};
    if (busy || taken) this.#browserPhone.takeOver();
    else if (this.canMute) this.toggleMute();
  }

  /** Open or close the browser's telephone as the chosen device wants it. */
  refresh() {
    const wanted = this.#panel.store.view.me !== undefined && this.#isBrowser();
    if (wanted && !this.#browserPhone) this.#open();
    if (!wanted && this.#browserPhone) this.#close();
    this.#tell();
  }

  #open() {
    const phone = new BrowserPhone();
    this.#browserPhone = phone;
    phone.addEventListener("state", ({ detail }) => phone === this.#browserPhone && this.#become(detail));
    phone.mute(this.#muted);
    phone.connect(async () => this.#address((await this.#panel.ask("audio_token")).token));
    // A browser that cannot sound at all says so by its state; the panel goes on without.
    phone.start().catch((error) => console.error("the browser's sound did not start", error));
  }

  #address(token) {
    const address = new URL(this.#panel.settings.audio_url);
    if (address.pathname === "/") address.pathname = "/audio";
    address.searchParams.set("token", token);
    return address.href;
  }

  #close() {
    const phone = this.#browserPhone;
    this.#browserPhone = null;
    phone.close();
  }

  #become(state) {
    this.#levelListeners.forEach((listener) => listener(Math.min(1, state.level_in * 6)));
    // Levels come ten times a second; the rest of the panel is drawn anew only for what it shows.
    const shown = JSON.stringify([state.connected, state.microphone, state.busy, state.taken, state.needs_gesture]);
    if (shown === this.#told) return;
    this.#told = shown;
    this.#tell();
  }

  #tell() {
    this.#listeners.forEach((listener) => listener());
  }

  #isBrowser() {
    return this.#panel.device?.() !== "phone";
  }

  /** The chip: `look` (good, warn, bad), `icon`, `words`, `hint`; null when calls go to a telephone. */
  state() {
    if (!this.#isBrowser()) return null;
    const state = this.#browserPhone?.state ?? {};
    if (state.busy || state.taken) return chip("warn", "speaker", t("Sound is in another window: take it here"));
    if (state.needs_gesture) {
      return chip("warn", "speaker", t("Switch the sound on"), t("The browser waits for a click on the page"));
    }
    if (!state.connected) return chip("warn", "speaker", t("Connecting the sound"));
    return microphoneChip(state.microphone, this.#muted);
  }
}

const chip = (look, icon, words, hint = "") => ({ look, icon, words, hint });

function microphoneChip(microphone, muted) {
  if (microphone === "refused") {
    return chip("warn", "microphone-off", t("No microphone: you can only listen"), t("Allow the microphone for this page in the browser"));
  }
  if (microphone === "absent") {
    return chip("warn", "microphone-off", t("No microphone: you can only listen"), t("Connect a headset: it is taken at once"));
  }
  if (muted) return chip("bad", "microphone-off", t("Microphone is off"), t("Press to switch the microphone on"));
  return chip("good", "microphone", t("Microphone works"), t("Press to switch the microphone off"));
}

// Between the panel and the browser's telephone (../audio/phone.js): token, microphone, mute, and what is said of it.

import { t } from "../i18n.js";
import { wakeSignals } from "./ring.js";

const AGAIN_MS = 2000;

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
  #opening = false;
  #state = { sound: "off", microphone: false };
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
    return this.#isBrowser() && this.#state.sound === "on" && this.#state.microphone;
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  onLevel(listener) {
    this.#levelListeners.push(listener);
  }

  toggleMute() {
    this.#muted = !this.#muted;
    this.#browserPhone?.setMuted(this.#muted);
    this.#tell();
  }

  wake() {
    wakeSignals();
    this.#browserPhone?.resume();
  }

  /** What the chip is for when it is pressed. */
  pressed() {
    if (this.#state.sound === "elsewhere") this.#browserPhone?.takeOver();
    else if (this.canMute) this.toggleMute();
    else this.wake();
  }

  /** Open or close the browser's telephone as the chosen device wants it. */
  async refresh() {
    const { view, link } = this.#panel.store;
    const wanted = view.me !== undefined && this.#isBrowser();
    if (!wanted && this.#browserPhone) this.#close();
    if (wanted && !this.#browserPhone && link === "here" && !this.#opening) await this.#open();
    this.#tell();
  }

  async #open() {
    this.#opening = true;
    try {
      const { BrowserPhone } = await import("../audio/phone.js");
      this.#browserPhone = new BrowserPhone({
        url: this.#panel.settings.audio_url,
        token: async () => (await this.#panel.ask("audio_token")).token,
        onState: (state) => this.#become(state),
        onLevel: (level) => this.#levelListeners.forEach((listener) => listener(level)),
      });
      this.#browserPhone.setMuted(this.#muted);
      await this.#browserPhone.open();
    } catch {
      this.#close();
      setTimeout(() => this.refresh(), AGAIN_MS);
    } finally {
      this.#opening = false;
    }
  }

  #close() {
    this.#browserPhone?.close();
    this.#browserPhone = null;
    this.#become({ sound: "off", microphone: false });
  }

  #become(state) {
    this.#state = state;
    this.#tell();
  }

  #tell() {
    this.#listeners.forEach((listener) => listener());
  }

  #isBrowser() {
    return this.#panel.device?.() !== "phone";
  }

  /** The chip: `look` (good, warn, bad, plain), `icon`, `words`, `hint`. */
  state() {
    if (!this.#isBrowser()) return { look: "plain", icon: "phone", words: t("Calls go to your telephone"), hint: this.#panel.store.view.me?.phone };
    const { sound, microphone } = this.#state;
    if (sound === "elsewhere") return { look: "warn", icon: "speaker", words: t("Sound is in another window: take it here"), hint: "" };
    if (sound === "asleep") return { look: "warn", icon: "speaker", words: t("Switch the sound on"), hint: t("The browser waits for a click on the page") };
    if (sound !== "on") return { look: "warn", icon: "speaker", words: t("Connecting the sound"), hint: "" };
    if (!microphone) return { look: "warn", icon: "microphone-off", words: t("No microphone: you can only listen"), hint: t("Connect a headset or allow the microphone for this page") };
    if (this.#muted) return { look: "bad", icon: "microphone-off", words: t("Microphone is off"), hint: t("Press to switch the microphone on") };
    return { look: "good", icon: "microphone", words: t("Microphone works"), hint: t("Press to switch the microphone off") };
  }
}

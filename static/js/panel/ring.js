// What a ringing call sounds and looks like outside the page: a soft ring, the window's title, a notification.

import { t } from "../i18n.js";

const KEPT_NOTIFY = "liniya:notify";
const RING_EACH_MS = 4000;
const RING_S = 1;
const VOLUME = 0.12;

let context = null;

/** The page's sound for signals. A browser lets it sound only after the person has done something on the page. */
export function wakeSignals() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

function tone(frequencies, startS, lastsS, volume) {
  if (!context || context.state !== "running") return;
  const loudness = context.createGain();
  const from = context.currentTime + startS;
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(volume, from + 0.04);
  loudness.gain.setValueAtTime(volume, from + lastsS - 0.08);
  loudness.gain.linearRampToValueAtTime(0, from + lastsS);
  loudness.connect(context.destination);
  for (const frequency of frequencies) {
    const voice = context.createOscillator();
    voice.frequency.value = frequency;
    voice.connect(loudness);
    voice.start(from);
    voice.stop(from + lastsS);
  }
}

/** Two short notes: something wants attention. */
export function chime() {
  wakeSignals();
  tone([660], 0, 0.16, VOLUME);
  tone([520], 0.18, 0.22, VOLUME);
}

export const notifies = () => localStorage.getItem(KEPT_NOTIFY) === "yes" && window.Notification?.permission === "granted";

/** Switch desktop notifications; resolves to whether they are on. */
export async function setNotify(wanted) {
  const allowed = wanted && "Notification" in window && (await Notification.requestPermission()) === "granted";
  localStorage.setItem(KEPT_NOTIFY, allowed ? "yes" : "no");
  return allowed;
}

export class Ring {
  #timer = 0;
  #blink = 0;
  #title = document.title;
  #notification = null;

  start(number) {
    this.stop();
    const ring = () => tone([425, 430], 0, RING_S, VOLUME);
    wakeSignals();
    ring();
    this.#timer = setInterval(ring, RING_EACH_MS);
    const calls = t("Call: %(number)s", { number });
    document.title = calls;
    this.#blink = setInterval(() => {
      document.title = document.title === calls ? this.#title : calls;
    }, 1000);
    if (document.hidden && notifies()) {
      this.#notification = new Notification(t("Incoming call"), { body: number, tag: "liniya-call", requireInteraction: true });
      this.#notification.addEventListener("click", () => window.focus());
    }
  }

  stop() {
    clearInterval(this.#timer);
    clearInterval(this.#blink);
    document.title = this.#title;
    this.#notification?.close();
    this.#notification = null;
  }
}

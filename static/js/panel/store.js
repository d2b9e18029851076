// The panel's view as the line last told it, and who wants to know when which section of it changes.

import { setNow } from "./clock.js";

export class Store {
  view = {};
  partials = { caller: "", operator: "" };
  /** "connecting" until the first snapshot, then "here" or "away". */
  link = "connecting";
  #listeners = [];
  #changed = new Set();

  /** Call `listener` with the view after any of the sections (also "partials", "link") changed. */
  on(sections, listener) {
    this.#listeners.push({ sections, listener });
  }

  take(message) {
    if ("partial" in message) {
      this.partials = { ...this.partials, [message.partial.speaker]: message.partial.text };
      this.#change("partials");
    } else if ("snapshot" in message) this.#begin(message);
    else this.#goOn(message);
  }

  setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.#change("link");
  }

  #begin(message) {
    setNow(message.now);
    this.#change("partials", ...Object.keys(this.view), ...Object.keys(message.snapshot));
    this.view = message.snapshot;
    this.partials = { caller: "", operator: "" };
  }

  #goOn(message) {
    const view = { ...this.view, ...message.set };
    for (const [section, items] of Object.entries(message.append)) view[section] = [...(view[section] ?? []), ...items];
    // A phrase that is final has no partial any more.
    for (const phrase of message.append.transcript ?? []) this.partials = { ...this.partials, [phrase.speaker]: "" };
    this.view = view;
    this.#change(...Object.keys(message.set), ...Object.keys(message.append));
    if (message.append.transcript) this.#change("partials");
  }

  #change(...sections) {
    // Told in one go after the message: a microtask, because frames stand still in a hidden tab.
    if (this.#changed.size === 0) queueMicrotask(() => this.#tell());
    sections.forEach((section) => this.#changed.add(section));
  }

  #tell() {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { sections, listener } of this.#listeners) {
      if (sections.some((section) => changed.has(section))) listener(this.view);
    }
  }
}

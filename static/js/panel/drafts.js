// Text being typed: sent soon after the last key, kept through breaks and reloads, never overwritten by the line.

import { setText } from "./dom.js";
import { t } from "../i18n.js";

const SENT_AFTER_MS = 450;

export class Drafts {
  #fields = [];

  constructor(panel) {
    this.panel = panel;
    panel.store.on(["call"], () => this.#fields.forEach((field) => field.show()));
    panel.store.on(["link"], () => panel.store.link === "here" && this.flush());
    window.addEventListener("pagehide", () => this.flush());
  }

  /** Bind a field: `read(call)` is the line's text, `command(value)` the name and values of what changes it. */
  bind(input, read, command) {
    this.#fields.push(new Draft(this.panel, input, read, command, () => this.#tell()));
  }

  /** Send everything that waits; resolves when it has arrived or could not. */
  flush() {
    return Promise.all(this.#fields.map((field) => field.send()));
  }

  #tell() {
    const waits = this.#fields.some((field) => field.dirty);
    setText(document.getElementById("saved"), waits ? t("Not saved yet") : "");
  }
}

class Draft {
  dirty = false;
  #call = "";
  #timer = 0;

  constructor(panel, input, read, command, onChange) {
    this.panel = panel;
    this.input = input;
    this.read = read;
    this.command = command;
    this.onChange = onChange;
    input.addEventListener("input", () => this.#typed());
    input.addEventListener("change", () => this.send());
    input.addEventListener("blur", () => this.send());
  }

  /** Bring in the line's text, unless the operator's own has not arrived there yet. */
  show() {
    const call = this.panel.store.view.call;
    if (!call) return;
    if (call.id !== this.#call) this.#begin(call);
    const writing = this.input === document.activeElement && this.input.tagName !== "SELECT";
    const value = this.read(call) ?? "";
    if (!this.dirty && !writing && this.input.value !== value) this.input.value = value;
  }

  async send() {
    clearTimeout(this.#timer);
    const { view, link } = this.panel.store;
    if (!this.dirty || link !== "here" || view.call?.id !== this.#call) return;
    const value = this.input.value;
    try {
      await this.panel.ask(...this.command(value));
    } catch (error) {
      // Kept in the field, and sent again when the line is back or the text is changed.
      this.onChange();
      if (error.kind !== "failed") this.panel.notices.bad(t("The text could not be saved: the call is over."));
      return;
    }
    if (this.input.value === value) this.#settled();
  }

  #begin(call) {
    this.#call = call.id;
    const kept = sessionStorage.getItem(this.#place());
    this.dirty = kept !== null;
    this.input.value = kept ?? this.read(call) ?? "";
    if (this.dirty) this.#sendSoon();
  }

  #typed() {
    this.dirty = true;
    sessionStorage.setItem(this.#place(), this.input.value);
    this.onChange();
    this.#sendSoon();
  }

  #sendSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), SENT_AFTER_MS);
  }

  #settled() {
    this.dirty = false;
    sessionStorage.removeItem(this.#place());
    this.onChange();
    this.show();
  }

  #place() {
    return `liniya:draft:${this.#call}:${this.input.id}`;
  }
}

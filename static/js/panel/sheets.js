// What slides over the script. One sheet at a time; Escape and the cross close it; the focus goes back.

import { byId, show } from "./dom.js";

export class Sheets {
  #open = "";
  #cameFrom = null;
  #closers = new Map();

  constructor(panel) {
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#open && !document.querySelector("dialog[open]")) this.close();
    });
    for (const button of document.querySelectorAll("[data-close-sheet]")) {
      button.addEventListener("click", () => this.close());
    }
    this.panel = panel;
  }

  get isOpen() {
    return this.#open !== "";
  }

  is(name) {
    return this.#open === name;
  }

  /** Open a sheet; `focus` is what gets the focus, else the sheet itself. */
  open(name, focus = null) {
    if (this.#open !== name) {
      if (!this.#open) this.#cameFrom = document.activeElement;
      if (this.#open) show(byId(`sheet-${this.#open}`), false);
      this.#open = name;
      show(byId(`sheet-${name}`), true);
    }
    byId("script-card").classList.add("has-sheet");
    (focus ?? byId(`sheet-${name}`)).focus();
  }

  close() {
    if (!this.#open) return;
    const shut = this.#open;
    const inside = byId(`sheet-${shut}`).contains(document.activeElement);
    show(byId(`sheet-${shut}`), false);
    this.#open = "";
    byId("script-card").classList.remove("has-sheet");
    if (inside || document.activeElement === document.body) this.#cameFrom?.focus?.();
    this.#closers.get(shut)?.();
  }

  /** Do something whenever the sheet was closed. */
  onClose(name, then) {
    this.#closers.set(name, then);
  }
}

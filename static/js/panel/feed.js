// The panel's web socket: snapshots, numbered deltas, answers to commands; it comes back by itself after any break.

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const PING_EACH_MS = 4000;
const SILENT_FOR_MS = 9000;
const ANSWER_WITHIN_MS = 8000;
const NOT_SIGNED_IN = 4401;

/** A command that was not carried out. `kind`: refused or bad_input (with `code`), failed. */
export class NotDone extends Error {
  constructor(kind, words, code = "") {
    super(words);
    this.kind = kind;
    this.code = code;
  }
}

export class Feed {
  #address;
  #onMessage;
  #onLink;
  #socket = null;
  #seq = null;
  #numbers = 0;
  #waiting = new Map();
  #pauseMs = FIRST_PAUSE_MS;
  #retry = 0;
  #heardAt = 0;

  /** `onMessage` is given snapshots, deltas and partials in order; `onLink` is given "away" or "here". */
  constructor(address, { onMessage, onLink }) {
    this.#address = address;
    this.#onMessage = onMessage;
    this.#onLink = onLink;
    setInterval(() => this.#ping(), PING_EACH_MS);
    window.addEventListener("online", () => this.#again(0));
    window.addEventListener("offline", () => this.#lose());
  }

  open() {
    this.#socket = new WebSocket(this.#address);
    const socket = this.#socket;
    this.#heardAt = Date.now();
    socket.addEventListener("message", (event) => socket === this.#socket && this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (event.code === NOT_SIGNED_IN) location.assign("/login?next=%2Fpanel");
      else if (socket === this.#socket) this.#lose();
    });
  }

  /** The line's answer, or NotDone. */
  command(name, values = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new NotDone("failed", "no connection"));
    const id = ++this.#numbers;
    this.#socket.send(JSON.stringify({ id, command: name, arguments: values }));
    return new Promise((resolve, reject) => {
      const silent = () => this.#answer(id, { failed: "no answer" });
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(silent, ANSWER_WITHIN_MS) });
    });
  }

  #take(message) {
    this.#heardAt = Date.now();
    if ("id" in message) this.#answer(message.id, message);
    else if ("line" in message) {
      if (message.line === "away") this.#onLink("away");
    } else if ("snapshot" in message) this.#begin(message);
    else if ("set" in message) this.#goOn(message);
    else if ("partial" in message && this.#seq !== null) this.#onMessage(message);
  }

  #begin(message) {
    this.#seq = message.seq;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#onMessage(message);
    this.#onLink("here");
  }

  #goOn(message) {
    if (this.#seq === null) return;
    if (message.seq === this.#seq + 1) {
      this.#seq = message.seq;
      this.#onMessage(message);
    } else {
      // A number is missing: what is shown cannot be trusted until a snapshot comes.
      this.#seq = null;
      this.#socket.send(JSON.stringify({ resync: true }));
    }
  }

  #answer(id, message) {
    const asked = this.#waiting.get(id);
    if (!asked) return;
    this.#waiting.delete(id);
    clearTimeout(asked.timer);
    if ("ok" in message) asked.resolve(message.ok);
    else if ("refused" in message) {
      asked.reject(new NotDone("refused", message.refused.reason, message.refused.code));
    } else if ("bad_input" in message) asked.reject(new NotDone("bad_input", message.bad_input.text, message.bad_input.code));
    else asked.reject(new NotDone("failed", message.failed ?? ""));
  }

  #ping() {
    const silent = Date.now() - this.#heardAt > SILENT_FOR_MS;
    if (this.#socket && silent) this.#lose();
    else if (this.#socket?.readyState === WebSocket.OPEN) {
      // Connected and still without a snapshot: the line may not have served the subscription, so ask again.
      const asked = this.#seq === null ? { resync: true } : { ping: ++this.#numbers };
      this.#socket.send(JSON.stringify(asked));
    }
  }

  #lose() {
    const socket = this.#socket;
    this.#socket = null;
    this.#seq = null;
    socket?.close();
    this.#onLink("away");
    for (const id of [...this.#waiting.keys()]) this.#answer(id, { failed: "no connection" });
    // Jitter, so that a whole room of panels does not come back in step.
    this.#again(this.#pauseMs * (0.5 + Math.random() / 2));
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #again(afterMs) {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), afterMs);
  }
}

/**
 * The operator's telephone in the browser: microphone and loudspeaker over a WebSocket straight to the line.
 *
 * What travels (the server's side is app/telephony/browser_phone.py):
 * - binary, both ways: 320 bytes = 160 samples of 16-bit little-endian PCM at 8 kHz = 20 ms;
 * - from the line: `{"audio": "ready" | "busy" | "taken"}`, `{"call": true | false}`;
 * - to the line: `{"audio": "take_over"}`, `{"microphone": true | false}`.
 *
 * The socket comes back by itself, and the line keeps the call meanwhile. A page that was told "taken" stays away
 * until `takeOver()`.
 */

const TAKEN = 4001;
const MOST_UNSENT_BYTES = 3200; // 200 ms: what is older is of no use to the caller
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2000;
const STABLE_MS = 3000;

const MICROPHONE = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
};

/** The same in a reloaded page, so that it takes its own former socket's place; another in every other tab. */
function pageIdentity() {
  const [navigation] = performance.getEntriesByType("navigation");
  const former = sessionStorage.getItem("liniya-audio-page");
  if (former && navigation?.type === "reload") return former;
  const octets = crypto.getRandomValues(new Uint8Array(12));
  const identity = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("liniya-audio-page", identity);
  return identity;
}

/**
 * @typedef {object} PhoneState
 * @property {boolean} connected  the line has this page as the operator's telephone
 * @property {'live'|'muted'|'absent'|'refused'} microphone
 * @property {boolean} busy  another page is the telephone; `takeOver()` changes that
 * @property {boolean} taken  another page took over from this one
 * @property {boolean} in_call  a leg uses the telephone
 * @property {boolean} needs_gesture  the browser lets no sound out before a click or a key
 * @property {number} level_in  RMS of the microphone, 0..1, ten times a second
 * @property {number} level_out  RMS of the loudspeaker
 * @property {number} buffered_ms  sound that waits to be played
 *
 * @fires BrowserPhone#state  CustomEvent with a PhoneState as `detail`
 */
export class BrowserPhone extends EventTarget {
  /** @type {PhoneState} */
  state = {
    connected: false,
    microphone: "absent",
    busy: false,
    taken: false,
    in_call: false,
    needs_gesture: false,
    level_in: 0,
    level_out: 0,
    buffered_ms: 0,
  };

  #page = pageIdentity();
  #url = null;
  #socket = null;
  #attempts = 0;
  #timer = null;
  #wantsToTakeOver = false;
  #closed = false;
  #context = null;
  #node = null;
  #stream = null;
  #muted = false;
  #asked = false;
  #gesture = () => this.#context?.resume();
  #devices = () => this.#askAgain();

  /**
   * Open the socket, and open it again whenever it closes.
   * @param {string | (() => string | Promise<string>)} url  `ws(s)://host:port/audio?token=...`, or what gives one
   */
  connect(url) {
    this.#url = url;
    this.#closed = false;
    this.#open();
  }

  /** Ask for the microphone and begin to sound; without a microphone one listens only, and that is no error. */
  async start() {
    if (this.#node) return;
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, this.#gesture);
    navigator.mediaDevices?.addEventListener("devicechange", this.#devices);
    await this.#prepare({ sampleRate: 8000, latencyHint: "interactive" });
    await this.#askForMicrophone();
  }

  /** @param {boolean} muted  the caller hears nothing, the loudspeaker goes on */
  mute(muted) {
    this.#muted = muted;
    this.#node?.port.postMessage({ mute: muted });
    if (this.#stream) this.#change({ microphone: muted ? "muted" : "live", level_in: 0 });
  }

  /** Make this page the operator's telephone in place of another. */
  takeOver() {
    this.#wantsToTakeOver = true;
    if (this.state.busy) this.#tell({ audio: "take_over" });
    else if (!this.state.connected) this.#open();
  }

  /** Hang the telephone on its hook: socket, microphone and loudspeaker are given back. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const event of ["pointerdown", "keydown"]) document.removeEventListener(event, this.#gesture);
    navigator.mediaDevices?.removeEventListener("devicechange", this.#devices);
    this.#dropSocket();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#context?.close();
    this.#context = this.#node = this.#stream = null;
    this.#change({ connected: false, busy: false, in_call: false, microphone: "absent" });
    this.#change({ level_in: 0, level_out: 0, buffered_ms: 0 });
  }

  // The socket

  async #open() {
    clearTimeout(this.#timer);
    this.#dropSocket();
    try {
      const url = new URL(typeof this.#url === "function" ? await this.#url() : this.#url);
      url.searchParams.set("page", this.#page);
      if (this.#closed) return;
      this.#listenTo(new WebSocket(url));
    } catch {
      this.#openLater(); // the page's own server is away, too
    }
  }

  #listenTo(socket) {
    this.#socket = socket;
    const opened = performance.now();
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#told(JSON.parse(data));
      else this.#play(data);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (performance.now() - opened > STABLE_MS) this.#attempts = 0;
      this.#change({ connected: false, busy: false, in_call: false, taken: code === TAKEN });
      if (code !== TAKEN || this.#wantsToTakeOver) this.#openLater();
    };
  }

  #openLater() {
    if (this.#closed) return;
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), delay * (0.5 + Math.random() / 2));
  }

  #dropSocket() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #told(message) {
    if (message.audio === "ready") {
      this.#wantsToTakeOver = false;
      this.#node?.port.postMessage({ flush: true });
      this.#change({ connected: true, busy: false, taken: false });
      this.#tellOfMicrophone();
    } else if (message.audio === "busy") {
      this.#change({ connected: false, busy: true });
      if (this.#wantsToTakeOver) this.#tell({ audio: "take_over" });
    } else if (message.audio === "taken") {
      this.#change({ connected: false, taken: true, in_call: false });
    }
    if (message.call !== undefined) {
      if (!message.call) this.#node?.port.postMessage({ flush: true });
      this.#change({ in_call: message.call });
    }
  }

  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #tellOfMicrophone() {
    if (this.state.connected && this.#asked) this.#tell({ microphone: this.#stream !== null });
  }

  // The sound

  async #prepare(options) {
    const context = new AudioContext(options);
    await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    const node = new AudioWorkletNode(context, "liniya-phone", {
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: "explicit",
    });
    node.port.onmessage = ({ data }) => this.#heard(data);
    node.port.postMessage({ mute: this.#muted });
    node.connect(context.destination);
    context.onstatechange = () => this.#change({ needs_gesture: context.state === "suspended" });
    this.#context = context;
    this.#node = node;
    this.#change({ needs_gesture: context.state === "suspended" });
  }

  #play(frame) {
    this.#node?.port.postMessage({ play: frame }, [frame]);
  }

  #heard({ block, levels }) {
    if (levels) {
      this.#change({ level_in: levels.in, level_out: levels.out, buffered_ms: levels.buffered_ms });
    }
    const socket = this.#socket;
    if (!block || !this.state.connected || !this.state.in_call || socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount <= MOST_UNSENT_BYTES) socket.send(block);
  }

  async #askForMicrophone() {
    try {
      if (!navigator.mediaDevices) throw new DOMException("needs https or localhost", "NotFoundError");
      const stream = await navigator.mediaDevices.getUserMedia(MICROPHONE);
      if (this.#closed) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      await this.#attach(stream);
      this.#stream = stream;
      stream.getAudioTracks()[0].onended = () => this.#lostMicrophone();
      this.#change({ microphone: this.#muted ? "muted" : "live" });
    } catch (error) {
      this.#change({ microphone: error.name === "NotAllowedError" ? "refused" : "absent" });
    }
    this.#asked = true; // until then the line supposes one
    this.#tellOfMicrophone();
  }

  /** Firefox connects no microphone to a context of another rate: then the worklet resamples. */
  async #attach(stream) {
    try {
      this.#context.createMediaStreamSource(stream).connect(this.#node);
    } catch (error) {
      if (error.name !== "NotSupportedError") throw error;
      await this.#context.close();
      await this.#prepare({ latencyHint: "interactive" });
      this.#context.createMediaStreamSource(stream).connect(this.#node);
    }
    await Promise.race([this.#context.resume(), new Promise((resolve) => setTimeout(resolve, 200))]);
  }

  #lostMicrophone() {
    this.#stream = null;
    this.#change({ microphone: "absent", level_in: 0 });
    this.#tellOfMicrophone();
    this.#askAgain();
  }

  /** A headset was plugged in; a refusal is not asked about again. */
  #askAgain() {
    if (!this.#stream && this.#node && this.state.microphone === "absent") this.#askForMicrophone();
  }

  #change(changes) {
    this.state = { ...this.state, ...changes };
    this.dispatchEvent(new CustomEvent("state", { detail: this.state }));
  }
}

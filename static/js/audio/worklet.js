/**
 * The sound of the operator's telephone, in the audio thread: microphone in, loudspeaker out, both at 8 kHz.
 *
 * To the page: `{block: ArrayBuffer}` 160 samples of 16-bit PCM (20 ms) of the microphone;
 * `{levels: {in, out, buffered_ms}}` ten times a second, levels as RMS of full scale 0..1.
 * From the page: `{play: ArrayBuffer}` samples in the same form; `{mute: boolean}`;
 * `{flush: true}` forgets what waits.
 */

const RATE = 8000;
const BLOCK = 160;
const TARGET = 800; // 100 ms wait before playing begins: the server's tick, the network and this page all stall
const LOW = 400; // below 50 ms sound is played slower by 1 in 128, above HIGH faster: nobody hears it
const HIGH = TARGET + 240;
const MOST = 3200; // beyond 400 ms the oldest go at once
const WINDOW = 50; // quanta over which the least filling is judged: 0.8 s
const LEVELS_EVERY = RATE / 10;

const greatestCommonDivisor = (a, b) => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Windowed-sinc resampling between two whole rates; the kernels of all phases are made once. */
class Resampler {
  constructor(from, to) {
    const divisor = greatestCommonDivisor(from, to);
    this.step = from / divisor;
    this.phases = to / divisor;
    const narrowing = Math.min(1, to / from);
    this.half = Math.ceil(12 / narrowing);
    const cutoff = 0.92 * narrowing;
    this.kernels = Array.from({ length: this.phases }, (_, phase) => this.kernel(phase / this.phases, cutoff));
    this.waiting = new Float32Array(2 * this.half);
    this.index = this.half;
    this.phase = 0;
  }

  kernel(shift, cutoff) {
    const taps = new Float32Array(2 * this.half);
    let sum = 0;
    for (let k = 0; k < taps.length; k += 1) {
      const t = k - this.half + 1 - shift;
      const x = Math.PI * cutoff * t;
      const window = Math.max(0, 0.5 + 0.5 * Math.cos((Math.PI * t) / this.half));
      taps[k] = (x === 0 ? 1 : Math.sin(x) / x) * window;
      sum += taps[k];
    }
    return taps.map((tap) => tap / sum);
  }

  /** @param {Float32Array} samples @returns {Float32Array} as many as are complete by now */
  push(samples) {
    const input = new Float32Array(this.waiting.length + samples.length);
    input.set(this.waiting);
    input.set(samples, this.waiting.length);
    const output = [];
    while (this.index + this.half < input.length) {
      const taps = this.kernels[this.phase];
      const first = this.index - this.half + 1;
      let sum = 0;
      for (let k = 0; k < taps.length; k += 1) sum += taps[k] * input[first + k];
      output.push(sum);
      this.phase += this.step;
      this.index += Math.floor(this.phase / this.phases);
      this.phase %= this.phases;
    }
    const kept = Math.max(0, this.index - this.half);
    this.waiting = input.slice(kept);
    this.index -= kept;
    return Float32Array.from(output);
  }
}

/** A ring of samples that begins to play when it holds 100 ms and finds its way back there. */
class PlayoutRing {
  constructor() {
    this.ring = new Float32Array(8192);
    this.clear();
  }

  clear() {
    this.read = 0;
    this.written = 0;
    this.gathering = true;
    this.least = Infinity;
    this.quanta = 0;
    this.correction = 0;
  }

  get filled() {
    return this.written - this.read;
  }

  push(samples) {
    for (const sample of samples) this.ring[this.written++ % this.ring.length] = sample / 32768;
    if (this.filled > MOST) this.read = this.written - TARGET;
  }

  /** Fill `out`; silence where there is nothing. */
  pull(out) {
    if (this.gathering && this.filled < TARGET) return out.fill(0);
    this.gathering = false;
    this.judge();
    const wanted = out.length + this.correction;
    if (this.correction !== 0 && this.filled > wanted) this.stretch(out, wanted);
    else this.copy(out);
    return out;
  }

  copy(out) {
    const there = Math.min(out.length, this.filled);
    for (let n = 0; n < there; n += 1) out[n] = this.at(n);
    this.read += there;
    out.fill(0, there);
    if (there < out.length) this.gathering = true;
  }

  /** Play `wanted` samples in the time of `out`: a hair higher or lower, without a click. */
  stretch(out, wanted) {
    const step = wanted / out.length;
    for (let n = 0; n < out.length; n += 1) {
      const place = Math.floor(n * step);
      const part = n * step - place;
      out[n] = (1 - part) * this.at(place) + part * this.at(place + 1);
    }
    this.read += wanted;
  }

  at(place) {
    return this.ring[(this.read + place) % this.ring.length];
  }

  judge() {
    this.least = Math.min(this.least, this.filled);
    if (this.correction > 0 && this.filled <= TARGET) this.correction = 0;
    if (this.correction < 0 && this.filled >= 0.75 * TARGET) this.correction = 0;
    this.quanta += 1;
    if (this.quanta < WINDOW) return;
    if (this.least > HIGH) this.correction = 1;
    else if (this.least < LOW) this.correction = -1;
    this.quanta = 0;
    this.least = Infinity;
  }
}

/** Root mean square since it was last taken. */
class Level {
  sum = 0;
  count = 0;

  add(samples) {
    for (const sample of samples) this.sum += sample * sample;
    this.count += samples.length;
  }

  take() {
    const level = this.count ? Math.sqrt(this.sum / this.count) : 0;
    this.sum = 0;
    this.count = 0;
    return level;
  }
}

class LiniyaPhone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new PlayoutRing();
    this.down = sampleRate === RATE ? null : new Resampler(sampleRate, RATE);
    this.up = sampleRate === RATE ? null : new Resampler(RATE, sampleRate);
    this.ready = new Float32Array(0);
    this.piece = new Float32Array(64);
    this.block = new Int16Array(BLOCK);
    this.filled = 0;
    this.muted = false;
    this.levelIn = new Level();
    this.levelOut = new Level();
    this.sinceLevels = 0;
    this.port.onmessage = ({ data }) => this.told(data);
  }

  told(message) {
    if (message.play) this.ring.push(new Int16Array(message.play));
    if (message.mute !== undefined) this.muted = message.mute;
    if (message.flush) this.ring.clear();
  }

  process(inputs, outputs) {
    const microphone = inputs[0][0];
    if (microphone) this.capture(this.down ? this.down.push(microphone) : microphone);
    this.play(outputs[0][0]);
    this.report(outputs[0][0].length);
    return true;
  }

  capture(samples) {
    if (this.muted) return;
    this.levelIn.add(samples);
    for (const sample of samples) {
      this.block[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === BLOCK) {
        this.port.postMessage({ block: this.block.buffer }, [this.block.buffer]);
        this.block = new Int16Array(BLOCK);
        this.filled = 0;
      }
    }
  }

  play(out) {
    if (this.up) this.playResampled(out);
    else this.ring.pull(out);
    this.levelOut.add(out);
  }

  playResampled(out) {
    while (this.ready.length < out.length) {
      const more = this.up.push(this.ring.pull(this.piece));
      const joined = new Float32Array(this.ready.length + more.length);
      joined.set(this.ready);
      joined.set(more, this.ready.length);
      this.ready = joined;
    }
    out.set(this.ready.subarray(0, out.length));
    this.ready = this.ready.slice(out.length);
  }

  report(samples) {
    this.sinceLevels += (samples * RATE) / sampleRate;
    if (this.sinceLevels < LEVELS_EVERY) return;
    this.sinceLevels = 0;
    const levels = { in: this.levelIn.take(), out: this.levelOut.take(), buffered_ms: this.ring.filled / 8 };
    this.port.postMessage({ levels });
  }
}

registerProcessor("liniya-phone", LiniyaPhone);

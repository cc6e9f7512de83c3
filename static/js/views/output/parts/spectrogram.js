// @ts-check
// A sound as the network gets it: the loudness of each frequency band over time.

import { sequentialLUT } from "../../../color.js";
import { h } from "../../../controls/dom.js";
import { Atlas } from "../../../renderer/surface.js";

/** Frames of 256 samples, one every 128, at 8000 a second (engine/data/speech.py). */
const [FRAME, HOP] = [0.032, 0.016]; // seconds
const MIN_LEVEL = -60; // dB below the loudest
const TIMES = [0, 0.1, 0.2]; // seconds
const FREQUENCIES = [200, 500, 1000, 2000, 3000]; // Hz

export class Spectrogram {
  /** @param {number[]} centres of the bands, Hz, rising @param {number} frames */
  constructor(centres, frames) {
    this.centres = centres;
    this.frames = frames;
    this.atlas = new Atlas(frames, centres.length);
    const axes = [...FREQUENCIES.map((f) => this.frequency(f)), ...TIMES.map((t) => this.time(t))];
    this.picture = h("div", { class: "live-spectrum", role: "img" }, this.atlas.canvas, ...axes);
    this.element = h("div", { class: "live-sound" }, this.picture);
  }

  /** A mark at the frequency axis. @param {number} hertz */
  frequency(hertz) {
    const { centres } = this;
    const above = centres.findIndex((centre) => centre >= hertz);
    const [low, high] = [centres[above - 1], centres[above]];
    const band = above - (high - hertz) / (high - low);
    const name = hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`;
    const mark = h("span", { class: "live-frequency" }, name);
    mark.style.setProperty("--at", String(1 - (band + 0.5) / centres.length));
    return mark;
  }

  /** A mark at the time axis, from the beginning of the first frame. @param {number} seconds */
  time(seconds) {
    const name = seconds === TIMES.at(-1) ? `${seconds} s` : String(seconds);
    const mark = h("span", { class: "live-time" }, name);
    const frame = (seconds - FRAME / 2) / HOP;
    mark.style.setProperty("--at", String(Math.max(0, (frame + 0.5) / this.frames)));
    return mark;
  }

  /**
   * @param {(index: number) => number} at dB of (frame, band)
   * @param {string} words what it is the sound of
   */
  show(at, words) {
    const { atlas, frames, centres } = this;
    const colors = sequentialLUT();
    for (let frame = 0; frame < frames; frame += 1) {
      for (let band = 0; band < centres.length; band += 1) {
        const share = 1 - at(frame * centres.length + band) / MIN_LEVEL;
        const color = colors[Math.round(255 * Math.min(1, Math.max(0, share)))] ?? 0;
        atlas.pixels[(centres.length - 1 - band) * frames + frame] = color;
      }
    }
    atlas.flush();
    this.picture.setAttribute("aria-label", words);
  }

  /** Shows no sound. @param {string} words */
  clear(words) {
    this.show(() => MIN_LEVEL, words);
  }
}

// @ts-check
// The user's voice: recorded, shown as the network's input, and classified during training.

import { h, icon, setText, tip } from "../../../controls/dom.js";
import { Asking } from "./asking.js";
import { encode, NoSound, play, record } from "./audio.js";
import { Probabilities } from "./probabilities.js";

/** @import { Context, Frame } from "../../../state/types.js" */
/** @import { Message } from "../../../wire/connection.js" */
/** @import { Spectrogram } from "./spectrogram.js" */

const EVERY = 200; // ms
const INVITATION = "Record a vowel to see which one the network hears.";

export class Voice {
  /**
   * @param {Context} context
   * @param {string[]} names of the classes
   * @param {Spectrogram} spectrogram
   */
  constructor(context, names, spectrogram) {
    this.names = names;
    this.spectrogram = spectrogram;
    this.probabilities = new Probabilities(names);
    this.asking = new Asking(context, {
      type: "classify",
      every: EVERY,
      answer: (answer) => this.show(answer),
      refuse: (why) => this.complain(why),
    });
    /** @type {{samples: Float32Array<ArrayBuffer>, rate: number} | null} */
    this.recording = null;
    /** @type {AbortController | null} of the recording under way */
    this.ending = null;
    /** @type {number[] | null} what the network heard, dB */
    this.heard = null;
    this.message = h("p", { class: "live-said", role: "status" });
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.label = h("span", {}, "Record");
    this.button = h("button", { type: "button", class: "button" }, icon("microphone"), this.label);
    const again = { type: "button", class: "button", disabled: true };
    this.again = h("button", again, icon("play"), "Play");
    this.element = this.layOut();
    this.probabilities.clear();
    setText(this.message, INVITATION);
    this.paint();
  }

  layOut() {
    this.button.onclick = () => (this.ending ? this.ending.abort() : this.record());
    tip(
      this.button,
      "Records up to a second and a half. The loudest quarter second becomes a spectrogram and goes through the network. The sound is not stored, and training never sees it.",
    );
    this.again.onclick = () => this.replay();
    tip(this.again, "Plays the recording.");
    const buttons = h("div", { class: "live-row" }, this.button, this.again);
    return h(
      "div",
      { class: "live-part" },
      h("h3", {}, "Your own voice"),
      h(
        "div",
        { class: "live-hearing" },
        h("div", { class: "live-part" }, this.spectrogram.element, buttons),
        this.probabilities.element,
      ),
      this.message,
      this.problem,
    );
  }

  destroy() {
    this.asking.stop();
    this.ending?.abort();
  }

  async record() {
    this.ending = new AbortController();
    this.problem.hidden = true;
    setText(this.message, "Waiting for the microphone …");
    try {
      this.recording = await record(this.ending.signal, () => this.listen());
      this.asking.ask({ sound: encode(this.recording.samples), rate: this.recording.rate });
    } catch (error) {
      if (!(error instanceof NoSound)) throw error;
      this.complain(error.message);
    } finally {
      this.ending = null;
      this.button.classList.remove("recording");
      setText(this.label, "Record");
    }
  }

  listen() {
    this.button.classList.add("recording");
    setText(this.label, "Stop");
    setText(this.message, "Recording: hold a vowel, as in heed, had, hod or who'd.");
  }

  async replay() {
    if (!this.recording) return;
    try {
      await play(this.recording.samples, this.recording.rate);
    } catch {
      this.complain("The browser cannot play sound.");
    }
  }

  /** @param {string} why */
  complain(why) {
    this.problem.hidden = false;
    setText(this.problem, why);
    setText(this.message, this.recording ? "" : INVITATION);
  }

  /** @param {Message} answer */
  show({ input, probabilities, answer }) {
    this.heard = input.flat();
    this.again.disabled = false;
    this.paint();
    if (probabilities) {
      this.probabilities.show(probabilities, -1, answer);
      setText(this.message, `The network hears the vowel of “${this.names[answer]}”.`);
    } else {
      this.probabilities.clear();
      setText(this.message, "The network's prediction is not a number.");
    }
  }

  /** Draws the recording in the current colours. */
  paint() {
    const { heard, spectrogram } = this;
    if (heard) spectrogram.show((i) => heard[i], "Spectrogram of your recording");
    else spectrogram.clear("No recording yet");
  }

  /** @param {Frame} frame */
  renew(frame) {
    this.asking.renew(frame);
  }
}

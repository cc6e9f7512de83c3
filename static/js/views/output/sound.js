// @ts-check
// Classification of sounds: the probe sample's spectrogram and sound, and the user's voice.

import { onThemeChange } from "../../color.js";
import { h, icon, setText, tip } from "../../controls/dom.js";
import { CommandError } from "../../wire/connection.js";
import { decode, play } from "./parts/audio.js";
import { sampleName, shownSample } from "./parts/moment.js";
import { decide, shares } from "./parts/prediction.js";
import { Probabilities } from "./parts/probabilities.js";
import { Sample } from "./parts/sample.js";
import { Spectrogram } from "./parts/spectrogram.js";
import { Voice } from "./parts/voice.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */
/** @import { Taken } from "./parts/sample.js" */

const DRAW_EVERY = 100; // ms

export class Sound {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    const { class_names: names, feature_names: bands, input_shape: shape } = model.data;
    this.title = "Sound";
    this.context = context;
    this.data = model.data;
    this.sample = new Sample(model, DRAW_EVERY);
    this.wants = this.sample.wants;
    const centres = bands.map((name) => Number.parseFloat(name));
    this.spectrogram = new Spectrogram(centres, shape[0]);
    this.probabilities = new Probabilities(names);
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.voice = new Voice(context, names, new Spectrogram(centres, shape[0]));
    this.element = h("div", { class: "live" }, this.samplePart(), this.voice.element);
    this.stop = onThemeChange(() => {
      this.sample.forget();
      this.voice.paint();
    });
  }

  samplePart() {
    const button = h("button", { type: "button", class: "button" }, icon("play"), "Play");
    button.onclick = () => this.play();
    tip(button, "Plays the sound of this sample. The inputs x are its spectrogram, shown here.");
    return h(
      "div",
      { class: "live-part" },
      this.sample.caption,
      h(
        "div",
        { class: "live-hearing" },
        h("div", { class: "live-part" }, this.spectrogram.element, button),
        this.probabilities.element,
      ),
      this.problem,
    );
  }

  destroy() {
    this.stop();
    this.voice.destroy();
  }

  /** Plays the sound of the sample that is shown. */
  async play() {
    if (!this.sample.moment) return;
    const { sample, split } = shownSample(this.sample.moment);
    this.problem.hidden = true;
    try {
      const { sound, rate } = await this.context.actions.questions.ask("sound", { sample, split });
      await play(decode(sound), rate);
    } catch (error) {
      this.problem.hidden = false;
      const why = error instanceof CommandError ? error.message : "The browser cannot play sound.";
      setText(this.problem, why);
    }
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    this.voice.renew(moment.frame);
    const taken = this.sample.take(moment, now);
    if (taken) this.showSample(taken);
  }

  /** @param {Taken} taken */
  showSample({ inputs, targets, predictions, shown }) {
    const names = this.data.class_names;
    const count = predictions.shape[0];
    const truth = decide(count, (k) => targets.at(k)).prediction;
    const { prediction } = decide(count, (k) => predictions.at(k));
    this.probabilities.show(
      shares(names.length, count, (k) => predictions.at(k)),
      truth,
      prediction,
    );
    const { mean, scale } = this.data.standardisation ?? { mean: [0], scale: [1] };
    const [m, s] = [mean[0], scale[0]];
    const words = `Spectrogram of ${sampleName(shown)}: ${names[truth]}`;
    this.spectrogram.show((i) => inputs.at(i) * s + m, words);
    this.sample.title(shown, `: “${names[truth]}”`);
  }
}

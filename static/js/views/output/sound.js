// @ts-check
// A network that hears: the probe sample's sound to look at and to play, and one's own voice.

import { onThemeChange } from "../../color.js";
import { CommandError } from "../../connection.js";
import { h, icon, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { decide, shares } from "./answer.js";
import { decode, play } from "./audio.js";
import { answerBuffer, entryOf, sampleTitle, shownSample } from "./moment.js";
import { Probabilities } from "./probabilities.js";
import { Spectrogram } from "./spectrogram.js";
import { Voice } from "./voice.js";

/** @typedef {import("../../types.js").Context} Context */
/** @typedef {import("../../types.js").Model} Model */
/** @typedef {import("./moment.js").Moment} Moment */

const INPUTS = "probe/input/x";
const TARGETS = "probe/input/y";
const DRAW_EVERY = 100; // ms

export class Sound {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    const { class_names: names, feature_names: bands, input_shape: shape } = model.data;
    this.title = "Sound";
    this.context = context;
    this.data = model.data;
    this.answer = answerBuffer(model);
    const wanted = [INPUTS, TARGETS, this.answer, "probe/loss", "input/batch"];
    this.wants = wanted.map((name) => ({ name, dtype: /** @type {const} */ ("f64") }));
    const centres = bands.map((name) => Number.parseFloat(name));
    this.spectrogram = new Spectrogram(centres, shape[0]);
    this.probabilities = new Probabilities(names);
    this.caption = h("h3", {});
    this.loss = h("span", {});
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.voice = new Voice(context, names, new Spectrogram(centres, shape[0]));
    this.element = h("div", { class: "live" }, this.samplePart(), this.voice.element);
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} */
    this.moment = null;
    this.stop = onThemeChange(() => {
      this.moment = null;
      this.voice.paint();
    });
  }

  samplePart() {
    const button = h("button", { type: "button", class: "button" }, icon("play"), "Play");
    button.onclick = () => this.play();
    tip(button, "Plays the sample's sound. The inputs x are its spectrogram, shown here.");
    return h(
      "div",
      { class: "live-part" },
      h("p", { class: "out-caption" }, this.caption, this.loss),
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
    if (!this.moment) return;
    const { sample, split } = shownSample(this.moment);
    this.problem.hidden = true;
    try {
      const { sound, rate } = await this.context.actions.questions.ask("sound", { sample, split });
      await play(decode(sound), rate);
    } catch (error) {
      this.problem.hidden = false;
      const why = error instanceof CommandError ? error.message : "The browser plays no sound.";
      setText(this.problem, why);
    }
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const { frame } = moment;
    this.voice.renew(frame);
    const due = now - this.drawn > DRAW_EVERY;
    if (frame === this.moment?.frame || (!due && frame.running)) return;
    const [inputs, targets, answers] = [INPUTS, TARGETS, this.answer].map((name) =>
      entryOf(moment, name),
    );
    if (!inputs || !targets || !answers) return;
    this.moment = moment;
    this.drawn = now;
    const names = this.data.class_names;
    const count = answers.shape[0];
    const truth = decide(count, (k) => targets.at(k)).answer;
    const { answer } = decide(count, (k) => answers.at(k));
    this.probabilities.show(
      shares(names.length, count, (k) => answers.at(k)),
      truth,
      answer,
    );
    const shown = shownSample(moment);
    const [name, row] = sampleTitle(shown);
    const { mean, scale } = this.data.standardisation ?? { mean: [0], scale: [1] };
    const [m, s] = [mean[0], scale[0]];
    this.spectrogram.show((i) => inputs.at(i) * s + m, `Spectrogram of ${name}: ${names[truth]}`);
    setText(this.caption, `${name}${row && `, ${row}`}: “${names[truth]}”`);
    const loss = entryOf(moment, "probe/loss");
    setText(this.loss, loss ? `loss ${short(loss.at(0))}` : "");
  }
}

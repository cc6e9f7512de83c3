// @ts-check
// An autoencoder of images: the probe sample as the network is given it, what it makes of it, and
// where the two differ from what was wanted.

import { onThemeChange } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { answerBuffer, entryOf, sampleName, sampleTitle, shownSample } from "./moment.js";
import { Picture } from "./picture.js";

/** @typedef {import("../../types.js").Context} Context */
/** @typedef {import("../../types.js").Entry} Entry */
/** @typedef {import("../../types.js").Model} Model */
/** @typedef {import("./moment.js").Moment} Moment */

const INPUTS = "probe/input/x";
const TARGETS = "probe/input/y";
const DRAW_EVERY = 60; // ms
/** Inputs and targets that differ by less, in standard deviations, are the same image. */
const SAME = 1e-4;
/** @type {[number, number]} */
const INK = [0, 1];

export class Redrawn {
  /** @param {Context} _context @param {Model} model */
  constructor(_context, model) {
    this.title = "Redrawn";
    this.data = model.data;
    const shape = model.data.image_shape ?? [1, 1];
    this.size = shape[0] * shape[1];
    this.answer = answerBuffer(model);
    const wanted = [INPUTS, TARGETS, this.answer, "probe/loss", "input/batch"];
    this.wants = wanted.map((name) => ({ name, dtype: /** @type {const} */ ("f64") }));
    this.input = new Picture(shape);
    this.output = new Picture(shape);
    this.target = new Picture(shape);
    this.error = new Picture(shape);
    this.caption = h("h3", {});
    this.loss = h("span", {});
    this.wanted = figure(this.target, "Wanted", "The target: the image without the noise.");
    this.mean = h("p", { class: "live-said" });
    this.element = h(
      "div",
      { class: "live" },
      h("p", { class: "out-caption" }, this.caption, this.loss),
      h(
        "div",
        { class: "live-figures" },
        figure(this.input, "Given", "The inputs x."),
        figure(this.output, "Redrawn", "The network's outputs for these inputs."),
        this.wanted,
        figure(
          this.error,
          "Difference",
          "Output minus target, pixel by pixel: blue is ink too much, orange is ink missing. The loss is the mean of the squares, in units of the data's standard deviation.",
        ),
      ),
      this.mean,
    );
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} */
    this.moment = null;
    this.stop = onThemeChange(() => {
      this.moment = null;
    });
  }

  destroy() {
    this.stop();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const { frame } = moment;
    const due = now - this.drawn > DRAW_EVERY;
    if (frame === this.moment?.frame || (!due && frame.running)) return;
    const [inputs, targets, answers] = [INPUTS, TARGETS, this.answer].map((name) =>
      entryOf(moment, name),
    );
    if (!inputs || !targets || !answers) return;
    this.moment = moment;
    this.drawn = now;
    const shown = shownSample(moment);
    this.showPictures(inputs, targets, answers, sampleName(shown));
    const [name, row] = sampleTitle(shown);
    setText(this.caption, row ? `${name}, ${row}` : name);
    const loss = entryOf(moment, "probe/loss");
    setText(this.loss, loss ? `loss ${short(loss.at(0))}` : "");
  }

  /**
   * @param {Entry} inputs
   * @param {Entry} targets
   * @param {Entry} answers
   * @param {string} name of the sample
   */
  showPictures(inputs, targets, answers, name) {
    const { target_mean: mean, target_scale: scale } = this.data;
    /** @param {Entry} entry */
    const ink = (entry) => ({ at: (/** @type {number} */ i) => entry.at(i) * scale + mean });
    const error = (/** @type {number} */ i) => (answers.at(i) - targets.at(i)) * scale;
    let [noisy, off] = [false, 0];
    for (let i = 0; i < this.size; i += 1) {
      noisy ||= Math.abs(inputs.at(i) - targets.at(i)) > SAME;
      off += Math.abs(error(i)) / this.size;
    }
    this.wanted.hidden = !noisy;
    this.input.show(ink(inputs), `${name}, as given to the network`, INK);
    this.output.show(ink(answers), `${name}, redrawn by the network`, INK);
    if (noisy) this.target.show(ink(targets), `${name}, without noise`, INK);
    this.error.showSigned({ at: error }, `${name}: output minus target`, 1);
    setText(
      this.mean,
      `Blue is ink too much, orange too little: ${short(off)} of full ink on average.`,
    );
  }
}

/**
 * @param {Picture} picture
 * @param {string} name
 * @param {string} about
 */
function figure({ element }, name, about) {
  return h("figure", {}, element, tip(h("figcaption", {}, name), about));
}

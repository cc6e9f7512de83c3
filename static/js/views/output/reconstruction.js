// @ts-check
// An autoencoder of images: the input, the output and the target of the probe sample, and the
// difference between output and target.

import { onThemeChange } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { sampleName } from "./parts/moment.js";
import { Picture } from "./parts/picture.js";
import { Sample } from "./parts/sample.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */
/** @import { Taken } from "./parts/sample.js" */

const DRAW_EVERY = 60; // ms
/** Inputs and targets that differ by less, in standard deviations, are the same image. */
const MAX_SAME = 1e-4;
/** @type {[number, number]} */
const INK = [0, 1];

export class Reconstruction {
  /** @param {Context} _context @param {Model} model */
  constructor(_context, model) {
    this.title = "Reconstruction";
    this.data = model.data;
    const shape = model.data.image_shape ?? [1, 1];
    this.size = shape[0] * shape[1];
    this.sample = new Sample(model, DRAW_EVERY);
    this.wants = this.sample.wants;
    this.input = new Picture(shape);
    this.output = new Picture(shape);
    this.target = new Picture(shape);
    this.error = new Picture(shape);
    this.wanted = figure(this.target, "Target", "The image without the noise.");
    this.mean = h("p", { class: "live-said" });
    this.element = h(
      "div",
      { class: "live" },
      this.sample.caption,
      h(
        "div",
        { class: "live-figures" },
        figure(this.input, "Input", "The inputs x."),
        figure(this.output, "Output", "The network's outputs for these inputs."),
        this.wanted,
        figure(
          this.error,
          "Difference",
          "Output minus target, pixel by pixel. Blue means too much ink, orange means missing ink. The loss is the mean of the squares, in units of the data's standard deviation.",
        ),
      ),
      this.mean,
    );
    this.stop = onThemeChange(() => this.sample.forget());
  }

  destroy() {
    this.stop();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const taken = this.sample.take(moment, now);
    if (!taken) return;
    this.showPictures(taken);
    this.sample.title(taken.shown);
  }

  /** @param {Taken} taken */
  showPictures({ inputs, targets, predictions, shown }) {
    const name = sampleName(shown);
    const { target_mean: mean, target_scale: scale } = this.data;
    /** @param {Taken["inputs"]} entry */
    const ink = (entry) => ({ at: (/** @type {number} */ i) => entry.at(i) * scale + mean });
    const error = (/** @type {number} */ i) => (predictions.at(i) - targets.at(i)) * scale;
    let [noisy, off] = [false, 0];
    for (let i = 0; i < this.size; i += 1) {
      noisy ||= Math.abs(inputs.at(i) - targets.at(i)) > MAX_SAME;
      off += Math.abs(error(i)) / this.size;
    }
    this.wanted.hidden = !noisy;
    this.input.show(ink(inputs), `${name}, input of the network`, INK);
    this.output.show(ink(predictions), `${name}, output of the network`, INK);
    if (noisy) this.target.show(ink(targets), `${name}, without noise`, INK);
    this.error.showSigned({ at: error }, `${name}: output minus target`, 1);
    setText(
      this.mean,
      `Blue means too much ink, orange too little: ${short(off)} of full ink on average.`,
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

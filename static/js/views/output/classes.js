// @ts-check
// Classification of images or tables: the probe sample, its predicted probabilities, and the
// confusion matrix of the test set.

import { onThemeChange } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { Confusion } from "./parts/confusion.js";
import { Features } from "./parts/features.js";
import { entryOf, predictionBuffer, sampleName, sampleTitle, shownSample } from "./parts/moment.js";
import { Picture } from "./parts/picture.js";
import { decide, shares } from "./parts/prediction.js";
import { Probabilities } from "./parts/probabilities.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const INPUTS = "probe/input/x";
const TARGETS = "probe/input/y";
const CONFUSION = "view/confusion";
const DRAW_EVERY = 100;

export class Classes {
  /** @param {Context} _context @param {Model} model */
  constructor(_context, model) {
    const { class_names: names, image_shape: shape, feature_names: features } = model.data;
    this.names = names;
    this.title = "Classes";
    this.prediction = predictionBuffer(model);
    const exact = /** @type {const} */ ("f64");
    const wanted = [INPUTS, TARGETS, CONFUSION, this.prediction, "probe/loss", "input/batch"];
    this.wants = wanted.map((name) => ({ name, dtype: exact }));
    const fits = shape && shape[0] * shape[1] === model.layers[0].inputs;
    const listed = !fits && features.length === model.layers[0].inputs;
    /** The sample's inputs, where they are an image or a table. */
    this.sample = fits ? new Picture(shape) : listed ? new Features(features) : null;
    this.probabilities = new Probabilities(names);
    this.confusion = new Confusion(names);
    this.caption = h("h3", {});
    this.row = h("span", {});
    this.loss = h("p", { class: "out-caption" });
    const caption = h("div", { class: "out-caption" }, this.caption, this.row);
    const parts = [caption, this.loss, this.probabilities.element];
    const kind = listed ? "table" : "image";
    const inputs = this.sample ? [this.sample.element] : [];
    const left = listed ? inputs : [...inputs, ...parts];
    const right = listed ? [...parts, this.confusion.element] : [this.confusion.element];
    this.element = h(
      "div",
      { class: `out-split ${kind}` },
      h("div", {}, ...left),
      h("div", {}, ...right),
    );
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} */
    this.moment = null;
    this.stop = onThemeChange(() => {
      this.drawn = Number.NEGATIVE_INFINITY;
    });
  }

  destroy() {
    this.stop();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const { frame } = moment;
    const due = now - this.drawn > DRAW_EVERY;
    if (!due && (frame.running || frame === this.moment?.frame)) return;
    this.moment = moment;
    this.drawn = now;
    const [inputs, targets, predictions] = [INPUTS, TARGETS, this.prediction].map((name) =>
      entryOf(moment, name),
    );
    const counts = entryOf(moment, CONFUSION);
    if (counts) this.confusion.show(counts);
    if (inputs && targets && predictions) this.showSample(moment, inputs, targets, predictions);
  }

  /**
   * @param {Moment} moment
   * @param {Entry} inputs
   * @param {Entry} targets
   * @param {Entry} predictions
   */
  showSample(moment, inputs, targets, predictions) {
    const { names } = this;
    const count = targets.shape[0];
    const truth = decide(count, (k) => targets.at(k)).prediction;
    const { prediction } = decide(count, (k) => predictions.at(k));
    const all = shares(names.length, count, (k) => predictions.at(k));
    const shown = shownSample(moment);
    const [name, row] = sampleTitle(shown);
    this.probabilities.show(all, truth, prediction);
    this.sample?.show(inputs, `${sampleName(shown)}: ${names[truth]}`);
    setText(this.caption, name);
    setText(this.row, row);
    const loss = entryOf(moment, "probe/loss");
    setText(this.loss, loss ? `loss ${short(loss.at(0))}` : "");
  }
}

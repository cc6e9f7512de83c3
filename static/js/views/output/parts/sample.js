// @ts-check
// The probe sample in a view: its numbers, at a limited rate, and a caption.

import { h, setText } from "../../../controls/dom.js";
import { short } from "../../../format.js";
import { entryOf, predictionBuffer, sampleTitle, shownSample } from "./moment.js";

/** @import { Entry, Model } from "../../../state/types.js" */
/** @import { Moment, Shown } from "./moment.js" */

/** @typedef {{inputs: Entry, targets: Entry, predictions: Entry, shown: Shown}} Taken */

const INPUTS = "probe/input/x";
const TARGETS = "probe/input/y";
const LOSS = "probe/loss";

export class Sample {
  /** @param {Model} model @param {number} every ms between two pictures of a run */
  constructor(model, every) {
    this.every = every;
    this.prediction = predictionBuffer(model);
    const exact = /** @type {const} */ ("f64");
    const wanted = [INPUTS, TARGETS, this.prediction, LOSS, "input/batch"];
    this.wants = wanted.map((name) => ({ name, dtype: exact }));
    this.name = h("h3", {});
    this.loss = h("span", {});
    this.caption = h("p", { class: "out-caption" }, this.name, this.loss);
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} that is shown */
    this.moment = null;
  }

  /**
   * The sample's numbers, if they are new and due.
   * @param {Moment} moment
   * @param {number} now ms
   * @returns {Taken | null}
   */
  take(moment, now) {
    const { frame } = moment;
    const due = now - this.drawn > this.every;
    if (frame === this.moment?.frame || (!due && frame.running)) return null;
    const inputs = entryOf(moment, INPUTS);
    const targets = entryOf(moment, TARGETS);
    const predictions = entryOf(moment, this.prediction);
    if (!inputs || !targets || !predictions) return null;
    this.moment = moment;
    this.drawn = now;
    const loss = entryOf(moment, LOSS);
    setText(this.loss, loss ? `loss ${short(loss.at(0))}` : "");
    return { inputs, targets, predictions, shown: shownSample(moment) };
  }

  /** @param {Shown} shown @param {string} [more] what else is said of it */
  title(shown, more = "") {
    const [name, row] = sampleTitle(shown);
    setText(this.name, `${name}${row && `, ${row}`}${more}`);
  }

  /** Shows the same numbers again, in other colours. */
  forget() {
    this.moment = null;
  }
}

// @ts-check
// A network that continues text: what it writes, how well it predicts the probe sample's text, and
// the most probable tokens at one position.

import { h, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { entryOf, predictionBuffer, sampleTitle, shownSample } from "./parts/moment.js";
import { Ranking } from "./parts/ranking.js";
import { Tokens, visible } from "./parts/tokens.js";
import { Writing } from "./parts/writing.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const INPUTS = "probe/input/x";
const TARGETS = "probe/input/y";
const DRAW_EVERY = 150; // ms

export class Text {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.title = "Text";
    this.vocabulary = model.data.vocabulary ?? [];
    this.prediction = predictionBuffer(model);
    const wanted = [INPUTS, TARGETS, this.prediction, "input/batch"];
    this.wants = wanted.map((name) => ({ name, dtype: /** @type {const} */ ("f32") }));
    this.positions = model.data.input_shape[0];
    /** The position whose prediction is shown: at first the last one. */
    this.position = this.positions - 1;
    this.writing = new Writing(context);
    this.tokens = new Tokens("Text of the probe sample");
    this.ranking = new Ranking();
    this.name = h("h3", {});
    this.detail = h("span", {});
    this.element = h(
      "div",
      { class: "live" },
      this.writing.element,
      h(
        "div",
        { class: "live-part" },
        h("p", { class: "out-caption" }, this.name, this.detail),
        this.choosable(),
        this.ranking.element,
      ),
    );
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} */
    this.moment = null;
  }

  destroy() {
    this.writing.destroy();
  }

  /** Makes the sample's tokens selectable, by pointer or arrow keys. */
  choosable() {
    const { element } = this.tokens;
    element.classList.add("live-sample");
    const limits = { "aria-valuemin": 1, "aria-valuemax": this.positions };
    for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, ...limits })) {
      element.setAttribute(name, String(value));
    }
    tip(
      element,
      "The darker a token, the higher its predicted probability. Point at a token, or use the arrow keys, to see the most probable tokens at that position.",
    );
    element.onpointerover = element.onpointerdown = ({ target }) => {
      const position = this.tokens.spans.indexOf(/** @type {HTMLElement} */ (target)) - 1;
      if (position >= 0) this.choose(position);
    };
    element.onkeydown = (event) => {
      const { key } = event;
      const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
      const ends = { Home: -this.positions, End: this.positions };
      const step = /** @type {any} */ ({ ...steps, ...ends })[key];
      if (!step) return;
      event.preventDefault();
      this.choose(Math.min(this.positions - 1, Math.max(0, this.position + step)));
    };
    return element;
  }

  /** @param {number} position */
  choose(position) {
    this.position = position;
    if (this.moment) this.showSample(this.moment);
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const { frame } = moment;
    this.writing.renew(frame);
    const due = now - this.drawn > DRAW_EVERY;
    if (frame === this.moment?.frame || (!due && frame.running)) return;
    this.moment = moment;
    this.drawn = now;
    this.showSample(moment);
  }

  /** @param {Moment} moment */
  showSample(moment) {
    const [inputs, targets, predictions] = [INPUTS, TARGETS, this.prediction].map((name) =>
      entryOf(moment, name),
    );
    if (!inputs || !targets || !predictions) return;
    const { vocabulary, position, positions } = this;
    const size = vocabulary.length;
    const shares = Array.from({ length: positions }, (_, t) =>
      predictions.at(t * size + targets.at(t)),
    );
    const first = { text: visible(vocabulary[inputs.at(0)]), share: null };
    const rest = shares.map((share, t) => ({ text: visible(vocabulary[targets.at(t)]), share }));
    this.tokens.show([first, ...rest]);
    for (const [i, span] of this.tokens.spans.entries()) {
      span.classList.toggle("chosen", i === position + 1);
    }
    this.ranking.show(vocabulary, (k) => predictions.at(position * size + k), targets.at(position));
    const [name, row] = sampleTitle(shownSample(moment));
    setText(this.name, row ? `${name}, ${row}` : name);
    const { text, share } = rest[position];
    const loss = short(-Math.log(share));
    setText(this.detail, `true token “${text}”: probability ${share.toFixed(3)}, loss ${loss}`);
    const { element } = this.tokens;
    element.setAttribute("aria-valuenow", String(position + 1));
    element.setAttribute("aria-valuetext", this.detail.textContent ?? "");
  }
}

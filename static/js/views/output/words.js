// @ts-check
// Sentiment of words: the user's while they are typed, and those of the probe sample beside
// people's ratings.

import { h, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { Asking } from "./parts/asking.js";
import { decide, shares } from "./parts/prediction.js";
import { Probabilities } from "./parts/probabilities.js";
import { Sample } from "./parts/sample.js";
import { visible } from "./parts/tokens.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Message } from "../../wire/connection.js" */
/** @import { Moment } from "./parts/moment.js" */

const EVERY = 200; // ms
const DRAW_EVERY = 100; // ms
const MAX_LENGTH = 400; // characters, for the server
const FIRST = "delightful";
/** People's ratings go from minus this to this. */
const MAX_RATING = 4;

export class Words {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.title = "Words";
    this.context = context;
    this.data = model.data;
    this.names = model.data.class_names;
    this.sample = new Sample(model, DRAW_EVERY);
    this.wants = this.sample.wants;
    this.asking = new Asking(context, {
      type: "classify",
      every: EVERY,
      answer: (answer) => this.showOwn(answer),
      refuse: (why) => this.complain(why),
    });
    this.input = this.field();
    this.ownBars = new Probabilities(this.names);
    this.read = h("p", { class: "live-read" });
    this.word = h("p", { class: "live-word" });
    this.rating = signedBar("People’s rating", "The mean of ten people's ratings, from −4 to 4.");
    this.guess = signedBar("Network", "The probability of one class minus that of the other.");
    this.element = this.layOut();
    this.ask();
  }

  destroy() {
    this.asking.stop();
  }

  layOut() {
    const heading = h("h3", {}, "Your own words");
    const bars = h("dl", { class: "out-features live-signed" }, this.rating.row, this.guess.row);
    return h(
      "div",
      { class: "live" },
      h("div", { class: "live-part" }, heading, this.input, this.read, this.ownBars.element),
      h("div", { class: "live-part" }, this.sample.caption, this.word, bars),
    );
  }

  // The user's words -----------------------------------------------------------------------------------

  field() {
    const props = { type: "text", maxlength: MAX_LENGTH, autocomplete: "off", spellcheck: "false" };
    const input = h("input", { ...props, "aria-label": "Your own words", value: FIRST });
    input.placeholder = "A word or short phrase";
    input.oninput = () => this.ask();
    const about =
      "Your words are split into tokens and go through the network with its present parameters. Training never sees them.";
    return tip(input, about);
  }

  ask() {
    const text = this.input.value.trim();
    this.asking.ask(text ? { text } : null);
    if (!text) this.forget("Type a word to see the network's prediction.");
  }

  /** @param {string} why shown in place of a prediction */
  forget(why) {
    this.ownBars.clear();
    this.read.replaceChildren(why);
  }

  /** @param {Message} answer */
  showOwn({ tokens, probabilities, answer }) {
    if (tokens.length === 0) {
      this.forget("None of these letters is in the vocabulary, so the network sees nothing.");
      return;
    }
    const chips = tokens.map((/** @type {string} */ token) => h("b", {}, visible(token)));
    this.read.replaceChildren("tokens: ", ...chips);
    if (probabilities) this.ownBars.show(probabilities, -1, answer);
    else this.forget("The network's prediction is not a number.");
  }

  /** @param {string} why */
  complain(why) {
    this.forget(why);
  }

  // The probe sample's --------------------------------------------------------------------------

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    this.asking.renew(moment.frame);
    const taken = this.sample.take(moment, now);
    if (!taken) return;
    const { predictions, shown } = taken;
    const { word, rating } = this.data.extras[shown.split];
    this.sample.title(shown);
    setText(this.word, word?.[shown.sample] ?? "");
    const rated = rating?.[shown.sample] ?? Number.NaN;
    this.rating.show(rated / MAX_RATING, rated > 0 ? `+${short(rated)}` : short(rated));
    const count = predictions.shape[0];
    const at = (/** @type {number} */ k) => predictions.at(k);
    const [against, speaking] = shares(this.names.length, count, at);
    const { prediction, share } = decide(count, at);
    const text = prediction < 0 ? "not finite" : `${this.names[prediction]} ${share.toFixed(3)}`;
    this.guess.show(speaking - against, text);
  }
}

/**
 * A named number as a bar to the left or right of the middle.
 * @param {string} name
 * @param {string} about
 */
function signedBar(name, about) {
  const value = h("dd", {});
  const bar = h("i", {});
  const row = h("div", {}, tip(h("dt", {}, name), about), value, bar);
  /** @param {number} share -1…1 @param {string} words */
  const show = (share, words) => {
    setText(value, words);
    bar.style.setProperty("--share", (Math.min(1, Math.abs(share)) || 0).toFixed(3));
    bar.classList.toggle("negative", share < 0);
  };
  return { row, show };
}

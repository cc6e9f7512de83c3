// @ts-check
// A drawing by the user, classified while it is drawn and while the network trains.

import { onThemeChange } from "../../color.js";
import { h, icon, setText, tip } from "../../controls/dom.js";
import { Asking } from "./parts/asking.js";
import { Ink } from "./parts/ink.js";
import { Picture } from "./parts/picture.js";
import { Probabilities } from "./parts/probabilities.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Message } from "../../wire/connection.js" */
/** @import { Moment } from "./parts/moment.js" */

const EVERY = 100; // ms
const EMPTY = "Draw one character.";

export class Pad {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.title = "Draw";
    this.context = context;
    this.names = model.data.class_names;
    /** @type {import("../network/wants.js").Want[]} */
    this.wants = [];
    this.asking = new Asking(context, {
      type: "classify",
      every: EVERY,
      answer: (answer) => this.showAnswer(answer),
      refuse: (why) => this.forget(why),
    });
    this.ink = new Ink(() => this.ask());
    this.seen = new Picture(model.data.image_shape ?? [1, 1]);
    this.probabilities = new Probabilities(this.names);
    this.message = h("p", { class: "live-said", role: "status" });
    /** @type {number[] | null} what the network saw last, row by row */
    this.pixels = null;
    this.element = this.layOut();
    this.stop = onThemeChange(() => this.showSeen());
    this.forget(EMPTY);
  }

  layOut() {
    const clear = h("button", { type: "button", class: "button" }, icon("trash"), "Clear");
    clear.onclick = () => this.ink.clear();
    tip(clear, "Clears the drawing. The network and its training stay as they are.", "Delete");
    const about =
      "The inputs x: your drawing, cut out, scaled to the size of the training images and centred like them.";
    const seen = h(
      "figure",
      {},
      this.seen.element,
      tip(h("figcaption", {}, "What the network sees"), about),
    );
    const left = h("div", { class: "live-part" }, this.ink.element, clear);
    const right = h("div", { class: "live-part" }, this.message, this.probabilities.element, seen);
    return h("div", { class: "live-drawing" }, left, right);
  }

  destroy() {
    this.stop();
    this.ink.stop();
    this.asking.stop();
  }

  ask() {
    if (this.ink.isEmpty) {
      this.asking.ask(null);
      this.forget(EMPTY);
    } else this.asking.ask({ pixels: this.ink.rows() });
  }

  /** @param {string} why there is no answer */
  forget(why) {
    this.pixels = null;
    this.showSeen();
    this.probabilities.clear();
    setText(this.message, why);
  }

  /** @param {Message} answer */
  showAnswer({ probabilities, answer, input }) {
    this.pixels = input.flat();
    this.showSeen();
    if (probabilities) {
      this.probabilities.show(probabilities, -1, answer);
      setText(this.message, `The network predicts ${this.names[answer]}.`);
    } else {
      this.probabilities.clear();
      setText(this.message, "The network's prediction is not a number.");
    }
  }

  showSeen() {
    const { pixels } = this;
    const words = pixels ? "Your drawing as the network receives it" : "Nothing drawn yet";
    this.seen.show({ at: (i) => pixels?.[i] ?? 0 }, words, [0, 1]);
  }

  /** @param {Moment} moment */
  show({ frame }) {
    this.asking.renew(frame);
  }
}

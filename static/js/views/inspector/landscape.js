// @ts-check
// The loss around the present parameters: its sharpness, its profile along the last update, and its
// map on a plane.

import { h, setText, tip } from "../../controls/dom.js";
import { styled } from "../../controls/styles.js";
import { count, short } from "../../format.js";
import { CommandError } from "../../wire/connection.js";
import { numberOf } from "../../wire/protocol.js";

/** @import { Context } from "../../state/types.js" */
/** @import { Message } from "../../wire/connection.js" */
/** @typedef {{element: HTMLElement, destroy: () => void}} Picture */

const DIGITS = 4;

/**
 * What can be asked.
 * @type {{label: string, hint: string, type: string, fields: {[field: string]: unknown}}[]}
 */
const QUESTIONS = [
  {
    label: "Sharpness",
    type: "sharpness",
    fields: {},
    hint: "The largest eigenvalue of the Hessian says how strongly the loss curves. Gradient descent is unstable with learning rates above 2/sharpness.",
  },
  {
    label: "Along the update",
    type: "landscape",
    fields: { kind: "update" },
    hint: "The loss on the line through the last update, from the point before the update to three times its length beyond.",
  },
  {
    label: "On the path's plane",
    type: "landscape",
    fields: { kind: "path" },
    hint: "The loss on the plane in which the path from the start to here is longest. The path is drawn on it.",
  },
  {
    label: "On a random plane",
    type: "landscape",
    fields: { kind: "random" },
    hint: "The loss on a plane through this point, along two random directions with the scale of the weights.",
  },
];

export class Landscape {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.asked = 0;
    /** @type {Picture | null} */
    this.picture = null;
    this.words = h("p", { class: "ins-guide", "aria-live": "polite" });
    this.slot = h("div", {});
    const buttons = QUESTIONS.map(({ label, hint, type, fields }) => {
      const button = h("button", { type: "button", class: "ins-button" }, label);
      button.onclick = () => this.ask(type, fields);
      return tip(button, hint);
    });
    const row = h("p", { class: "exp-buttons" }, ...buttons);
    this.element = h("div", { class: "exp-landscape" }, row, this.words, this.slot);
  }

  destroy() {
    this.asked = -1;
    this.picture?.destroy();
  }

  /** @param {string} type @param {{[field: string]: unknown}} fields */
  async ask(type, fields) {
    this.asked += 1;
    const { asked } = this;
    setText(this.words, "Computing …");
    try {
      const answer = await styled("explanation", this.context.actions.questions.ask(type, fields));
      if (asked === this.asked) await this.show(type, answer);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (asked === this.asked) this.replace(null, error.problem.message);
    }
  }

  /**
   * Pictures are fetched when the first one is asked for.
   * @param {string} type
   * @param {Message} answer
   */
  async show(type, answer) {
    const { asked } = this;
    const left = this.context.store.state.model?.dropped;
    const all = `the training set${left ? ` without ${left} samples that do not fill a batch` : ""}`;
    const samples = answer.samples === "train" ? all : "one batch";
    const where = `step ${count(answer.moment[0])}, loss over ${samples}`;
    if (type === "sharpness") this.replace(null, sharpnessText(answer, where));
    else {
      const picture = answer.positions
        ? new (await import("./profile.js")).LossProfile(answer)
        : new (await import("./map.js")).LossMap(answer);
      if (asked === this.asked) this.replace(picture, `${where}.`);
      else picture.destroy();
    }
  }

  /** @param {Picture | null} picture @param {string} words */
  replace(picture, words) {
    this.picture?.destroy();
    this.picture = picture;
    this.slot.replaceChildren(...(picture ? [picture.element] : []));
    setText(this.words, words);
  }
}

/** @param {Message} answer @param {string} where */
function sharpnessText({ sharpness, limit, learning_rate: rate }, where) {
  const value = numberOf(sharpness);
  const most = numberOf(limit);
  const sentence = `Sharpness ${short(value, DIGITS)} at ${where}.`;
  if (!(value > 0))
    return `${sentence} The loss curves downwards: no learning rate is too large here.`;
  const compared = rate > most ? "above" : "below";
  return `${sentence} Plain gradient descent is unstable with learning rates above 2/sharpness = ${short(most, DIGITS)}; this one, ${short(rate)}, is ${compared} it.`;
}

// @ts-check
// The network compared with the best baseline, in a sentence.

import { h, setText, tip } from "../../../controls/dom.js";
import { percent, short } from "../../../format.js";

/** @import { State } from "../../../state/store.js" */
/** @import { Baseline } from "../../../state/types.js" */

const ABOUT =
  "The best forecast that needs no training, judged on the same test samples. A network that does not beat it has learned nothing useful.";

export class BaselineNote {
  constructor() {
    this.words = h("span", {});
    this.others = h("ul", { class: "unseen" });
    this.element = tip(h("p", { class: "sim-baseline" }, this.words, this.others), ABOUT);
  }

  /** @param {State} state */
  show({ losses, model, frame }) {
    const baselines = model?.data.baselines ?? [];
    const best = strongest(baselines);
    const last = losses.last(frame?.step ?? 0);
    this.element.hidden = !best;
    if (!best) return;
    const right = best.measure === "accuracy";
    const score = last < 0 ? Number.NaN : (right ? losses.testAccuracy : losses.test)[last];
    const known = !Number.isNaN(score);
    setText(
      this.words,
      known ? verdict(best, score) : `To beat: ${best.title}, ${measured(best)}.`,
    );
    const rest = baselines.filter((baseline) => baseline !== best);
    setText(this.others, rest.map((each) => `${each.title}: ${measured(each)}`).join("; "));
    const all = baselines.map((each) => `${each.title}: ${measured(each)}`).join("; ");
    tip(this.element, `${ABOUT} ${all}.`);
  }
}

/** The baseline that is hardest to beat. @param {Baseline[]} baselines */
export function strongest(baselines) {
  const better = (/** @type {Baseline} */ a, /** @type {Baseline} */ b) =>
    a.measure === "accuracy" ? a.value > b.value : a.value < b.value;
  return baselines.reduce(
    (best, each) => (best === null || better(each, best) ? each : best),
    /** @type {Baseline | null} */ (null),
  );
}

/** @param {Baseline} baseline */
function measured({ measure, value }) {
  return measure === "accuracy" ? `${percent(value)} correct` : `${measure} ${short(value)}`;
}

/** @param {Baseline} best @param {number} score accuracy or loss on the test set */
function verdict(best, score) {
  if (best.measure === "accuracy") {
    const how = score > best.value ? "Better" : "Not better";
    return `${how} than guessing: ${percent(score)} correct; always answering ${best.title} gets ${percent(best.value)}.`;
  }
  const beats = score < best.value ? "Beats the baseline" : "Does not beat the baseline";
  return `${beats}: ${short(score / best.value)} × the error of ${best.title}.`;
}

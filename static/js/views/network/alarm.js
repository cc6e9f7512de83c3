// @ts-check
// What to do when a value is no number any more: which instruction made it, why, and a way back.

import { h, icon, iconButton, setText, tip } from "../../controls/dom.js";
import { count, short } from "../../format.js";
import { bestStep } from "../diagnostics/recovery.js";
import { indexText } from "../inspector/names.js";

/** @import { State } from "../../state/store.js" */
/** @import { Context } from "../../state/types.js" */

/** Of the learning rate, to be tried instead. */
const TENTH = 10;

export class Alarm {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.said = h("p", {});
    this.explain = tip(
      h("button", { type: "button", class: "button" }, "Explain it"),
      "Shows its formula with live numbers. From there you can follow each operand.",
    );
    this.explain.onclick = () => this.ask();
    this.back = h("button", { type: "button", class: "button primary" });
    this.back.onclick = () => this.retry();
    const close = iconButton("close", "Dismiss", "Hides this until it happens again.", "", () => {
      this.dismissed = this.about;
      this.element.hidden = true;
    });
    const buttons = h("p", { class: "net-alarm-buttons" }, this.explain, this.back);
    this.element = h(
      "section",
      { class: "net-alarm", role: "alert", hidden: true },
      icon("error"),
      h("div", {}, this.said, buttons),
      close,
    );
    /** Which stop this is about, and which one it has been dismissed for. */
    this.about = "";
    this.dismissed = "";
    const { store } = context;
    store.on(["run", "losses"], () => this.show(store.state));
    this.show(store.state);
  }

  /** @param {State} state */
  show({ run, model, losses }) {
    const made = run?.running ? null : run?.non_finite;
    const instruction = model?.instructions[made?.instruction ?? -1];
    this.about = made && run && instruction ? `${run.branch} ${run.step} ${instruction.index}` : "";
    this.element.hidden = this.about === "" || this.about === this.dismissed;
    if (!made || !run || !instruction) return;
    const { index, formula, phase } = instruction;
    setText(
      this.said,
      `Stopped in step ${count(run.step)}: instruction ${index}, ${formula}, wrote ${made.buffer}${indexText(made.index)}, the first value that is not finite. ${CONSEQUENCES[phase]}`,
    );
    const [step, rate] = [bestStep(losses), this.lowerRate(run)];
    setText(this.back, `Go back to step ${count(step)}, learning rate ${short(rate)}`);
    tip(
      this.back,
      "Goes to the step with the lowest loss, divides the learning rate by 10 and runs on a new branch. The old branch is kept.",
    );
  }

  /** @param {import("../../state/types.js").RunState} run */
  lowerRate({ hyperparameters }) {
    return hyperparameters.learning_rate / TENTH;
  }

  ask() {
    const made = this.context.store.state.run?.non_finite;
    if (made) this.context.actions.questions.explain({ buffer: made.buffer, index: made.index });
  }

  retry() {
    const { store, actions } = this.context;
    const { run, losses } = store.state;
    if (!run) return;
    actions.health.attempt({ learning_rate: this.lowerRate(run) }, [bestStep(losses), 0]);
  }
}

/** @type {{[phase: string]: string}} */
const CONSEQUENCES = {
  forward: "The loss and every gradient would become non-finite, too.",
  loss: "Every gradient and every weight would become non-finite, too.",
  backward: "The update would make every weight behind it non-finite, too.",
  update: "From the next step on, everything becomes non-finite.",
};

// @ts-check
// The alarm when a value is not finite: which instruction wrote it, the consequence, a way back.

import { h, icon, iconButton, setText, tip } from "../../controls/dom.js";
import { count, short } from "../../format.js";
import { bestStep } from "../diagnostics/recovery.js";
import { indexText } from "../inspector/names.js";

/** @import { State } from "../../state/store.js" */
/** @import { Context } from "../../state/types.js" */

/** The learning rate is divided by this for another attempt. */
const TENTH = 10;

export class Alarm {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.message = h("p", {});
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
      h("div", {}, this.message, buttons),
      close,
    );
    /** Keys of the stop that is shown, and of the one that was dismissed. */
    this.about = "";
    this.dismissed = "";
    const { store } = context;
    store.on(["run", "losses"], () => this.show(store.state));
    this.show(store.state);
  }

  /** @param {State} state */
  show({ run, model, losses }) {
    const nonFinite = run?.running ? null : run?.non_finite;
    const instruction = model?.instructions[nonFinite?.instruction ?? -1];
    this.about =
      nonFinite && run && instruction ? `${run.branch} ${run.step} ${instruction.index}` : "";
    this.element.hidden = this.about === "" || this.about === this.dismissed;
    if (!nonFinite || !run || !instruction) return;
    const { index, formula, phase } = instruction;
    setText(
      this.message,
      `Stopped in step ${count(run.step)}: instruction ${index}, ${formula}, wrote ${nonFinite.buffer}${indexText(nonFinite.index)} = ${nonFinite.text}, the first value that is not finite. ${CONSEQUENCES[phase]}`,
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
    const nonFinite = this.context.store.state.run?.non_finite;
    if (nonFinite)
      this.context.actions.questions.explain({ buffer: nonFinite.buffer, index: nonFinite.index });
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
  update: "From the next step on, everything becomes non-finite, or nothing moves any more.",
};

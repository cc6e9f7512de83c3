// @ts-check
// The scopes around the next instruction, outermost first, like a debugger's call stack; a click
// steps out of one.

import { h, tip } from "../controls/dom.js";

/** @import { Context, StackFrame } from "../state/types.js" */

/**
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function stackOf(context) {
  const { store } = context;
  const list = h("ol", { class: "stack", "aria-label": "Scopes of the next instruction" });
  let shown = "";
  const show = () => {
    const { run, model } = store.state;
    list.hidden = !run || run.running;
    if (!run || !model || run.running) return;
    const text = `${model.generation} ${JSON.stringify(run.stack)}`;
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...run.stack.map((frame) => item(context, frame)));
  };
  store.on(["run", "model"], show);
  return list;
}

/**
 * @param {Context} context
 * @param {StackFrame} frame
 */
function item({ store, actions }, { name, stop }) {
  const count = store.state.model?.instructions.length ?? 1;
  // What comes after the last instruction is the first one of the next step.
  const next = stop % count;
  const onclick = () => actions.runTo(next);
  const button = h("button", { type: "button", onclick }, name);
  button.setAttribute("aria-label", `Step out of ${name}`);
  const where = next === 0 ? "to the start of the next step" : `to instruction ${next}`;
  return h("li", {}, tip(button, `Steps out of ${name}: runs on ${where}.`));
}

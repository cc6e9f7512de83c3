// @ts-check
// A button beside a number that puts it on the watch list.

import { iconButton } from "../../controls/dom.js";

/** @import { BufferInfo, Context, Model } from "../../state/types.js" */

/**
 * The expression for one element of a buffer. Expressions do not know the numbers that are computed
 * for the probe sample alone: there it is the mean over the batch.
 * @param {Model} model
 * @param {BufferInfo} buffer
 * @param {number[]} index
 * @param {string} [source] the buffer of the batch that it is a part of
 * @returns {string} "" if there is none
 */
export function expressionOf(model, buffer, index, source) {
  if (buffer.role !== "view")
    return index.length ? `${buffer.name}[${index.join(", ")}]` : buffer.name;
  const batch = model.bufferByName.get(source ?? "");
  if (batch?.axes[0] !== "batch" || batch.shape.length !== index.length + 1) return "";
  return `mean(${batch.name}[${[":", ...index].join(", ")}])`;
}

/**
 * @param {Context} context
 * @param {string} expression
 * @returns {HTMLElement | null} null if there is none
 */
export function watchButton({ actions }, expression) {
  if (expression === "") return null;
  const button = iconButton("watch", `Watch ${expression}`, `Watches ${expression}.`, "", () =>
    actions.breakpoints.watch(expression),
  );
  button.classList.add("watch-this");
  return button;
}

// @ts-check
// A value over the steps as a small line without axes.

import { tip } from "../../controls/dom.js";
import { count, short } from "../../format.js";
import { order } from "../../state/branches.js";

/** @import { State } from "../../state/store.js" */
/** @import { Moment } from "../../state/types.js" */
/** @typedef {import("../../state/types.js").Watched["trace"]} Trace */

const SVG = "http://www.w3.org/2000/svg";
/** In the units of its view box, which are px at the base size. */
const [WIDTH, HEIGHT, MARGIN] = [96, 18, 2];

/**
 * The line over time as points of an SVG polyline, with the position of one of its values.
 * @param {Trace} trace
 * @param {number} instructions of a step
 * @param {number} at index, or -1
 * @returns {{line: string, x: number, y: number}}
 */
export function lineOf(trace, instructions, at) {
  const values = trace.map(({ value }) => value);
  const times = trace.map(({ moment: [step, pc] }) => step + pc / instructions);
  const x = scale(times, MARGIN, WIDTH - MARGIN);
  const y = scale(values, HEIGHT - MARGIN, MARGIN);
  const line = values.map((value, i) => `${x(times[i]).toFixed(1)},${y(value).toFixed(1)}`);
  return { line: line.join(" "), x: x(times[at] ?? 0), y: y(values[at] ?? 0) };
}

/**
 * From what some numbers cover to a range of px; its middle if they are all the same.
 * @param {number[]} numbers
 * @param {number} from
 * @param {number} to
 * @returns {(number: number) => number}
 */
function scale(numbers, from, to) {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (high === low) return () => (from + to) / 2;
  return (number) => from + ((number - low) / (high - low)) * (to - from);
}

export class Sparkline {
  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.line = document.createElementNS(SVG, "polyline");
    this.dot = document.createElementNS(SVG, "circle");
    this.element.setAttribute("class", "sparkline");
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", "Over time");
    this.dot.setAttribute("r", "2.2");
    this.element.append(this.line, this.dot);
  }

  /**
   * @param {Trace} trace
   * @param {State} state
   */
  show(trace, { run, model }) {
    const few = trace.length < 2;
    this.element.classList.toggle("empty", few);
    if (few || !run) return;
    /** @type {Moment} */
    const now = [run.step, run.pc];
    const here = trace.findIndex(({ moment }) => order(moment, now) === 0);
    const at = run.running ? trace.length - 1 : here;
    const { line, x, y } = lineOf(trace, model?.instructions.length ?? 1, at);
    this.line.setAttribute("points", line);
    this.dot.setAttribute("cx", String(x));
    this.dot.setAttribute("cy", String(y));
    this.element.classList.toggle("past", at < 0);
    tip(this.element, inWords(trace));
  }
}

/** @param {Trace} trace */
function inWords(trace) {
  const values = trace.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => short(value));
  const [first, last] = [trace[0], trace[trace.length - 1]].map(({ moment }) => count(moment[0]));
  return `Steps ${first} to ${last}: lowest ${low}, highest ${high}.`;
}

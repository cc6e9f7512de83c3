// @ts-check
// A value over the steps, without axes: only how it went.

/** @typedef {import("../../types.js").RunState} RunState */
/** @typedef {import("../../types.js").Watched["trace"]} Trace */

const SVG = "http://www.w3.org/2000/svg";
/** In the units of its view box, which are px at the base size. */
const [WIDTH, HEIGHT, MARGIN] = [96, 18, 2];

/**
 * The line as points of an SVG polyline, with the place of one of its values. Over the values in
 * order, not over time: stops lie as far apart as they like.
 * @param {number[]} values
 * @param {number} at index, or -1
 * @returns {{line: string, x: number, y: number}}
 */
export function lineOf(values, at) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const x = (/** @type {number} */ i) =>
    MARGIN + (i / Math.max(1, values.length - 1)) * (WIDTH - 2 * MARGIN);
  const y = (/** @type {number} */ value) =>
    high > low
      ? HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN)
      : HEIGHT / 2;
  const line = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  return { line, x: x(at), y: y(values[at] ?? 0) };
}

export class Sparkline {
  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.line = document.createElementNS(SVG, "polyline");
    this.dot = document.createElementNS(SVG, "circle");
    this.element.setAttribute("class", "sparkline");
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("aria-hidden", "true");
    this.dot.setAttribute("r", "2.2");
    this.element.append(this.line, this.dot);
  }

  /**
   * @param {Trace} trace
   * @param {RunState | null} run
   */
  show(trace, run) {
    const few = trace.length < 2;
    this.element.classList.toggle("empty", few);
    if (few) return;
    const now = trace.findIndex(
      ({ branch, moment }) =>
        branch === run?.branch && moment[0] === run.step && moment[1] === run.pc,
    );
    const at = run?.running ? trace.length - 1 : now;
    const { line, x, y } = lineOf(
      trace.map(({ value }) => value),
      at,
    );
    this.line.setAttribute("points", line);
    this.dot.setAttribute("cx", String(x));
    this.dot.setAttribute("cy", String(y));
    this.element.classList.toggle("past", at < 0);
  }
}

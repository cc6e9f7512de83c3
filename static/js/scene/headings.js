// @ts-check
// The positions of the columns' headings: each is centred on its column unless it would run into
// the next. Pure.

/** @import { Area, Column } from "./layout.js" */

/** Width of a letter and of the margins of a heading, CSS px at scale 1. */
const LETTER = 7.5;
const AROUND = 10;
/** The gap that stays between two headings. */
const EDGE = 4;
const LOSS = 5 * LETTER + AROUND;

/**
 * Gives every column the middle and the width of its heading.
 * @param {Column[]} columns
 * @param {{x: number}} loss has the last heading
 * @param {Area} area
 */
export function placeHeadings(columns, loss, { x, width, scale }) {
  const needs = columns.map(({ title }) => scale * (LETTER * title.length + AROUND));
  needs.push(scale * LOSS);
  const wanted = columns.map((column) => column.x + column.width / 2);
  wanted.push(loss.x);
  const middles = apart(wanted, needs, 0, 2 * x + width);
  // Two neighbours share the free space between them; the first one has the space before it alone.
  const gaps = middles.map((middle, i) =>
    i > 0 ? middle - middles[i - 1] - (needs[i - 1] + needs[i]) / 2 : 2 * middle - needs[0],
  );
  columns.forEach((column, c) => {
    column.headX = middles[c];
    column.headWidth = needs[c] + Math.min(gaps[c], gaps[c + 1]) - EDGE;
  });
}

/**
 * The distance from the middle of a column to that of its heading, CSS px.
 * @param {Column} column
 */
export function displacement({ headX, x, width }) {
  return Math.abs(headX - x - width / 2);
}

/**
 * The middles of intervals that do not overlap, as near to the wanted ones as can be (isotonic
 * regression: neighbours that would meet move together).
 * @param {number[]} wanted in order
 * @param {number[]} widths
 * @param {number} low where the first may begin
 * @param {number} high where the last must end
 */
function apart(wanted, widths, low, high) {
  /** The middle of each interval if all before it stood side by side. */
  const beside = widths.map((width) => width / 2);
  for (let i = 1; i < widths.length; i += 1) {
    beside[i] += beside[i - 1] + widths[i - 1] / 2;
  }
  /** @type {{sum: number, count: number}[]} runs of intervals that touch each other */
  const groups = [];
  for (let i = 0; i < wanted.length; i += 1) {
    let group = { sum: wanted[i] - beside[i], count: 1 };
    for (let last = groups.at(-1); last && mean(last) > mean(group); last = groups.at(-1)) {
      groups.pop();
      group = { sum: group.sum + last.sum, count: group.count + last.count };
    }
    groups.push(group);
  }
  const most = high - beside[beside.length - 1] - widths[widths.length - 1] / 2;
  const starts = groups.flatMap((group) =>
    new Array(group.count).fill(Math.max(low, Math.min(most, mean(group)))),
  );
  return starts.map((start, i) => start + beside[i]);
}

/** @param {{sum: number, count: number}} group */
function mean({ sum, count }) {
  return sum / count;
}

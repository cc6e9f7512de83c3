// @ts-check
// How the phases of a program stand beside one another. Pure; sizes at the base size of type.

/**
 * What the arrangement depends on: how long the formulas are, and the whole rows with the names of
 * the layers beside them, in characters.
 * @typedef {{formulas: number[], lengths: number[]}} Measured
 */

/**
 * The columns that each phase takes, and its share of the width.
 * @typedef {{columns: number[], shares: number[]}} Arrangement
 */

const CHARACTER = 6.62; // px
const GUTTER = 3.9; // what the index and the gap take, in characters
const GAP = 12; // px between columns
const MIN_COLUMN = 10; // characters of a column
const MAX_WRAPPED = 14; // characters of a phase so short that its formulas may wrap
const MIN_SHARE = 0.85; // of what is needed is good enough to have everything in view
/** Which share of the rows has room, if that is no more than `most` characters; others are cut. */
const NAMED = { usual: 0.8, most: 24 };
const BARE = { usual: 0.9, most: 20 };

/**
 * With the layers' names if there is room; without them if that brings everything into view; to be
 * scrolled, one column a phase, otherwise.
 * @param {Measured[]} phases
 * @param {number} rows that are in view
 * @param {number} width px
 * @returns {Arrangement}
 */
export function arrange(phases, rows, width) {
  const all = phases.map(({ formulas }) => Math.ceil(formulas.length / Math.max(1, rows)));
  const single = phases.map(() => 1);
  const named = phases.map(({ lengths }) => charactersOf(lengths, NAMED));
  const bare = phases.map(({ formulas }) => charactersOf(formulas, BARE));
  return (
    attempt(all, named, width, 1) ??
    attempt(all, bare, width, MIN_SHARE) ??
    attempt(single, named, width, 1) ?? { columns: single, shares: sharesOf(single, bare) }
  );
}

/**
 * @param {number[]} columns
 * @param {number[]} characters of a row of each phase
 * @param {number} width px
 * @param {number} enough share of what is needed
 * @returns {Arrangement | null} null if there is less room than that
 */
function attempt(columns, characters, width, enough) {
  const shares = sharesOf(columns, characters);
  const needed = shares.reduce((sum, share) => sum + share, 0) * CHARACTER;
  const gaps = columns.reduce((sum, count) => sum + count, -1) * GAP;
  return needed * enough + gaps <= width ? { columns, shares } : null;
}

/**
 * @param {number[]} columns
 * @param {number[]} characters of a row of each phase
 */
function sharesOf(columns, characters) {
  return columns.map((count, i) => count * (characters[i] + GUTTER));
}

/**
 * What a phase has room for, in characters.
 * @param {number[]} lengths of its rows
 * @param {{usual: number, most: number}} limits
 */
function charactersOf(lengths, { usual, most }) {
  if (wraps(lengths.length)) return MAX_WRAPPED;
  const sorted = lengths.toSorted((a, b) => a - b);
  const enough = sorted[Math.floor(usual * (sorted.length - 1))];
  return Math.max(MIN_COLUMN, Math.min(most, enough));
}

/**
 * Whether the formulas of a phase have the height of its column to themselves.
 * @param {number} count of its instructions
 */
export function wraps(count) {
  return count <= 2;
}

// @ts-check
// The discs of breakpoints: in place of an instruction's number, and beside the headings of layers
// and phases.

import { byInstruction, describe, isAt } from "../../state/breakpoints.js";
import { markOf } from "../breakpoints/mark.js";

/** @import { Location } from "../../state/breakpoints.js" */
/** @import { Breakpoint } from "../../state/types.js" */

export class Gutter {
  constructor() {
    /** @type {HTMLElement[]} */
    this.rows = [];
    /** @type {{element: HTMLElement, location: Location}[]} */
    this.headings = [];
    /** @type {Map<number, Breakpoint[]>} what stands at the rows */
    this.standing = new Map();
  }

  /**
   * A new program.
   * @param {HTMLElement} list
   * @param {HTMLElement[]} rows
   */
  setProgram(list, rows) {
    this.rows = rows;
    this.standing = new Map();
    const found = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-phase]"));
    this.headings = [...found].map((element) => ({ element, location: locationOf(element) }));
  }

  /** @param {Breakpoint[]} breakpoints */
  paint(breakpoints) {
    const { headings, rows } = this;
    for (const { element, location } of headings) {
      setMark(
        element,
        breakpoints.filter((breakpoint) => isAt(breakpoint, location)),
      );
    }
    this.standing = byInstruction(
      breakpoints,
      headings.map(({ location }) => location),
    );
    for (const [i, row] of rows.entries()) setMark(row, this.standing.get(i) ?? []);
  }

  /** The breakpoints at a row in words; "" for none. @param {number} index */
  words(index) {
    return (this.standing.get(index) ?? []).map(describe).join(". ");
  }

  /**
   * The heading that an event happened on, or null.
   * @param {Event} event
   * @returns {Location | null}
   */
  headingOf(event) {
    const element = /** @type {Element} */ (event.target).closest("[data-phase]");
    return element instanceof HTMLElement ? locationOf(element) : null;
  }
}

/** @param {HTMLElement} heading @returns {Location} */
function locationOf({ dataset }) {
  return { instruction: null, scope: dataset.scope ?? null, phase: dataset.phase ?? null };
}

/**
 * @param {HTMLElement} element
 * @param {Breakpoint[]} breakpoints
 */
function setMark(element, breakpoints) {
  const mark = markOf(breakpoints);
  if ((element.dataset.stop ?? "") === mark) return;
  if (mark === "") delete element.dataset.stop;
  else element.dataset.stop = mark;
}

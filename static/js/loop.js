// @ts-check
// One requestAnimationFrame for the whole page. Views draw in it, and only when something is dirty.

/** @typedef {(now: number) => void} DrawFunction */

/**
 * @typedef {object} Loop
 * @property {(fn: DrawFunction) => () => void} onDraw called in every drawn frame, in the order of
 *   registration; the result unregisters it
 * @property {(fn: DrawFunction) => () => void} onDrawn called after all `onDraw` functions
 * @property {() => void} requestDraw marks the page dirty; inside a draw it requests the next frame
 */

/**
 * Calls every function; one that throws is reported and does not stop the others.
 * @param {Set<DrawFunction>} functions
 * @param {number} now
 */
function callAll(functions, now) {
  for (const fn of functions) {
    try {
      fn(now);
    } catch (error) {
      reportError(error);
    }
  }
}

/**
 * Makes the draw loop. `now` is the time stamp of requestAnimationFrame, in milliseconds.
 * @returns {Loop}
 */
export function createLoop() {
  /** @type {Set<DrawFunction>} */
  const drawing = new Set();
  /** @type {Set<DrawFunction>} */
  const drawn = new Set();
  let scheduled = false;

  /** @param {number} now */
  function frame(now) {
    scheduled = false;
    callAll(drawing, now);
    callAll(drawn, now);
  }

  return {
    onDraw(fn) {
      drawing.add(fn);
      return () => drawing.delete(fn);
    },
    onDrawn(fn) {
      drawn.add(fn);
      return () => drawn.delete(fn);
    },
    requestDraw() {
      if (scheduled) return;
      scheduled = true;
      requestAnimationFrame(frame);
    },
  };
}

// @ts-check
// The one state of the page. The connection and the actions write it, views read it.

/** @import { BranchInfo, Comparison, Hit, Problem } from "./types.js" */

const CAPACITY = 2048;

/**
 * Loss and accuracy along a branch in bounded memory, in order of the steps. When it is full, every
 * second point is dropped and the least distance between points doubles; the last point always
 * stays. Accuracies are NaN if the task has none; so is a loss that was not finite.
 */
export class History {
  constructor() {
    this.length = 0;
    /** Grows with every change, so that a view can see whether it has to draw. */
    this.version = 0;
    this.step = new Float64Array(CAPACITY);
    this.train = new Float64Array(CAPACITY);
    this.test = new Float64Array(CAPACITY);
    this.trainAccuracy = new Float64Array(CAPACITY);
    this.testAccuracy = new Float64Array(CAPACITY);
    this.columns = [this.step, this.train, this.test, this.trainAccuracy, this.testAccuracy];
    this.gap = 0;
  }

  /**
   * Adds one point, or replaces that of the same step: step, train loss, test loss, train accuracy,
   * test accuracy.
   * @param {(number | null)[]} point
   */
  put(point) {
    const step = Number(point[0]);
    let index = this.indexOf(step);
    if (index === this.length || this.step[index] !== step) index = this.open(step, index);
    for (let c = 0; c < this.columns.length; c += 1) {
      this.columns[c][index] = point[c] ?? Number.NaN;
    }
    this.version += 1;
  }

  /**
   * Copies the points before a step: those that a branch shares with its parent.
   * @param {History} parent
   * @param {number} step
   */
  inherit(parent, step) {
    this.length = parent.indexOf(step);
    this.gap = parent.gap;
    for (const [c, column] of this.columns.entries()) {
      column.set(parent.columns[c].subarray(0, this.length));
    }
    this.version += 1;
  }

  /**
   * The first index of a step that is not less.
   * @param {number} step
   */
  indexOf(step) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.step[middle] < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The index of the last point that is not after a step; -1 if there is none.
   * @param {number} step
   */
  last(step) {
    return this.indexOf(step + 1) - 1;
  }

  /**
   * Makes room for a point.
   * @param {number} step
   * @param {number} index its position in the order of steps
   * @returns {number} the index at which it was stored
   */
  open(step, index) {
    const { length } = this;
    if (index === length && length > 1 && step - this.step[length - 2] < this.gap) {
      return length - 1;
    }
    if (length === CAPACITY) {
      this.halve();
      return this.open(step, this.indexOf(step));
    }
    for (const column of this.columns) column.copyWithin(index + 1, index, length);
    this.length += 1;
    return index;
  }

  halve() {
    const kept = CAPACITY / 2;
    for (const column of this.columns) {
      for (let i = 0; i < kept - 1; i += 1) column[i] = column[2 * i];
      column[kept - 1] = column[this.length - 1];
    }
    this.length = kept;
    this.gap = (this.step[kept - 1] - this.step[0]) / (kept - 1);
  }
}

/**
 * @typedef {object} State
 * @property {"connecting" | "open" | "lost" | "refused" | "done"} connection
 * @property {import("./types.js").Catalogue | null} catalogue null until it has arrived
 * @property {import("./types.js").Scene | null} scene of the present network, as long
 *   as the page shows what to watch in it
 * @property {import("./types.js").Description | null} description as the controls show it; the
 *   server may not have accepted it yet
 * @property {import("./types.js").Model | null} model
 * @property {import("./types.js").RunState | null} run
 * @property {BranchInfo[]} branches by number; none before the first `timeline` event
 * @property {Map<number, History>} curves of the branches, by number; changed in place
 * @property {History} losses the present branch's; set again on every change
 * @property {Comparison | null} compared the branch that is shown beside the present one
 * @property {Hit[]} hits breakpoints that runs of this page have stopped at
 * @property {import("./types.js").MovedPoint[]} moved training points that lie elsewhere than in the data
 * @property {import("./types.js").Breakpoint[]} breakpoints breakpoints, logpoints and watchpoints
 * @property {import("./types.js").Watched[]} watches
 * @property {string[]} pins expressions of the watch list that are shown on the canvas
 * @property {import("./types.js").LogLine[]} log the last lines that logpoints have written
 * @property {import("./types.js").Finding[]} findings on the present branch, the gravest
 *   first
 * @property {import("./types.js").Examined[]} examined results of rules that run on demand
 * @property {string} tab name of the open tab of the bottom panel
 * @property {{[name: string]: number}} settings the hyperparameters at the start of the history
 * @property {import("./types.js").Frame | null} frame
 * @property {import("./types.js").Selection | null} selection
 * @property {import("./types.js").Selection | null} hover
 * @property {import("./types.js").EdgeMode} edgeMode
 * @property {{[layer: string]: number}} kernelInputs the input channel whose kernels are shown; -1
 *   or nothing for the norm over all
 * @property {import("./types.js").StepUnit} stepUnit
 * @property {"auto" | "light" | "dark"} theme
 * @property {Problem[]} errors
 * @property {number | null} hoverStep the step under the pointer in a chart, shared by all charts
 * @property {[number, number] | null} zoom the range of steps that all charts show; null for all
 * @property {import("./types.js").TrailEntry[]} trail of explanations, the one shown last
 * @property {import("./types.js").Station[]} path of factors that is drawn over the network
 * @property {import("./types.js").Quiz | null} quiz the number that the exercise hides
 * @property {string} announce text for screen readers
 * @property {boolean} present big type, panels folded
 */

/**
 * @typedef {object} Store
 * @property {State} state read only; change it with `set`
 * @property {(keys: (keyof State)[], fn: (state: State) => void) => () => void} on calls `fn` in
 *   the microtask after changes of the keys, once for all of them. The result unsubscribes.
 * @property {(patch: Partial<State>) => void} set a key set to the same object counts as changed,
 *   since the object may have changed inside; a key set to an equal plain value does not
 */

/** @returns {State} */
function initialState() {
  return {
    connection: "connecting",
    catalogue: null,
    scene: null,
    description: null,
    model: null,
    run: null,
    branches: [],
    curves: new Map(),
    losses: new History(),
    compared: null,
    hits: [],
    moved: [],
    breakpoints: [],
    watches: [],
    pins: [],
    log: [],
    findings: [],
    examined: [],
    tab: "program",
    settings: {},
    frame: null,
    selection: null,
    hover: null,
    edgeMode: "weight",
    kernelInputs: {},
    stepUnit: "instruction",
    theme: "auto",
    errors: [],
    hoverStep: null,
    zoom: null,
    trail: [],
    path: [],
    quiz: null,
    announce: "",
    present: false,
  };
}

/**
 * Makes the store.
 * @returns {Store}
 */
export function createStore() {
  const state = initialState();
  /** @type {Set<{keys: (keyof State)[], fn: (state: State) => void}>} */
  const listeners = new Set();
  /** @type {Set<string>} */
  let changed = new Set();

  function notify() {
    const keys = changed;
    changed = new Set();
    for (const listener of [...listeners]) {
      if (!listeners.has(listener) || !listener.keys.some((key) => keys.has(key))) continue;
      try {
        listener.fn(state);
      } catch (error) {
        reportError(error);
      }
    }
  }

  return {
    state,
    on(keys, fn) {
      const listener = { keys, fn };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(patch) {
      const waiting = changed.size > 0;
      for (const [key, value] of Object.entries(patch)) {
        const old = /** @type {any} */ (state)[key];
        const plain = value === null || typeof value !== "object";
        if (plain && Object.is(old, value)) continue;
        /** @type {any} */ (state)[key] = value;
        changed.add(key);
      }
      if (!waiting && changed.size > 0) queueMicrotask(notify);
    },
  };
}

// @ts-check
// The one state of the page. The connection and the actions write it, views read it.

/** @typedef {import("./types.js").Problem} Problem */

const CAPACITY = 2048;

/**
 * Loss and accuracy over the whole run in bounded memory: when full, every second point goes and
 * the least distance between points doubles. The last point is always the newest.
 * Accuracies are NaN where the task has none; so is a loss that was not finite.
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

  /** Forgets everything. */
  clear() {
    this.length = 0;
    this.gap = 0;
    this.version += 1;
  }

  /**
   * Adds one point: step, train loss, test loss, train accuracy, test accuracy. A step that is not
   * after the last one (after a reset) first removes what it goes back over.
   * @param {(number | null)[]} point
   */
  push(point) {
    const step = Number(point[0]);
    while (this.length > 0 && this.step[this.length - 1] >= step) this.length -= 1;
    if (this.length === 0) this.gap = 0;
    if (this.length > 1 && step - this.step[this.length - 2] < this.gap) this.length -= 1;
    if (this.length === CAPACITY) this.halve();
    for (let c = 0; c < this.columns.length; c += 1) {
      this.columns[c][this.length] = point[c] ?? Number.NaN;
    }
    this.length += 1;
    this.version += 1;
  }

  /**
   * Forgets what came after a step: the run was put back to it.
   * @param {number} step
   */
  cutAfter(step) {
    while (this.length > 0 && this.step[this.length - 1] > step) this.length -= 1;
    this.version += 1;
  }

  halve() {
    const kept = CAPACITY / 2;
    for (const column of this.columns) {
      for (let i = 0; i < kept; i += 1) column[i] = column[2 * i];
    }
    this.length = kept;
    this.gap = (this.step[kept - 1] - this.step[0]) / (kept - 1);
  }
}

/**
 * @typedef {object} State
 * @property {"connecting" | "open" | "lost" | "refused"} connection
 * @property {import("./types.js").Catalogue | null} catalogue null until it has come
 * @property {import("./types.js").Description | null} description what the controls show; the
 *   server's once it has accepted it
 * @property {import("./types.js").Model | null} model
 * @property {import("./types.js").RunState | null} run
 * @property {History} losses changed in place; set again on every change
 * @property {import("./types.js").Frame | null} frame
 * @property {import("./types.js").Selection | null} selection
 * @property {import("./types.js").Selection | null} hover
 * @property {import("./types.js").EdgeMode} edgeMode
 * @property {import("./types.js").StepUnit} stepUnit
 * @property {"auto" | "light" | "dark"} theme
 * @property {Problem[]} errors
 * @property {number | null} hoverStep the step under the pointer in a chart, shared by all charts
 * @property {string} announce text for screen readers
 * @property {boolean} present big type, panels folded
 */

/**
 * @typedef {object} Store
 * @property {State} state read only; change it with `set`
 * @property {(keys: (keyof State)[], fn: (state: State) => void) => () => void} on calls `fn` after
 *   a change of one of the keys, once a microtask; not at once. The answer unsubscribes.
 * @property {(patch: Partial<State>) => void} set a key set to the same object counts as changed
 *   (it may have changed inside); a key set to an equal plain value does not
 */

/** @returns {State} */
function initialState() {
  return {
    connection: "connecting",
    catalogue: null,
    description: null,
    model: null,
    run: null,
    losses: new History(),
    frame: null,
    selection: null,
    hover: null,
    edgeMode: "weight",
    stepUnit: "instruction",
    theme: "auto",
    errors: [],
    hoverStep: null,
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

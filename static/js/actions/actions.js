// @ts-check
// Everything that a view or a control can do. Views never use the connection directly.

import { addProblem, withHyperparameter } from "../state/events.js";
import { CommandError, Connection } from "../wire/connection.js";
import { deflated } from "../wire/deflate.js";
import { numberOf } from "../wire/protocol.js";
import { Breakpoints } from "./breakpoints.js";
import { Health } from "./health.js";
import { Questions } from "./questions.js";
import { Travel } from "./travel.js";

/** @import { Store } from "../state/store.js" */
/** @import { Description, Selection, Speed, SplitName, StepUnit } from "../state/types.js" */
/** @typedef {{name: string, dtype: "f64" | "f32" | "u16" | "u8"}} Want */

const EDIT_DELAY = 150; // milliseconds from the last change of a control to the command
const MAX_FRAME_RATE = 60;
const MAX_BYTES = 65_536; // of a message, for the server
const PRECISION = ["u8", "u16", "f32", "f64"];

/** All actions of the page; created once with its connection and store. */
export class Actions {
  /**
   * @param {Connection} connection
   * @param {Store} store
   */
  constructor(connection, store) {
    this.connection = connection;
    this.store = store;
    /** @type {Map<string, Want[]>} */
    this.wants = new Map();
    this.subscribed = "";
    this.wantsChanged = false;
    this.travel = new Travel(this, store);
    this.breakpoints = new Breakpoints(this, store);
    this.questions = new Questions(this, store);
    this.health = new Health(this, store);
    this.editTimer = 0;
    /** @type {Map<string, number>} the newest value of every hyperparameter being set */
    this.settings = new Map();
    store.on(["model"], () => this.renewSubscription());
  }

  /**
   * Sends a command; a refusal becomes a problem on the page.
   * @param {string} type
   * @param {{[field: string]: unknown}} [fields]
   * @returns {Promise<boolean>} whether it was accepted
   */
  async send(type, fields) {
    try {
      await this.connection.request(type, fields);
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      addProblem(this.store, error.problem);
      return false;
    }
  }

  /** Lets the machine run. */
  run() {
    return this.send("run");
  }

  /** Stops it where it is, which may be inside a step. */
  pause() {
    return this.send("pause");
  }

  /** Runs if paused, pauses if running. */
  toggle() {
    return this.store.state.run?.running ? this.pause() : this.run();
  }

  /**
   * Steps forward by one unit.
   * @param {StepUnit} [unit] by default the one chosen on the transport
   */
  step(unit = this.store.state.stepUnit) {
    return this.travel.walk("step", unit);
  }

  /**
   * Runs until a certain instruction is the next one.
   * @param {number} instruction
   */
  runTo(instruction) {
    return this.send("run_to", { instruction });
  }

  /** Goes to step 0 with fresh parameters from the same seed. */
  reset() {
    return this.send("reset");
  }

  /**
   * Goes to step 0 with fresh parameters from another seed.
   * @param {number} seed
   */
  reseed(seed) {
    return this.send("reseed", { seed });
  }

  /**
   * Sets a live hyperparameter such as "learning_rate" or "dense1/l2"; the weights stay.
   * @param {string} name
   * @param {number} value
   */
  set(name, value) {
    const { description } = this.store.state;
    if (description) {
      this.store.set({ description: withHyperparameter(description, name, value) });
    }
    const sending = this.settings.has(name);
    this.settings.set(name, value);
    if (!sending) this.sendSetting(name);
  }

  /**
   * Sends one value at a time, so that a dragged slider never floods the server.
   * @param {string} name
   */
  async sendSetting(name) {
    for (;;) {
      const value = this.settings.get(name);
      await this.send("set", { name, value });
      if (this.settings.get(name) === value) break;
    }
    this.settings.delete(name);
  }

  /**
   * Sets the speed of runs; null for unlimited.
   * @param {Speed["unit"]} unit
   * @param {number | null} perSecond
   */
  speed(unit, perSecond) {
    const { run } = this.store.state;
    const speed = { unit, per_second: perSecond };
    if (run) this.store.set({ run: { ...run, speed } });
    return this.send("speed", speed);
  }

  /**
   * Chooses the sample whose values the canvas shows.
   * @param {number} sample
   * @param {SplitName} split
   */
  probe(sample, split) {
    return this.send("probe", { sample, split });
  }

  /**
   * Clamps elements of a buffer to a value from now on; null releases them.
   * @param {string} buffer
   * @param {(number | null)[]} index null along an axis for all of it
   * @param {number | null} value
   */
  clamp(buffer, index, value) {
    return this.send("clamp", { buffer, index, value });
  }

  /** Ends the session of a script, which continues with the machine in its present state. */
  async finish() {
    if (this.store.state.run?.running) await this.pause();
    try {
      const answer = await fetch("/api/done", { method: "POST" });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.connection.end();
    } catch (error) {
      const message = `Python could not be notified: ${error}. Interrupt the script there instead.`;
      addProblem(this.store, { code: "done", field: "", message });
    }
  }

  /**
   * Exports what reproduces the session: its description and the log of its edits.
   * @returns {Promise<import("../state/types.js").Saved>}
   */
  async export() {
    const { description, log } = await this.connection.request("export");
    return { description, log };
  }

  /**
   * Reproduces a session and goes to its last moment.
   * @param {{description: import("../state/types.js").PartialDescription, log: unknown}} saved
   * @returns {Promise<boolean>} whether the server accepted it; if not, the old session stays
   */
  async open({ description, log }) {
    clearTimeout(this.editTimer);
    this.editTimer = 0;
    const packed = await deflated(JSON.stringify(log));
    const size = JSON.stringify({ description, packed }).length;
    if (size < MAX_BYTES - 100) return this.send("configure", { description, log: packed });
    const message = `The compressed session has ${size} bytes; at most ${MAX_BYTES} can be sent.`;
    addProblem(this.store, { code: "too_large", field: "log", message });
    return false;
  }

  /**
   * Replaces the program by that of a description, which the server completes. Continues a run.
   * @param {import("../state/types.js").PartialDescription} description
   * @returns {Promise<boolean>} whether the server accepted it; if not, the old program stays
   */
  async configure(description) {
    clearTimeout(this.editTimer);
    this.editTimer = 0;
    const running = this.store.state.run?.running ?? false;
    const accepted = await this.send("configure", { description });
    if (accepted && running) await this.run();
    return accepted;
  }

  /**
   * Changes the description at once on the page and, after a pause in the changes, on the server.
   * @param {(draft: Description) => void} change
   */
  edit(change) {
    const { description } = this.store.state;
    if (!description) return;
    const draft = structuredClone(description);
    change(draft);
    this.store.set({ description: draft });
    clearTimeout(this.editTimer);
    this.editTimer = window.setTimeout(() => this.sendEdit(), EDIT_DELAY);
  }

  sendEdit() {
    const { description } = this.store.state;
    if (description) this.configure(description);
  }

  /** Whether the page shows a change that it has not yet sent to the server. */
  get editing() {
    return this.editTimer !== 0;
  }

  /**
   * Exact values of a buffer, or of one element of it.
   * @param {string} buffer
   * @param {number[]} [index]
   * @returns {Promise<any>} a number; or nested lists of numbers, null where not finite
   */
  async read(buffer, index) {
    const answer = await this.connection.request("read", index ? { buffer, index } : { buffer });
    return "values" in answer ? answer.values : numberOf(/** @type {any} */ (answer));
  }

  /**
   * Sets one element of a parameter.
   * @param {string} buffer
   * @param {number[]} index
   * @param {number} value
   */
  write(buffer, index, value) {
    return this.send("write", { buffer, index, value });
  }

  /**
   * Moves a training point of the plane.
   * @param {number} sample
   * @param {number} x1
   * @param {number} x2
   */
  moveSample(sample, x1, x2) {
    return this.send("move_sample", { sample, point: [x1, x2] });
  }

  /**
   * Selects what the inspector shows; null for nothing.
   * @param {Selection | null} selection
   */
  select(selection) {
    this.store.set({ selection });
  }

  /**
   * Hovers something without selecting it; null for nothing.
   * @param {Selection | null} hover
   */
  hover(hover) {
    this.store.set({ hover });
  }

  /**
   * Chooses what the edges show. A difference needs another branch.
   * @param {import("../state/types.js").EdgeMode} edgeMode
   */
  async showEdges(edgeMode) {
    if (edgeMode === "difference" && !(await this.travel.compareAny())) return;
    this.store.set({ edgeMode, announce: `Lines show the ${edgeMode}` });
  }

  /**
   * Declares the buffers that a view draws, instead of those that it declared before. Names that
   * the present network lacks are left out until a network has them.
   * @param {string} owner
   * @param {Want[]} buffers
   */
  want(owner, buffers) {
    this.wants.set(owner, buffers);
    if (this.wantsChanged) return;
    this.wantsChanged = true;
    queueMicrotask(() => this.subscribe());
  }

  /** Sends the subscription again, after the server has forgotten it. */
  renewSubscription() {
    this.subscribed = "";
    this.want("", []);
  }

  /** Sends all wants in one subscription; the more precise dtype wins. */
  subscribe() {
    this.wantsChanged = false;
    const { model, connection } = this.store.state;
    if (!model || connection !== "open") return;
    /** @type {Map<string, Want>} */
    const merged = new Map();
    for (const want of [...this.wants.values()].flat()) {
      const known = merged.get(want.name);
      const better = !known || PRECISION.indexOf(want.dtype) > PRECISION.indexOf(known.dtype);
      if (better && model.bufferByName.has(want.name)) merged.set(want.name, want);
    }
    const buffers = [...merged.values()].map(({ name, dtype }) => ({ name, dtype }));
    const text = JSON.stringify([model.generation, buffers]);
    if (text === this.subscribed) return;
    this.subscribed = text;
    this.sendSubscription(buffers, model.generation);
  }

  /**
   * Sends a subscription. If the program has changed meanwhile, the server refuses it; that is no
   * problem, since the new program renews the subscription.
   * @param {Want[]} buffers
   * @param {number} generation of the program that has them
   */
  async sendSubscription(buffers, generation) {
    try {
      await this.connection.request("subscribe", { buffers, rate: MAX_FRAME_RATE });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (this.store.state.model?.generation === generation) addProblem(this.store, error.problem);
    }
  }
}

/**
 * Makes the actions of a page.
 * @param {Connection} connection
 * @param {Store} store
 * @returns {Actions}
 */
export function createActions(connection, store) {
  return new Actions(connection, store);
}

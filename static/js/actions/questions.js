// @ts-check
// Questions about numbers: the trail of explanations, the server's answers, and the exercise that
// hides a number (state/quiz.js).

/** @import { Store } from "../state/store.js" */
/** @import { BufferElement, Model, Moment, Selection, TrailEntry } from "../state/types.js" */
/** @import { Message } from "../wire/connection.js" */
/** @import { Actions } from "./actions.js" */

const MAX_ANSWERS = 64;

/** The questions; created once with the actions of a page. */
export class Questions {
  /**
   * @param {Actions} actions
   * @param {Store} store
   */
  constructor(actions, store) {
    this.actions = actions;
    this.store = store;
    /** @type {Map<string, Promise<Message>>} explanations of the present picture */
    this.known = new Map();
    this.stamp = "";
    /** @type {Selection | null} the selection at the start of the trail; another one ends it */
    this.selection = null;
    store.on(["model"], () => store.set({ trail: [], quiz: null }));
    store.on(["selection"], () => {
      if (store.state.selection !== this.selection) this.close();
    });
  }

  // The trail -----------------------------------------------------------------------------------

  /**
   * Explains a number and starts a trail with it.
   * @param {BufferElement} element
   * @param {Selection | null} [selection] what it belongs to
   */
  explain({ buffer, index, probe }, selection = this.store.state.selection) {
    this.selection = selection;
    this.store.set({ selection, trail: [{ buffer, index, probe }] });
  }

  /** Explains the gradient of the selection, or the loss. */
  explainSelected() {
    const { model, selection } = this.store.state;
    if (model) this.explain(gradientOf(model, selection));
  }

  /**
   * Explains a number that stands in the explanation shown.
   * @param {TrailEntry} asked
   */
  follow(asked) {
    this.store.set({ trail: [...this.store.state.trail, asked] });
  }

  /**
   * Goes back along the trail.
   * @param {number} [length] number of explanations that are left
   */
  back(length = this.store.state.trail.length - 1) {
    this.store.set({ trail: this.store.state.trail.slice(0, length) });
  }

  /** Leaves the trail. */
  close() {
    if (this.store.state.trail.length > 0) this.store.set({ trail: [] });
  }

  // Answers -------------------------------------------------------------------------------------

  /**
   * Asks any question. The page stays responsive during a long one.
   * @param {string} type
   * @param {{[field: string]: unknown}} [fields]
   */
  ask(type, fields) {
    return this.actions.connection.request(type, fields);
  }

  /**
   * Explains how a number was computed. It is asked once per picture.
   * @param {BufferElement} element
   * @param {Moment | null} moment at which the value is explained, null for now
   * @param {number} terms of a sum to list
   */
  explanation({ buffer, index, probe = false }, moment, terms) {
    const { model, frame } = this.store.state;
    const stamp = `${model?.generation} ${frame?.number}`;
    if (stamp !== this.stamp || this.known.size > MAX_ANSWERS) this.known.clear();
    this.stamp = stamp;
    const question = { buffer, index, probe, moment, terms };
    const key = JSON.stringify(question);
    const known = this.known.get(key) ?? this.ask("explain", question);
    this.known.set(key, known);
    return known;
  }

  // The exercise --------------------------------------------------------------------------------

  /**
   * Hides a number everywhere and asks for it. A running machine is paused, or it would change.
   * @param {BufferElement} element
   * @param {Selection | null} [selection] what it belongs to
   */
  async quiz({ buffer, index, probe = false }, selection = this.store.state.selection) {
    const { store, actions } = this;
    if (store.state.run?.running) await actions.pause();
    const element = { buffer, index, probe };
    const known = await this.ask("explain", { ...element, terms: 1 });
    const explained = { buffer: known.buffer, index: known.index, probe: known.probe };
    store.set({ quiz: { elements: [element, explained], revealed: false } });
    this.explain(element, selection);
  }

  /**
   * Whether an answer to the exercise is right, and what went wrong if not.
   * @param {number} answer
   * @param {number} digits significant ones to which it has to be right
   * @returns {Promise<{right: boolean, hint: string}>}
   */
  async check(answer, digits) {
    const [element] = this.store.state.quiz?.elements ?? [];
    const { right, hint } = await this.ask("check_answer", { ...element, answer, digits });
    if (right) this.reveal();
    return { right, hint };
  }

  /** Shows the number. */
  reveal() {
    const { quiz } = this.store.state;
    if (quiz) this.store.set({ quiz: { ...quiz, revealed: true } });
  }

  /** Ends the exercise: the number is shown again. */
  endQuiz() {
    this.store.set({ quiz: null });
  }
}

/**
 * The gradient of a selected unit or parameter, the value of an input, or else the loss.
 * @param {Model} model
 * @param {Selection | null} selection
 * @returns {BufferElement}
 */
function gradientOf(model, selection) {
  const loss = { buffer: "loss/L", index: [] };
  if (!selection || selection.kind === "instruction") return loss;
  if (selection.kind === "layer") return loss;
  if (selection.layer === "input" && selection.kind === "unit") {
    return { buffer: "probe/input/x", index: [selection.unit] };
  }
  const layer = model.layers.find(({ name }) => name === selection.layer);
  const [weight, bias] = (layer?.parameters ?? []).map((name) => model.bufferByName.get(name));
  const edge = selection.kind === "edge";
  const index = edge ? [selection.from, selection.to] : [selection.unit];
  if (selection.kind === "unit") return { buffer: `probe/${selection.layer}/z.grad`, index };
  return { buffer: (edge ? weight : bias)?.grad ?? "", index };
}

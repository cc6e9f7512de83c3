// @ts-check
// Applies the server's numbered events to the store. No I/O.

import { problemOf } from "../wire/connection.js";
import { begin, takeLosses, takeRunState, takeTimeline } from "./branches.js";
import { takeFindings } from "./findings.js";
import { takeBreakpoints, takeLines, takeWatched } from "./watches.js";

/** @import { Message } from "../wire/connection.js" */
/** @import { Store } from "./store.js" */
/** @import { Description } from "./types.js" */

/**
 * Values that the user is changing now, which the server's echo must not overwrite.
 * @typedef {{editing: boolean, settings: Map<string, number>}} Unsettled
 */

const MAX_ERRORS = 8;

/**
 * A description with one live hyperparameter changed: "learning_rate" of the optimizer, or
 * "dense1/l2" of a layer.
 * @param {Description} description
 * @param {string} name
 * @param {number} value
 * @returns {Description}
 */
export function withHyperparameter(description, name, value) {
  const changed = structuredClone(description);
  const [layer, field] = name.split("/");
  if (field === undefined) {
    if (name in changed.optimizer) changed.optimizer[name] = value;
    return changed;
  }
  const target = changed.layers[Number(layer.replace(/\D+/, "")) - 1];
  if (target) Object.assign(target, { [field]: value });
  return changed;
}

/**
 * The selection, if the new network has the selected layer, unit or edge as well; else null.
 * @param {Store} store
 * @param {Message} event
 */
function keptSelection(store, event) {
  const selection = store.state.selection;
  if (!selection || selection.kind === "instruction") return null;
  if (selection.layer === "input") return selection.kind === "layer" ? selection : null;
  const layer = event.layers.find((/** @type {any} */ l) => l.name === selection.layer);
  if (!layer) return null;
  const unit =
    selection.kind === "edge" ? selection.to : selection.kind === "layer" ? 0 : selection.unit;
  const from = selection.kind === "edge" ? selection.from : 0;
  return unit < layer.units && from < layer.inputs ? selection : null;
}

/**
 * @param {Store} store
 * @param {Message} event
 * @param {Unsettled} unsettled
 */
function configured(store, event, unsettled) {
  begin(store);
  const buffers = event.buffers;
  const model = /** @type {any} */ ({
    ...event,
    bufferByName: new Map(buffers.map((/** @type {any} */ b) => [b.name, b])),
    bufferById: new Map(buffers.map((/** @type {any} */ b) => [b.id, b])),
  });
  store.set({
    model,
    description: unsettled.editing ? store.state.description : event.description,
    frame: null,
    selection: keptSelection(store, event),
    hover: null,
    hoverStep: null,
    moved: [],
    findings: [],
    examined: [],
    errors: store.state.errors.filter((problem) => problem.code === "link"),
  });
}

/**
 * @param {Store} store
 * @param {Message} event
 * @param {Unsettled} unsettled
 */
function state(store, event, unsettled) {
  const { type: _type, event: _number, ...run } = event;
  const { model, description } = store.state;
  if (model && model.description.seed !== event.seed) {
    model.description.seed = event.seed;
    if (description) store.set({ description: { ...description, seed: event.seed } });
  }
  for (const [name, value] of Object.entries(event.hyperparameters)) {
    if (model?.hyperparameters[name] !== value)
      hyperparameter(store, { ...event, name, value }, unsettled);
  }
  store.set({ run: /** @type {any} */ (run) });
  takeRunState(store, store.state.run);
}

/**
 * @param {Store} store
 * @param {Message} event
 * @param {Unsettled} unsettled
 */
function hyperparameter(store, event, unsettled) {
  const { model, description } = store.state;
  if (model) {
    model.hyperparameters[event.name] = event.value;
    model.description = withHyperparameter(model.description, event.name, event.value);
  }
  if (description && !unsettled.settings.has(event.name)) {
    store.set({ description: withHyperparameter(description, event.name, event.value) });
  }
}

/**
 * Adds a problem to those shown, replacing an older one of the same field.
 * @param {Store} store
 * @param {import("./types.js").Problem} problem
 */
export function addProblem(store, problem) {
  const others = store.state.errors.filter((p) => p.field !== problem.field || p.code === "link");
  store.set({ errors: [...others, problem].slice(-MAX_ERRORS), announce: problem.message });
}

/** @type {{[type: string]: (store: Store, event: Message, unsettled: Unsettled) => void}} */
const REDUCERS = {
  configured,
  state,
  timeline: takeTimeline,
  loss: takeLosses,
  breakpoints: takeBreakpoints,
  watched: takeWatched,
  log: takeLines,
  diagnostics: takeFindings,
  moved: (store, { points }) => store.set({ moved: points }),
  set: hyperparameter,
  error: (store, event) => addProblem(store, problemOf(event)),
};

/**
 * Applies one event of the server. Ignores unknown types: a newer server may have more.
 * @param {Store} store
 * @param {Message} event
 * @param {Unsettled} unsettled
 */
export function applyEvent(store, event, unsettled) {
  REDUCERS[event.type]?.(store, event, unsettled);
}

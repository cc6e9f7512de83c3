// @ts-check
// What the server says of small networks (messages.py), taken by the page's own store.

import { readFileSync } from "node:fs";
import { applyEvent } from "../../static/js/state/events.js";
import { createStore } from "../../static/js/state/store.js";

/** @import { Store } from "../../static/js/state/store.js" */
/** @import { Catalogue, Model } from "../../static/js/state/types.js" */
/** @import { Message } from "../../static/js/wire/connection.js" */

const path = process.env.BACKSTEP_MESSAGES;
if (!path) throw new Error("There are no messages of a server. Run: python -m tests.js");

/**
 * @typedef {{configured: Message, timeline: Message, state: Message,
 *   values: {[buffer: string]: (number | null)[]}}} Told
 */
/** @type {{catalogue: Catalogue, networks: {[name: string]: Told}}} */
const messages = JSON.parse(readFileSync(path, "utf8"));

/** The catalogue, as of now; each call has one of its own. */
export function catalogue() {
  return structuredClone(messages.catalogue);
}

/** The names of the networks: "circles" is the usual one, others are of a kind each. */
export const NETWORKS = Object.keys(messages.networks);

/**
 * What is told of a network, for tests that change it or send it on.
 * @param {string} name
 */
export function told(name) {
  return structuredClone(messages.networks[name]);
}

/**
 * A store of its own that has taken what is told of a network after two steps.
 * @param {string} [name]
 * @returns {Store & {state: {model: Model}}}
 */
export function storeOf(name = "circles") {
  const store = createStore();
  store.set({ catalogue: catalogue() });
  const { configured, timeline, state } = told(name);
  for (const event of [configured, timeline, state]) apply(store, event);
  return /** @type {Store & {state: {model: Model}}} */ (store);
}

/**
 * One event, of a user who is changing nothing.
 * @param {Store} store
 * @param {Message} event
 */
export function apply(store, event) {
  applyEvent(store, event, { editing: false, settings: new Map() });
}

/**
 * A network as views see it.
 * @param {string} [name]
 */
export function modelOf(name) {
  return storeOf(name).state.model;
}

/**
 * Reads the numbers of a network's probe sample and parameters after two steps.
 * @param {string} name
 * @returns {(buffer: string) => Float32Array | null}
 */
export function readerOf(name) {
  const { values } = messages.networks[name];
  return (buffer) => {
    const known = values[buffer];
    return known ? Float32Array.from(known, (number) => number ?? Number.NaN) : null;
  };
}

// @ts-check
// The findings of the diagnostics, and the changes that they suggest. No I/O.

/** @import { Message } from "../wire/connection.js" */
/** @import { Store } from "./store.js" */
/** @import { Change, Description, Finding } from "./types.js" */

const GRAVITY = ["note", "warning", "error"];

/**
 * A description with fields changed, such as "layers[0].initializer" or "optimizer.learning_rate".
 * Another optimizer takes over the learning rate only.
 * @param {Description} description
 * @param {Change[]} changes
 * @returns {import("./types.js").PartialDescription}
 */
export function patched(description, changes) {
  /** @type {any} */
  const draft = structuredClone(description);
  for (const { path, value } of changes) {
    const keys = path.replaceAll("]", "").split(/[.[]/);
    const last = /** @type {string} */ (keys.pop());
    let target = draft;
    for (const key of keys) target = target[key];
    if (path === "optimizer.kind") {
      draft.optimizer = { kind: value, learning_rate: draft.optimizer.learning_rate };
    } else target[last] = value;
  }
  return draft;
}

/**
 * Takes the present findings, the gravest first.
 * @param {Store} store
 * @param {Message} event of type "diagnostics"
 */
export function takeFindings(store, event) {
  const { model, run } = store.state;
  if (event.generation !== model?.generation) return;
  const known = new Set(store.state.findings.map(keyOf));
  /** @type {Finding[]} */
  const findings = event.findings;
  findings.sort((a, b) => GRAVITY.indexOf(b.severity) - GRAVITY.indexOf(a.severity));
  store.set({ findings });
  const fresh = findings.filter((finding) => !known.has(keyOf(finding)));
  if (run?.running && fresh.length > 0) {
    store.set({ announce: fresh.map((finding) => spoken(finding)).join(" ") });
  }
}

/** A key that tells findings apart. @param {Finding} finding */
export function keyOf({ rule, subject }) {
  return `${rule} ${subject}`;
}

/** A finding in a sentence. @param {Finding} finding */
export function spoken({ severity, title, text }) {
  return `${severity}: ${title}. ${text}.`;
}

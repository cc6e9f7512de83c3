// @ts-check
// Sessions in files: a description and a log of edits, which together reproduce every number, and
// the breakpoints and watches.

import { pack } from "../state/breakpoints.js";
import { addProblem } from "../state/events.js";
import { h } from "./dom.js";

/** @import { Context } from "../state/types.js" */

const VERSION = 2;
const READABLE = [1, VERSION]; // version 1 has other names for fields of breakpoints: see `unpack`
const MAX_FILE_BYTES = 1_000_000; // larger files are not read

/**
 * Saves the session, as a download of the browser.
 * @param {Context} context
 */
export async function saveSession({ store, actions }) {
  const saved = await actions.export();
  const text = JSON.stringify({ backstep: VERSION, ...saved, stops: pack(store.state) });
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const { model, run } = store.state;
  h("a", { href, download: `backstep-${model?.data.name}-step-${run?.step}.json` }).click();
  URL.revokeObjectURL(href);
  store.set({ announce: "The session was saved to a file." });
}

/**
 * Lets a file be chosen, and opens it.
 * @param {Context} context
 */
export function chooseSession(context) {
  const field = h("input", { type: "file", accept: ".json,application/json" });
  field.onchange = () => field.files?.[0] && openSession(context, field.files[0]);
  field.click();
}

/**
 * Reproduces the session of a file and goes to where it was saved, or says why it cannot.
 * @param {Context} context
 * @param {File} file
 */
export async function openSession({ store, actions }, file) {
  /** @param {string} message */
  const refuse = (message) => addProblem(store, { code: "file", field: "", message });
  const read = file.size > MAX_FILE_BYTES ? Promise.resolve(null) : file.text();
  const text = await read.catch(() => undefined);
  if (text === undefined) {
    refuse(`${file.name} cannot be read: it is a folder, or was moved. Choose a file again.`);
    return;
  }
  const saved = text === null ? "is too large for a session of Backstep." : readSession(text);
  if (typeof saved === "string") {
    refuse(`${file.name} ${saved} Choose a file that “Save session” made.`);
    return;
  }
  store.set({ errors: [] });
  if (await actions.open(saved)) {
    actions.breakpoints.open(saved.stops);
    store.set({ announce: `${file.name} was opened.` });
    return;
  }
  const reasons = store.state.errors.map(({ message }) => message.replace(/\.?$/, "."));
  store.set({ errors: [] });
  refuse(`${file.name} was not opened. ${reasons.join(" ")} The network is as before.`);
}

/** @param {unknown} given */
const isObject = (given) => given instanceof Object && !Array.isArray(given);

/**
 * The session in the text of a file, or what is wrong with it.
 * @param {string} text
 * @returns {(import("../state/types.js").Saved & {stops: unknown}) | string} a session of which the
 *   server checks the fields
 */
export function readSession(text) {
  /** @type {any} */
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    if (/^\s*\{\s*"backstep"/.test(text)) return "is damaged or cut off.";
  }
  const version = content?.backstep;
  if (typeof version !== "number") return "is not a session of Backstep.";
  if (version > VERSION) return "comes from a newer version of Backstep, which can open it.";
  const { description, log, stops } = content;
  if (!READABLE.includes(version) || !isObject(description) || !isObject(log)) {
    return "is damaged: its network or its edits are missing.";
  }
  return { description, log, stops };
}

/**
 * A session's file can be dropped anywhere on the page.
 * @param {Context} context
 */
export function mountDrop(context) {
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    openSession(context, file);
  });
}

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
 * Reproduces the session of a file and goes to where it was saved.
 * @param {Context} context
 * @param {File} file
 */
async function openSession({ store, actions }, file) {
  try {
    const saved = parse(file.size > MAX_FILE_BYTES ? "" : await file.text());
    store.set({ errors: [] });
    if (!(await actions.open(saved))) return;
    actions.breakpoints.open(saved.stops);
    store.set({ announce: `${file.name} was opened.` });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `${file.name} is not a session of Backstep: ${error.message}.`;
    addProblem(store, { code: "file", field: "", message });
  }
}

/**
 * @param {string} text
 * @returns {import("../state/types.js").Saved & {stops: unknown}} of which the server checks the fields
 */
function parse(text) {
  const content = JSON.parse(text);
  if (!READABLE.includes(content?.backstep)) {
    throw new SyntaxError(`"backstep": ${VERSION} is missing`);
  }
  const { description, log, stops } = content;
  if (!description || !log) throw new SyntaxError("the description or the log is missing");
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

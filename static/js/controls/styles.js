// @ts-check
// Loads the style sheets of modules that are not on the page at first.

import { h } from "./dom.js";

/** @type {Map<string, Promise<unknown>>} */
const sheets = new Map();

/**
 * Waits for a module (or anything else to be shown) and its style sheet.
 * @template T
 * @param {string} name of a file in static/css
 * @param {Promise<T>} module
 * @returns {Promise<T>}
 */
export async function styled(name, module) {
  const sheet = sheets.get(name) ?? fetchSheet(name);
  sheets.set(name, sheet);
  // We wait for both at once, so that the caller sees a failure of the module.
  const [loaded] = await Promise.all([module, sheet]);
  return loaded;
}

/** @param {string} name */
function fetchSheet(name) {
  const link = h("link", { rel: "stylesheet", href: `/static/css/${name}.css` });
  const loaded = new Promise((resolve) => {
    link.onload = resolve;
    link.onerror = resolve; // plain is better than nothing
  });
  document.head.append(link);
  return loaded;
}

// @ts-check
// The browser's storage. It may be forbidden, as in a frame on another site; the page works without
// it.

/** How long a value is kept: until the tab is closed, or for good. @typedef {"session" | "local"} Lasting */

/** @param {Lasting} lasting */
function storage(lasting) {
  return lasting === "session" ? sessionStorage : localStorage;
}

/**
 * @param {Lasting} lasting
 * @param {string} key
 * @returns {string | null} null if nothing is stored
 */
export function load(lasting, key) {
  try {
    return storage(lasting).getItem(`backstep.${key}`);
  } catch {
    return null;
  }
}

/**
 * @param {Lasting} lasting
 * @param {string} key
 * @param {string} value
 */
export function save(lasting, key, value) {
  try {
    storage(lasting).setItem(`backstep.${key}`, value);
  } catch {
    // As above.
  }
}

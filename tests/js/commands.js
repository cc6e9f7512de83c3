// @ts-check
// A connection that notes commands, and lets a test answer or refuse them.

import { CommandError } from "../../static/js/wire/connection.js";

/** @import { Connection, Message } from "../../static/js/wire/connection.js" */
/** @typedef {{type: string, fields: any}} Command */

/**
 * @param {(command: Command) => object | undefined} [answer] fields of the answer to a command; an
 *   error that it throws refuses the command
 */
export function commandsOf(answer = () => ({})) {
  /** @type {Command[]} */
  const sent = [];
  const request = async (/** @type {string} */ type, fields = {}) => {
    sent.push({ type, fields });
    return /** @type {Message} */ ({ type: "done", ...answer({ type, fields }) });
  };
  const connection = /** @type {Connection} */ (/** @type {any} */ ({ request }));
  return { sent, connection };
}

/** A refusal of the server. @param {string} field @param {string} message */
export function refusal(field, message) {
  return new CommandError({ code: "bad_value", field, message });
}

/** Lets all promises that can be settled settle. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

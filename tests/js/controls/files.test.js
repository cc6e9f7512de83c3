// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openSession, readSession } from "../../../static/js/controls/files.js";
import { storeOf } from "../server.js";

/** @import { Context } from "../../../static/js/state/types.js" */

const WHOLE = { backstep: 2, description: { seed: 1 }, log: { branches: [] }, stops: null };
const CHOOSE = "Choose a file that “Save session” made.";

/**
 * What the page says of a file, and what it opened.
 * @param {string | Error} content
 * @param {{size?: number, refusal?: string}} [how] its size, and why the server refuses it
 */
async function opened(content, { size = 100, refusal = "" } = {}) {
  const store = storeOf();
  /** @type {unknown[]} */
  const asked = [];
  const actions = {
    open: async (/** @type {unknown} */ saved) => {
      asked.push(saved);
      if (refusal) store.set({ errors: [{ code: "bad", field: "layers", message: refusal }] });
      return refusal === "";
    },
    breakpoints: { open: () => {} },
  };
  const text = async () => {
    if (content instanceof Error) throw content;
    return content;
  };
  const file = /** @type {any} */ ({ name: "a.json", size, text });
  await openSession(/** @type {Context} */ (/** @type {any} */ ({ store, actions })), file);
  return { messages: store.state.errors.map(({ message }) => message), asked };
}

describe("a file of a session", () => {
  test("is opened as it was saved", async () => {
    const { backstep: _, ...saved } = WHOLE;
    assert.deepEqual(readSession(JSON.stringify(WHOLE)), saved);
    assert.deepEqual(await opened(JSON.stringify(WHOLE)), { messages: [], asked: [saved] });
  });

  for (const [content, reason] of /** @type {[string, string][]} */ ([
    ["", "is not a session of Backstep."],
    ["a,b\n1,2\n", "is not a session of Backstep."],
    ["[1, 2]", "is not a session of Backstep."],
    ["null", "is not a session of Backstep."],
    ['{"name": "package"}', "is not a session of Backstep."],
    ['{"backstep": "yes"}', "is not a session of Backstep."],
    [JSON.stringify(WHOLE).slice(0, -9), "is damaged or cut off."],
    ['{"backstep": 2, "description": {}}', "is damaged: its network or its edits are missing."],
    [
      '{"backstep": 2, "description": [], "log": {}}',
      "is damaged: its network or its edits are missing.",
    ],
    [
      '{"backstep": 2, "description": {}, "log": "x"}',
      "is damaged: its network or its edits are missing.",
    ],
    ['{"backstep": 0}', "is damaged: its network or its edits are missing."],
    ['{"backstep": 3}', "comes from a newer version of Backstep, which can open it."],
  ])) {
    test(`that holds ${content.slice(0, 40)} is refused in one sentence`, async () => {
      assert.deepEqual(await opened(content), {
        messages: [`a.json ${reason} ${CHOOSE}`],
        asked: [],
      });
    });
  }

  test("that is too large or cannot be read is refused, too", async () => {
    const large = await opened("", { size: 2e6 });
    assert.deepEqual(large.messages, [`a.json is too large for a session of Backstep. ${CHOOSE}`]);
    const folder = await opened(new Error("NotReadableError"));
    assert.match(folder.messages[0], /^a\.json cannot be read: it is a folder, or was moved\./);
  });

  test("that the server refuses says why, and that nothing has changed", async () => {
    const { messages } = await opened(JSON.stringify(WHOLE), {
      refusal: "layers: 3 is not a list",
    });
    assert.deepEqual(messages, [
      "a.json was not opened. layers: 3 is not a list. The network is as before.",
    ]);
  });
});

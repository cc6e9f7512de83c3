// @ts-check

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { load, save } from "../../../static/js/wire/storage.js";

/** @type {any} */
const page = globalThis;
const own = Object.getOwnPropertyDescriptor(globalThis, "sessionStorage");
describe("what the browser keeps", () => {
  afterEach(() => {
    delete page.sessionStorage;
    if (own) Object.defineProperty(globalThis, "sessionStorage", own);
  });

  /** @param {unknown} storage */
  function install(storage) {
    Object.defineProperty(globalThis, "sessionStorage", { value: storage, configurable: true });
  }

  test("what is kept is found again under a name of its own", () => {
    /** @type {Map<string, string>} */
    const kept = new Map();
    install({
      getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    });
    assert.equal(load("session", "link"), null);
    save("session", "link", "#seed=3");
    assert.equal(load("session", "link"), "#seed=3");
    assert.deepEqual([...kept.keys()], ["backstep.link"]);
  });

  test("a page that may keep nothing goes on", () => {
    const forbidden = () => {
      throw new Error("The operation is insecure.");
    };
    install({ getItem: forbidden, setItem: forbidden });
    save("session", "link", "#seed=3");
    assert.equal(load("session", "link"), null);
  });
});

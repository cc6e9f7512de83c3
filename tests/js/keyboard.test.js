// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf } from "../../static/js/keyboard.js";

/** @param {string} key @param {boolean} [shiftKey] */
function pressed(key, shiftKey = false) {
  return keyOf(/** @type {KeyboardEvent} */ ({ key, shiftKey }));
}

test("letters are what they are in either case, with Shift named", () => {
  assert.equal(pressed("r"), "r");
  assert.equal(pressed("R"), "r"); // with the capitals lock
  assert.equal(pressed("R", true), "Shift+r");
});

test("Shift is named with arrows and function keys", () => {
  assert.equal(pressed("ArrowLeft", true), "Shift+ArrowLeft");
  assert.equal(pressed("F9", true), "Shift+F9");
  assert.equal(pressed("F9"), "F9");
});

test("other characters are what the keyboard at hand makes of them", () => {
  assert.equal(pressed("?", true), "?");
  assert.equal(pressed("[", false), "[");
  assert.equal(pressed(" ", true), " ");
});

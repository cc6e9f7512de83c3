// @ts-check
// The page's folders know those below them only. Types are left out: `state/types.js` names all that
// travels between modules.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const FOLDER = new URL("../../static/js/", import.meta.url);
/** The folders and single modules right in static/js, the lowest first; those together do not know each other. */
const ORDER = [
  ["wire", "oklab.js", "display.js", "format.js", "keyboard.js", "loop.js"],
  ["color.js", "state"],
  ["scene", "actions"],
  ["renderer", "controls"],
  ["views", "link.js"],
  ["main.js"],
];
const IMPORT = /(?:\bfrom |^import |\bimport\()"(\.[^"]+)"/gm;

const modules = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".js"));

/** The modules that a module imports when it runs. @param {string} path @returns {string[]} */
function imported(path) {
  const text = readFileSync(new URL(path, FOLDER), "utf8").replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(IMPORT)].map(([, other]) => posix.join(posix.dirname(path), other));
}

/** @param {string} path */
const rank = (path) => {
  const found = ORDER.findIndex((parts) => parts.includes(path.split("/")[0]));
  assert.notEqual(found, -1, `${path} stands in no folder of the order`);
  return found;
};

test("folders import only those below", () => {
  const wrong = modules.flatMap((path) =>
    imported(path)
      .filter((other) => other.split("/")[0] !== path.split("/")[0] && rank(other) >= rank(path))
      .map((other) => `${path} imports ${other}`),
  );
  assert.deepEqual(wrong, []);
});

test("no modules import each other in a circle", () => {
  /** @type {Map<string, boolean>} whether a module is on the way that is followed */
  const open = new Map();
  /** @param {string} path @param {string[]} way */
  const follow = (path, way) => {
    assert.ok(!open.get(path), [...way, path].join(" imports "));
    if (open.has(path)) return;
    open.set(path, true);
    for (const other of imported(path)) follow(other, [...way, path]);
    open.set(path, false);
  };
  for (const path of modules) follow(path, []);
  assert.equal(open.size, modules.length);
});

// @ts-check
// Every module loads without a page: nothing is done at import but definitions.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../static/js/", import.meta.url);
/** Modules that cannot load here, with the reason. */
const EXCEPTIONS = new Map([["main.js", "puts the page together when it is loaded"]]);

test("every module loads without a page, but for the exceptions", async () => {
  const modules = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".js"));
  assert.ok(modules.length > 200);
  /** @type {{path: string, stack: string}[]} */
  const failed = [];
  for (const path of modules) {
    await import(new URL(path, FOLDER).href).catch(({ stack }) => failed.push({ path, stack }));
  }
  const unexpected = failed.filter(({ path }) => !EXCEPTIONS.has(path));
  assert.deepEqual(unexpected, []);
  assert.equal(failed.length, EXCEPTIONS.size, "an exception loads, and is none any more");
});

// @ts-check
// The golden frames are those of the server's tests, which hold them to what is sent.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeFrame } from "../../../static/js/wire/protocol.js";

const GOLDEN = new URL("../../server/wire/golden/", import.meta.url);
const names = readdirSync(GOLDEN)
  .filter((file) => file.endsWith(".bin"))
  .map((file) => file.replace(".bin", ""));

/** The bytes of a golden frame, at the start of a buffer of their own as a WebSocket's are. @param {string} name */
function bytesOf(name) {
  return Uint8Array.from(readFileSync(new URL(`${name}.bin`, GOLDEN)));
}

/** What a frame says, as the golden JSON has it. @param {Uint8Array<ArrayBuffer>} bytes */
function meaning(bytes) {
  const { entries, probeIsBatchRow, running, ...header } = decodeFrame(bytes.buffer);
  const told = [...entries.values()].map((entry) => ({
    ...{ id: entry.id, dtype: entry.dtype, shape: entry.shape, low: entry.low, step: entry.step },
    values: Array.from(entry.data, (_, i) => entry.at(i)),
  }));
  // In JSON a number that is not finite is null.
  return JSON.parse(JSON.stringify({ ...header, entries: told }));
}

test("there are golden frames", () => assert.ok(names.length >= 5));

for (const name of names) {
  test(`the golden frame ${name} means what the server meant`, () => {
    const expected = JSON.parse(readFileSync(new URL(`${name}.json`, GOLDEN), "utf8"));
    assert.deepEqual(meaning(bytesOf(name)), expected);
  });

  test(`flags of the golden frame ${name}`, () => {
    const { flags, probeIsBatchRow, running } = decodeFrame(bytesOf(name).buffer);
    assert.equal(probeIsBatchRow, (flags & 1) !== 0);
    assert.equal(running, (flags & 2) !== 0);
  });
}

test("the numbers are views of the frame, not copies", () => {
  const { buffer } = bytesOf("every_dtype");
  for (const { data } of decodeFrame(buffer).entries.values()) assert.equal(data.buffer, buffer);
});

test("an infinity of a buffer that is sent as it is stays one", () => {
  const bytes = bytesOf("every_dtype");
  const entry = [...decodeFrame(bytes.buffer).entries.values()].find(
    ({ dtype }) => dtype === "f64",
  );
  assert.ok(entry);
  for (const value of [Number.POSITIVE_INFINITY, -Infinity, Number.NaN]) {
    entry.data[0] = value;
    assert.ok(Object.is(entry.at(0), value));
  }
});

describe("what is no frame is refused", () => {
  const good = bytesOf("every_dtype");
  /** @type {{[what: string]: [at: number, bytes: number[]]}} */
  const damages = {
    "another magic number": [0, [...new TextEncoder().encode("BKSG")]],
    "another version": [4, [2, 0]],
    "an unknown dtype": [68, [5]],
    "an entry beyond the end": [72, [0xf8, 0xff, 0xff, 0x7f]],
  };
  for (const [what, [at, bytes]] of Object.entries(damages)) {
    test(what, () => {
      const damaged = good.slice();
      damaged.set(bytes, at);
      assert.throws(() => decodeFrame(damaged.buffer), { name: "RangeError", message: /frame/ });
    });
  }
  test("too few bytes", () => {
    const short = good.slice(0, 63);
    assert.throws(() => decodeFrame(short.buffer), { name: "RangeError", message: /frame/ });
  });
});

// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { deflated } from "../../../static/js/wire/deflate.js";

for (const text of ["", "{}", "ÄÖ ∂L/∂w 🙂", "0123456789".repeat(20_000)]) {
  test(`zlib reads ${text.length} characters back`, async () => {
    const packed = await deflated(text);
    assert.match(packed, /^[A-Za-z0-9+/]+=*$/);
    assert.equal(inflateSync(Buffer.from(packed, "base64")).toString("utf8"), text);
  });
}

test("what repeats becomes small", async () => {
  assert.ok((await deflated("abc".repeat(10_000))).length < 200);
});

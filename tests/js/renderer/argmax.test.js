// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { Argmax } from "../../../static/js/renderer/argmax.js";
import { Values } from "../../../static/js/renderer/values.js";
import { describeColumns, fetchKinds } from "../../../static/js/scene/kinds.js";
import { modelOf, NETWORKS, readerOf } from "../server.js";

/** @import { Frame } from "../../../static/js/state/types.js" */

test("the maximum that is marked in a window is the pooled value", async () => {
  let pools = 0;
  for (const name of NETWORKS) {
    const model = modelOf(name);
    await fetchKinds(model);
    const read = readerOf(name);
    for (const { origin } of describeColumns(model)) {
      if (origin?.layer.combines !== "largest" || origin.output[0] * origin.output[1] === 1)
        continue;
      const values = new Values(model);
      const argmax = new Argmax(origin, values);
      assert.equal(argmax.refresh(), false, "there are no numbers yet");
      const [inputs, pooled] = [read(origin.source), read(origin.a)];
      const id = model.bufferByName.get(origin.source)?.id;
      assert.ok(inputs && pooled && id !== undefined);
      const entry = { data: inputs, dtype: "f32", low: 0, step: 1 };
      values.take(/** @type {Frame} */ (/** @type {any} */ ({ entries: new Map([[id, entry]]) })));
      assert.equal(argmax.refresh(), true);
      const [, cols, channels] = origin.output;
      argmax.indices.forEach((index, i) => {
        const position = {
          row: Math.floor(i / channels / cols),
          col: Math.floor(i / channels) % cols,
          channel: i % channels,
        };
        const patch = origin.patch(inputs, position, position.channel, Number.NaN);
        assert.equal(patch[index], pooled[i], `${name} ${origin.layer.name} ${i}`);
      });
      pools += 1;
    }
  }
  assert.ok(pools > 0);
});

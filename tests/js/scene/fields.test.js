// @ts-check

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  boxOf,
  cellAt,
  imageWidth,
  positionOf,
  walkCells,
} from "../../../static/js/scene/fields.js";
import { fetchKinds } from "../../../static/js/scene/kinds.js";
import { layoutLegibly } from "../../../static/js/scene/minimum_size.js";
import { modelOf, NETWORKS, readerOf } from "../server.js";

const AREA = { x: 20, y: 50, width: 900, height: 420, scale: 1, lines: 1 };

before(async () => {
  for (const name of NETWORKS) await fetchKinds(modelOf(name));
});

/** The panels of a network with their places. @param {string} name */
function panelsOf(name) {
  return layoutLegibly(modelOf(name), AREA).columns.flatMap(({ panel }) => (panel ? [panel] : []));
}

for (const name of NETWORKS) {
  describe(`the fields of ${name}`, () => {
    test("number their cells one after the other", () => {
      for (const { fields, cells } of panelsOf(name)) {
        let next = 0;
        for (const field of fields) {
          assert.equal(field.first, next);
          next += field.cells;
        }
        assert.equal(cells, next);
        for (let cell = 0; cell < cells; cell += 1) {
          const { field, row, col } = positionOf(fields, cell);
          assert.ok(row < field.part.rows && col >= 0);
        }
      }
    });

    test("say of every cell a name and numbers that the network has", () => {
      const { bufferByName } = modelOf(name);
      const read = readerOf(name);
      for (const panel of panelsOf(name)) {
        for (let cell = 0; cell < panel.cells; cell += Math.ceil(panel.cells / 53)) {
          assert.ok(panel.name(cell, read).length > 2);
          for (const line of panel.lines(cell, read)) {
            if (!("buffer" in line)) continue;
            const shape = bufferByName.get(line.buffer)?.shape ?? [];
            assert.equal(line.index.length, shape.length, `${name} ${line.buffer}`);
            line.index.forEach((i, axis) => {
              assert.ok(i >= 0 && i < shape[axis], `${line.buffer} ${line.index}`);
            });
          }
        }
      }
    });

    test("are walked through by the arrow keys without a way out of the column's cells", () => {
      for (const { fields, cells } of panelsOf(name)) {
        for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]) {
          for (const cell of [0, cells - 1, Math.floor(cells / 2)]) {
            const next = walkCells(fields, cell, key);
            assert.ok(next === null || (next >= 0 && next < cells), `${key} from ${cell}: ${next}`);
          }
        }
        assert.equal(walkCells(fields, 0, "ArrowLeft"), null);
        assert.equal(walkCells(fields, 0, "ArrowUp"), 0);
      }
    });
  });
}

test("a point outside is in no cell", () => {
  const [panel] = panelsOf("speech");
  assert.equal(cellAt(panel.fields, -5, -5), -1);
  const box = boxOf(panel.fields, 0);
  assert.equal(cellAt(panel.fields, box.x + box.width / 2, box.y + box.height / 2), 0);
});

test("every column of an image has the same whole number of pixels", () => {
  for (let cols = 1; cols <= 300; cols += 1) {
    const width = imageWidth(cols);
    assert.ok(width <= 72 && width > 0);
    if (cols <= 72) assert.equal(width % cols, 0, `${cols}`);
  }
});

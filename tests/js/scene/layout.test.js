// @ts-check

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { displacement } from "../../../static/js/scene/headings.js";
import { curveX, hit } from "../../../static/js/scene/hit.js";
import { describeColumns, fetchKinds, isKnown } from "../../../static/js/scene/kinds.js";
import { layoutScene, unitBox } from "../../../static/js/scene/layout.js";
import { layoutLegibly } from "../../../static/js/scene/minimum_size.js";
import { spotOf } from "../../../static/js/scene/path_positions.js";
import { modelOf, NETWORKS } from "../server.js";

const AREA = { x: 20, y: 50, width: 900, height: 420, scale: 1, lines: 1 };
const SIZES = [
  AREA,
  { ...AREA, width: 374, height: 260 },
  { ...AREA, width: 1800, height: 900, scale: 1.4 },
];

before(async () => {
  for (const name of NETWORKS) await fetchKinds(modelOf(name));
});

for (const name of NETWORKS) {
  describe(`the network ${name}`, () => {
    test("has all the kinds that it needs", () => assert.ok(isKnown(modelOf(name))));

    test("has a column for the inputs and one for every layer at the top", () => {
      const model = modelOf(name);
      const outer = model.layers.filter((layer) => !layer.name.includes("/"));
      const columns = describeColumns(model);
      assert.deepEqual(
        columns.map(({ layer }) => layer),
        ["input", ...outer.map((layer) => layer.name)],
      );
      for (const { value } of columns) assert.ok(model.bufferByName.has(value), value);
    });

    test("goes from left to right without one column in another", () => {
      for (const area of SIZES) {
        const { columns, loss } = layoutLegibly(modelOf(name), area);
        let right = 0;
        for (const column of columns) {
          assert.ok(
            column.x >= right - 1e-6,
            `${column.layer} begins before the one before it ends`,
          );
          right = column.x + column.width;
        }
        assert.ok(loss.x - loss.r > right);
      }
    });

    test("has headings that do not run into one another", () => {
      for (const area of SIZES) {
        const { columns } = layoutLegibly(modelOf(name), area);
        columns.slice(1).forEach((column, i) => {
          const before = columns[i];
          const free = column.headX - column.headWidth / 2 - (before.headX + before.headWidth / 2);
          assert.ok(free > -1e-6, `${before.title} and ${column.title}`);
        });
      }
    });

    test("every cell lies in its column, and is found where it lies", () => {
      const scene = layoutLegibly(modelOf(name), AREA);
      for (const column of scene.columns) {
        for (let unit = 0; unit < column.count; unit += Math.ceil(column.count / 97)) {
          const box = unitBox(column, unit);
          const values = [box.x, box.y, box.width, box.height];
          assert.ok(values.every(Number.isFinite), `${column.layer} ${unit}`);
          if (box.width < 0.5 || box.height < 0.5 || box.x < 0) continue; // out of sight
          const found = hit(scene, box.x + box.width / 2, box.y + box.height / 2, () => true, 6);
          assert.deepEqual(found, { kind: "unit", layer: column.layer, unit });
        }
      }
    });

    test("curves begin and end at their columns, few enough to be drawn", () => {
      const { pairs, edges } = layoutScene(modelOf(name), AREA);
      const all = pairs.filter(({ mode }) => mode === "all");
      assert.ok(all.reduce((sum, { count }) => sum + count, 0) <= 1500);
      assert.equal(
        edges.count,
        pairs.reduce((sum, { count }) => sum + count, 0),
      );
      for (const { first, count, from, to } of pairs) {
        for (let e = first; e < first + count; e += 1) {
          assert.ok(edges.x0[e] >= from.x + from.width && edges.x1[e] <= to.x);
          assert.ok(edges.y0[e] >= from.y && edges.y0[e] <= from.y + from.height);
          assert.ok(edges.y1[e] >= to.y && edges.y1[e] <= to.y + to.height);
        }
      }
    });
  });
}

describe("labels of units", () => {
  for (const name of ["wine", "breast_cancer", "iris"]) {
    test(`of ${name} do not overlap: each has a row of its own, or there are none`, () => {
      const model = modelOf(name);
      let labelled = 0;
      for (let height = 60; height < 460; height += 20) {
        const { columns } = layoutScene(model, { ...AREA, width: 374, height });
        const shown = columns.filter(({ labelWidth }) => labelWidth > 0);
        labelled = shown.length;
        for (const { ys } of shown) {
          const sorted = [...ys].sort((a, b) => a - b);
          sorted.slice(1).forEach((y, i) => {
            assert.ok(y - sorted[i] >= 10, `in ${height} px`);
          });
        }
      }
      assert.ok(labelled > 0, "where there is room there are labels");
    });
  }
});

describe("points of the picture", () => {
  const scene = layoutScene(modelOf(), AREA);
  const [pair] = scene.pairs;

  test("an edge is found along all of its curve, if it is drawn and near enough", () => {
    const { edges } = scene;
    for (let k = 0; k < pair.count; k += 1) {
      const e = pair.first + k;
      for (const t of [0.2, 0.4, 0.6, 0.8]) {
        const x = pair.x0 + curveX(t) * (pair.x1 - pair.x0);
        const y = edges.y0[e] + t * t * (3 - 2 * t) * (edges.y1[e] - edges.y0[e]);
        const units = pair.to.count;
        const target = { from: Math.floor(k / units), to: k % units };
        const only = hit(scene, x, y, (_, other) => other === k, 3);
        assert.deepEqual(only, { kind: "edge", layer: pair.to.layer, ...target });
        assert.equal(
          hit(scene, x, y, () => false, 3),
          null,
        );
      }
    }
  });

  test("a curve starts at one end and arrives at the other, never going back", () => {
    assert.deepEqual([curveX(0), curveX(1)], [0, 1]);
    for (let t = 0; t < 1; t += 0.01) assert.ok(curveX(t + 0.01) > curveX(t));
  });

  test("beside everything there is nothing", () => {
    assert.equal(
      hit(scene, 1, 1, () => true, 6),
      null,
    );
  });
});

describe("stations of a path", () => {
  const scene = layoutScene(modelOf(), AREA);
  /** @param {string} buffer @param {number[]} index */
  const spot = (buffer, index) =>
    spotOf(scene, { buffer, index, symbol: "", factor: null, value: 0 });

  test("a weight's number is on its edge, a unit's at the unit, the loss at its circle", () => {
    const edge = spot("dense2/W.grad", [3, 1]);
    assert.ok(edge?.kind === "edge");
    assert.deepEqual([edge.pair.to.layer, edge.from, edge.to], ["dense2", 3, 1]);
    const unit = spot("probe/dense1/z.grad", [2]);
    assert.ok(unit?.kind === "unit");
    assert.deepEqual([unit.column.layer, unit.unit], ["dense1", 2]);
    assert.equal(spot("loss/L", [])?.kind, "loss");
    assert.equal(spot("data/x", [5, 1])?.kind, "unit");
  });

  test("what is of no single unit is its layer's, what is of no layer has no place", () => {
    assert.equal(spot("dense1/W", [])?.kind, "layer");
    assert.equal(spot("dense1/a", [0, 1, 2])?.kind, "layer");
    assert.equal(spot("dense1/a", [0, 99])?.kind, "layer");
    assert.equal(spot("step", []), null);
  });
});

test("a picture is enlarged only as far as it has to be, and four times at the most", () => {
  for (const name of NETWORKS) {
    for (const area of SIZES) {
      const { area: used, columns } = layoutLegibly(modelOf(name), area);
      assert.ok(used.width >= area.width && used.height >= area.height);
      assert.ok(used.width <= 4 * area.width + 1e-6);
      if (used.width < 3.9 * area.width) {
        for (const column of columns) assert.ok(displacement(column) <= 14 * area.scale + 1e-6);
      }
    }
  }
});

// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as breakpoints from "../../../static/js/state/breakpoints.js";
import { modelOf } from "../server.js";

const { asPoint, describe: inWords, isAt, isComplete, isSame, kindOf, newPoint } = breakpoints;
const model = modelOf();

/** @param {Partial<import("../../../static/js/state/types.js").PointSpec>} given @param {string} [name] */
const point = (given, name = "1") => asPoint(newPoint(given), name);

test("the three kinds", () => {
  assert.equal(kindOf(newPoint({ instruction: 3 })), "breakpoint");
  assert.equal(kindOf(newPoint({ message: "{loss}" })), "logpoint");
  assert.equal(kindOf(newPoint({ expression: "loss" })), "watchpoint");
});

test("what has nothing but a condition is complete, what has nothing is not", () => {
  /** @type {[object, boolean][]} */
  const rows = [
    [{}, false],
    [{ condition: "loss < 0.1" }, true],
    [{ instruction: 0 }, true],
    [{ scope: "dense1" }, true],
    [{ instruction: 0, message: " " }, false],
    [{ message: "{loss}" }, false],
    [{ expression: " " }, false],
    [{ expression: "loss" }, true],
  ];
  for (const [given, complete] of rows) {
    assert.equal(isComplete(newPoint(given)), complete, JSON.stringify(given));
  }
});

test("names are the next numbers, whatever other names there are", () => {
  assert.equal(breakpoints.nextName([]), "1");
  const named = ["3", "loss", "1", "-5"].map((name) => newPoint({ name }));
  assert.equal(breakpoints.nextName(named), "4");
});

test("the same is what the server takes for the same", () => {
  const one = point({ instruction: 3 });
  const hit = { ...one, hits: 9, stopped: true };
  assert.ok(isSame(one, hit));
  assert.ok(!isSame(one, { ...one, enabled: false }));
});

describe("places", () => {
  const here = { instruction: 3, scope: null, phase: null };

  test("a breakpoint stands at its own place only, a watchpoint at none", () => {
    assert.ok(isAt(point(here), here));
    assert.ok(!isAt(point({ scope: "dense1" }), here));
    assert.ok(!isAt(point({ ...here, expression: "loss" }), here));
  });

  test("points at a heading are not marked at its instructions", () => {
    const heading = { instruction: null, scope: "dense1", phase: "forward" };
    const atHeading = { ...point(heading, "1"), places: [3, 4] };
    const atScope = { ...point({ scope: "dense1/linear" }, "2"), places: [3] };
    const wrong = { ...point({ instruction: 3 }, "3"), problem: "no such instruction" };
    const watch = { ...point({ expression: "loss" }, "4"), places: [3] };
    const points = [atHeading, atScope, wrong, watch, point({ instruction: 7 }, "5")];
    const found = breakpoints.byInstruction(points, [heading]);
    assert.deepEqual(
      [...found].map(([place, standing]) => [place, standing.map(({ name }) => name)]),
      [
        [3, ["2"]],
        [7, ["5"]],
      ],
    );
  });
});

test("in words", () => {
  assert.match(
    inWords({ ...newPoint({ instruction: 16 }), name: "2" }),
    /^breakpoint 2: instruction 16$/,
  );
  assert.match(inWords(newPoint({ scope: "dense1", phase: "backward" })), /: dense1, backward$/);
  assert.match(inWords(newPoint({ condition: "loss < 0.1" })), /: once a step, if loss < 0.1$/);
  const crossing = newPoint({ expression: "loss", trigger: "cross", level: -0.5 });
  assert.match(inWords(crossing), /^watchpoint .*loss crosses −0.5$/);
});

describe("another network", () => {
  test("a point goes to the instruction that does the same", () => {
    const other = modelOf("combining");
    const instruction = model.instructions.findIndex(({ phase }) => phase === "backward");
    const anchor = breakpoints.anchorOf(model, instruction);
    const [same] = breakpoints.refit([{ ...point({ instruction }), anchor }], model);
    assert.deepEqual([same.instruction, same.problem], [instruction, ""]);
    const [refitted] = breakpoints.refit([{ ...point({ instruction }), anchor }], other);
    if (refitted.problem === "") {
      assert.equal(breakpoints.anchorOf(other, refitted.instruction), anchor);
    } else assert.equal(refitted.instruction, instruction);
  });

  test("what it does not have stays, with the reason, until it is there again", () => {
    const lost = { ...point({ instruction: 3 }), anchor: "forward nowhere/linear nowhere/z" };
    const [refitted] = breakpoints.refit([lost], model);
    assert.match(refitted.problem, /no such instruction/);
    assert.equal(refitted.instruction, 3);
  });

  test("what stands at no instruction fits everywhere", () => {
    const [scoped] = breakpoints.refit([{ ...point({ scope: "dense1" }), problem: "old" }], model);
    assert.equal(scoped.problem, "");
  });
});

describe("links", () => {
  test("what is packed comes back, named anew", () => {
    const points = [
      point({ instruction: 16, enabled: false }, "7"),
      point({ expression: "norm(dense1/W)", trigger: "cross", level: 2 }, "9"),
      point({ phase: "update", message: "loss {loss}" }, "x"),
    ];
    const packed = breakpoints.pack({ points, watches: [{ text: "loss" }], pins: ["loss"] });
    const read = breakpoints.unpack(JSON.parse(JSON.stringify(packed)));
    assert.deepEqual(
      read.points,
      points.map((each, i) => ({ ...each, name: String(i + 1) })),
    );
    assert.deepEqual([read.watches, read.pins], [["loss"], ["loss"]]);
  });

  test("nothing is packed as nothing, and what is usual is left out", () => {
    assert.equal(breakpoints.pack({ points: [], watches: [], pins: [] }), null);
    const packed = breakpoints.pack({ points: [point({ instruction: 3 })], watches: [], pins: [] });
    assert.deepEqual(packed, { points: [{ instruction: 3 }] });
  });

  test("nonsense is left out", () => {
    for (const packed of [null, undefined, 3, "x", [], { points: "x", watches: 4, pins: {} }]) {
      assert.deepEqual(breakpoints.unpack(packed), { points: [], watches: [], pins: [] });
    }
    const { points, watches } = breakpoints.unpack({
      points: [{ instruction: "3", scope: 5, phase: "loss", level: null, colour: "red" }, 7, null],
      watches: ["loss", "", 3, "loss"],
    });
    assert.deepEqual(points, [point({ phase: "loss" })]);
    assert.deepEqual(watches, ["loss"]);
  });

  test("no more points are taken than the server takes", () => {
    const points = Array.from({ length: 1000 }, (_, instruction) => ({ instruction }));
    assert.equal(breakpoints.unpack({ points }).points.length, breakpoints.MAX_BREAKPOINTS);
  });
});

// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as module from "../../../static/js/state/breakpoints.js";
import { modelOf } from "../server.js";

const { asBreakpoint, describe: inWords, isAt, isComplete, isSame, kindOf, newBreakpoint } = module;
const model = modelOf();

/** @param {Partial<import("../../../static/js/state/types.js").BreakpointSpec>} given @param {string} [name] */
const breakpoint = (given, name = "1") => asBreakpoint(newBreakpoint(given), name);

test("the three kinds", () => {
  assert.equal(kindOf(newBreakpoint({ instruction: 3 })), "breakpoint");
  assert.equal(kindOf(newBreakpoint({ log_message: "{loss}" })), "logpoint");
  assert.equal(kindOf(newBreakpoint({ expression: "loss" })), "watchpoint");
});

test("what has nothing but a condition is complete, what has nothing is not", () => {
  /** @type {[object, boolean][]} */
  const rows = [
    [{}, false],
    [{ condition: "loss < 0.1" }, true],
    [{ instruction: 0 }, true],
    [{ scope: "dense1" }, true],
    [{ instruction: 0, log_message: " " }, false],
    [{ log_message: "{loss}" }, false],
    [{ expression: " " }, false],
    [{ expression: "loss" }, true],
  ];
  for (const [given, complete] of rows) {
    assert.equal(isComplete(newBreakpoint(given)), complete, JSON.stringify(given));
  }
});

test("names are the next numbers, whatever other names there are", () => {
  assert.equal(module.nextName([]), "1");
  const named = ["3", "loss", "1", "-5"].map((name) => newBreakpoint({ name }));
  assert.equal(module.nextName(named), "4");
});

test("the same is what the server takes for the same", () => {
  const one = breakpoint({ instruction: 3 });
  const hit = { ...one, hits: 9, stopped: true };
  assert.ok(isSame(one, hit));
  assert.ok(!isSame(one, { ...one, enabled: false }));
});

describe("locations", () => {
  const here = { instruction: 3, scope: null, phase: null };

  test("a breakpoint stands at its own location only, a watchpoint at none", () => {
    assert.ok(isAt(breakpoint(here), here));
    assert.ok(!isAt(breakpoint({ scope: "dense1" }), here));
    assert.ok(!isAt(breakpoint({ ...here, expression: "loss" }), here));
  });

  test("breakpoints at a heading are not marked at its instructions", () => {
    const heading = { instruction: null, scope: "dense1", phase: "forward" };
    const atHeading = { ...breakpoint(heading, "1"), instructions: [3, 4] };
    const atScope = { ...breakpoint({ scope: "dense1/linear" }, "2"), instructions: [3] };
    const wrong = { ...breakpoint({ instruction: 3 }, "3"), problem: "no such instruction" };
    const watch = { ...breakpoint({ expression: "loss" }, "4"), instructions: [3] };
    const breakpoints = [atHeading, atScope, wrong, watch, breakpoint({ instruction: 7 }, "5")];
    const found = module.byInstruction(breakpoints, [heading]);
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
    inWords({ ...newBreakpoint({ instruction: 16 }), name: "2" }),
    /^breakpoint 2: instruction 16$/,
  );
  assert.match(
    inWords(newBreakpoint({ scope: "dense1", phase: "backward" })),
    /: dense1, backward$/,
  );
  assert.match(
    inWords(newBreakpoint({ condition: "loss < 0.1" })),
    /: once per step, if loss < 0.1$/,
  );
  const crossing = newBreakpoint({ expression: "loss", trigger: "cross", level: -0.5 });
  assert.match(inWords(crossing), /^watchpoint .*loss crosses −0.5$/);
});

describe("another network", () => {
  test("a breakpoint goes to the instruction that does the same", () => {
    const other = modelOf("combining");
    const instruction = model.instructions.findIndex(({ phase }) => phase === "backward");
    const anchor = module.anchorOf(model, instruction);
    const [same] = module.refit([{ ...breakpoint({ instruction }), anchor }], model);
    assert.deepEqual([same.instruction, same.problem], [instruction, ""]);
    const [refitted] = module.refit([{ ...breakpoint({ instruction }), anchor }], other);
    if (refitted.problem === "") {
      assert.equal(module.anchorOf(other, refitted.instruction), anchor);
    } else assert.equal(refitted.instruction, instruction);
  });

  test("what it does not have stays, with the reason, until it is there again", () => {
    const lost = { ...breakpoint({ instruction: 3 }), anchor: "forward nowhere/linear nowhere/z" };
    const [refitted] = module.refit([lost], model);
    assert.match(refitted.problem, /no such instruction/);
    assert.equal(refitted.instruction, 3);
  });

  test("what stands at no instruction fits everywhere", () => {
    const [scoped] = module.refit([{ ...breakpoint({ scope: "dense1" }), problem: "old" }], model);
    assert.equal(scoped.problem, "");
  });
});

describe("links", () => {
  test("what is packed comes back, named anew", () => {
    const breakpoints = [
      breakpoint({ instruction: 16, enabled: false }, "7"),
      breakpoint({ expression: "norm(dense1/W)", trigger: "cross", level: 2 }, "9"),
      breakpoint({ phase: "update", log_message: "loss {loss}" }, "x"),
    ];
    const packed = module.pack({ breakpoints, watches: [{ text: "loss" }], pins: ["loss"] });
    const read = module.unpack(JSON.parse(JSON.stringify(packed)));
    assert.deepEqual(
      read.breakpoints,
      breakpoints.map((each, i) => ({ ...each, name: String(i + 1) })),
    );
    assert.deepEqual([read.watches, read.pins], [["loss"], ["loss"]]);
  });

  test("nothing is packed as nothing, and what is usual is left out", () => {
    assert.equal(module.pack({ breakpoints: [], watches: [], pins: [] }), null);
    const packed = module.pack({
      breakpoints: [breakpoint({ instruction: 3 })],
      watches: [],
      pins: [],
    });
    assert.deepEqual(packed, { breakpoints: [{ instruction: 3 }] });
  });

  test("what was packed under the former names comes back", () => {
    const former = {
      points: [
        { instruction: 12, condition: "loss < 10", nth: 2 },
        { phase: "update", message: "loss {loss}" },
        { expression: "loss", trigger: "nonfinite" },
      ],
      watches: ["loss"],
      pins: ["loss"],
    };
    assert.deepEqual(module.unpack(former), {
      breakpoints: [
        breakpoint({ instruction: 12, condition: "loss < 10", hit_condition: 2 }, "1"),
        breakpoint({ phase: "update", log_message: "loss {loss}" }, "2"),
        breakpoint({ expression: "loss", trigger: "non_finite" }, "3"),
      ],
      watches: ["loss"],
      pins: ["loss"],
    });
  });

  test("nonsense is left out", () => {
    for (const packed of [
      null,
      undefined,
      3,
      "x",
      [],
      { breakpoints: "x", watches: 4, pins: {} },
    ]) {
      assert.deepEqual(module.unpack(packed), { breakpoints: [], watches: [], pins: [] });
    }
    const { breakpoints, watches } = module.unpack({
      breakpoints: [
        { instruction: "3", scope: 5, phase: "loss", level: null, colour: "red" },
        7,
        null,
      ],
      watches: ["loss", "", 3, "loss"],
    });
    assert.deepEqual(breakpoints, [breakpoint({ phase: "loss" })]);
    assert.deepEqual(watches, ["loss"]);
  });

  test("no more breakpoints are taken than the server takes", () => {
    const breakpoints = Array.from({ length: 1000 }, (_, instruction) => ({ instruction }));
    assert.equal(module.unpack({ breakpoints }).breakpoints.length, module.MAX_BREAKPOINTS);
  });
});

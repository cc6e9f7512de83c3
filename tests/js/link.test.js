// @ts-check

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Link } from "../../static/js/link.js";
import { decode } from "../../static/js/state/description.js";
import { apply, storeOf, told } from "./server.js";

/** @import { Actions } from "../../static/js/actions/actions.js" */

/** @type {any} */
const page = globalThis;
const MADE = ["location", "history", "window", "addEventListener"];
describe("the link", () => {
  beforeEach(() => {
    page.location = { hash: "" };
    page.history = {
      replaceState: (/** @type {any} */ _s, /** @type {any} */ _t, /** @type {string} */ to) => {
        page.location.hash = to;
      },
    };
    page.window = { setTimeout: () => 1 };
    page.addEventListener = () => {};
  });
  afterEach(() => {
    for (const name of MADE) delete page[name];
  });

  /**
   * A link with actions that note what is asked, and accept it or not.
   * @param {{accept?: boolean, log?: object}} [how]
   */
  function linked({ accept = true, log = { edits: [1, 2] } } = {}) {
    const store = storeOf();
    /** @type {[string, ...unknown[]][]} */
    const asked = [];
    /** @param {string} what @param {unknown} answer */
    const note =
      (what, answer) =>
      async (/** @type {unknown[]} */ ...given) => {
        asked.push([what, ...given]);
        return answer;
      };
    const actions = {
      configure: note("configure", accept),
      open: note("open", accept),
      run: note("run", true),
      speed: note("speed", true),
      export: note("export", { description: store.state.model.description, log }),
      breakpoints: { prepare: () => {} },
    };
    const link = new Link(store, /** @type {Actions} */ (/** @type {any} */ (actions)));
    return { store, link, asked };
  }

  test("what is written is read back as the same network", async () => {
    const { store, link } = linked();
    assert.equal(await link.write(), true);
    const { description, problems } = decode(page.location.hash);
    assert.deepEqual(problems, []);
    const { name, samples } = store.state.model.description.data;
    assert.equal(description.data?.name, name);
    assert.equal(description.data?.samples, samples);
    assert.ok(link.isShown());
  });

  test("edits go into the link if they are short, and are left out if not", async () => {
    for (const [log, whole] of /** @type {[object, boolean][]} */ ([
      [{ edits: [1] }, true],
      [{ edits: "x".repeat(3000) }, false],
    ])) {
      const { store, link } = linked({ log });
      const [branch] = store.state.branches;
      const edit = /** @type {any} */ ({ moment: [1, 0], kind: "write", buffer: "dense1/W" });
      store.set({ branches: [{ ...branch, edits: [edit] }] });
      page.location.hash = link.known;
      assert.equal(await link.write(), whole);
      assert.deepEqual(decode(page.location.hash).view.log, whole ? log : undefined);
      page.location.hash = "";
    }
  });

  test("an address that the user has changed meanwhile is left alone", async () => {
    const { link } = linked();
    page.location.hash = "#seed=99";
    assert.equal(await link.write(), false);
    assert.equal(page.location.hash, "#seed=99");
    assert.equal(link.isShown(), false);
  });

  test("an address is followed: configured, at its speed, and run", async () => {
    page.location.hash = "#seed=7&speed=20steps";
    const { link, asked } = linked();
    await link.follow();
    assert.deepEqual(asked, [["configure", { seed: 7 }], ["speed", "step", 20], ["run"]]);
  });

  test("a link with a log goes to where it was left, and does not run", async () => {
    page.location.hash = `#seed=7&log=${btoa(JSON.stringify({ edits: [] })).replaceAll("=", "")}`;
    const { link, asked } = linked();
    await link.follow();
    assert.deepEqual(asked[0], ["open", { description: { seed: 7 }, log: { edits: [] } }]);
    assert.ok(!asked.some(([what]) => what === "run"));
  });

  test("a network that is refused is replaced by the usual one, and it is said why", async () => {
    page.location.hash = "#seed=7&run=no";
    const { store, link, asked } = linked({ accept: false });
    store.set({ errors: [] });
    const follow = link.follow();
    store.set({ errors: [{ code: "bad_value", field: "seed", message: "seed: too large" }] });
    await follow;
    assert.deepEqual(asked[1], ["configure", {}]);
    const [{ code, message }] = store.state.errors;
    assert.equal(code, "link");
    assert.match(message, /^seed: too large\. The link asks for it/);
  });

  test("only what the server refused is said to be asked for by the link", async () => {
    page.location = { hash: "#colour=red&seed=7", search: "?data=xor&colour=red&session=a" };
    const { store, link } = linked({ accept: false });
    const follow = link.follow();
    store.set({ errors: [...store.state.errors, { code: "bad", field: "seed", message: "No." }] });
    await follow;
    assert.deepEqual(
      store.state.errors.map(({ message }) => message),
      [
        "The address has “data” behind “?”, where it has no effect. It belongs behind “#”, as in /#data=circles.",
        "The address has “colour” behind “?”, where it has no effect. Remove it: only a session stands there.",
        "The link has a field “colour”, which this version does not know. It is ignored.",
        "No. The link asks for it; the default network is shown instead.",
      ],
    );
  });

  test("a link that was cut off is said to be so, in words of the page", async () => {
    const cut = btoa('{"layers": [').replaceAll("=", "");
    for (const [key, what] of [
      ["json", "its network cannot be read and is left out"],
      ["log", "its edits cannot be read and are left out"],
      ["stops", "its breakpoints cannot be read and are left out"],
    ]) {
      for (const text of [cut, "%%%", ""]) {
        const { problems } = decode(`#${key}=${text}`);
        const expected = `The link is damaged or cut off: ${what}. Copy the whole link again.`;
        assert.deepEqual(
          problems.map(({ message }) => message),
          [expected],
        );
      }
    }
  });

  test("problems of a link outlive the network that it leads to", async () => {
    page.location.hash = "#colour=red";
    const { store, link } = linked();
    await link.follow();
    apply(store, told("circles").configured);
    assert.match(store.state.errors[0].message, /“colour”/);
  });
});

// @ts-check

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CommandError, Connection, problemOf } from "../../../static/js/wire/connection.js";
import { PROTOCOL } from "../../../static/js/wire/protocol.js";

/** @import { Message } from "../../../static/js/wire/connection.js" */

/** @type {any} */
const page = globalThis;
const MADE = ["location", "addEventListener", "document", "WebSocket", "window"];
/** The globals that Node has itself. */
const own = new Map(MADE.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
/** @type {FakeSocket[]} */
let sockets = [];
/** @type {{fn: () => void, after: number}[]} */
let timers = [];

class FakeSocket {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    /** @type {any[]} */
    this.sent = [];
    /** @type {any} */
    this.closedWith = null;
    /** @type {() => void} */
    this.onopen = () => {};
    /** @type {(message: {data: unknown}) => void} */
    this.onmessage = () => {};
    /** @type {(close: {code: number, reason: string}) => void} */
    this.onclose = () => {};
    sockets.push(this);
  }
  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  /** @param {number} code */
  close(code) {
    this.closedWith = code;
  }
  /** @param {Message} message */
  tell(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

/** @param {string} name @param {unknown} value */
function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

describe("a connection", () => {
  beforeEach(() => {
    sockets = [];
    timers = [];
    define("location", { search: "" });
    define("addEventListener", () => {});
    define("document", { addEventListener: () => {}, visibilityState: "visible" });
    define("WebSocket", FakeSocket);
    define("window", {
      setTimeout: (/** @type {() => void} */ fn, /** @type {number} */ after) =>
        timers.push({ fn, after }),
    });
  });
  afterEach(() => {
    for (const [name, descriptor] of own) {
      delete page[name];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    }
  });

  /** A connection that has been welcomed, and what it was told. */
  function connected() {
    /** @type {unknown[]} */
    const told = [];
    const connection = new Connection("ws://x/ws", {
      status: (status, reason) => told.push([status, reason]),
      welcome: ({ session }) => told.push(["welcome", session]),
      event: (event) => told.push(["event", event.event ?? event.type]),
      frame: (frame) => told.push(["frame", frame.number]),
    });
    connection.open();
    const [socket] = sockets;
    socket.onopen();
    socket.tell({ type: "welcome", session: "s1", resumed: false });
    return { connection, socket, told };
  }

  test("it says hello, and is open once it is welcome", () => {
    const { connection, socket, told } = connected();
    assert.deepEqual(socket.sent[0], {
      id: 1,
      type: "hello",
      protocol: PROTOCOL,
      session: null,
      last_seen: 0,
    });
    assert.equal(connection.isOpen, true);
    assert.deepEqual(told, [
      ["open", ""],
      ["welcome", "s1"],
    ]);
  });

  test("answers find the command that they are for", async () => {
    const { connection, socket } = connected();
    const [first, second] = [
      connection.request("step", { unit: "step" }),
      connection.request("pause"),
    ];
    const [one, two] = socket.sent.slice(-2);
    assert.deepEqual([one.type, one.unit, two.type], ["step", "step", "pause"]);
    socket.tell({ type: "error", id: two.id, code: "bad_value", message: "no" });
    socket.tell({ type: "done", id: one.id, steps: 3 });
    assert.equal((await first).steps, 3);
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof CommandError);
      return error.problem.code === "bad_value";
    });
  });

  test("numbered events are handed on once and in order", () => {
    const { connection, socket, told } = connected();
    for (const event of [1, 2, 2, 1, 3]) socket.tell({ type: "state", event });
    assert.deepEqual(told.slice(2), [
      ["event", 1],
      ["event", 2],
      ["event", 3],
    ]);
    assert.equal(connection.lastSeen, 3);
  });

  describe("a lost connection", () => {
    test("cuts off what waits, and is tried again, later each time", async () => {
      const { connection, socket } = connected();
      const waiting = connection.request("export");
      socket.onclose({ code: 1006, reason: "" });
      await assert.rejects(waiting, /lost/);
      await assert.rejects(connection.request("run"), /no connection/);
      for (let tries = 1; tries <= 8; tries += 1) {
        timers.at(-1)?.fn();
        sockets.at(-1)?.onclose({ code: 1006, reason: "" });
      }
      const waits = timers.map(({ after }) => after);
      waits.forEach((wait, i) => {
        const expected = Math.min(8000, 250 * 2 ** i);
        assert.ok(wait >= 0.75 * expected && wait <= 1.25 * expected, `${waits}`);
      });
    });

    test("comes back to the same session, after what was seen", () => {
      const { socket, told } = connected();
      socket.tell({ type: "state", event: 7 });
      socket.onclose({ code: 1006, reason: "" });
      timers[0].fn();
      const again = sockets[1];
      again.onopen();
      assert.deepEqual([again.sent[0].session, again.sent[0].last_seen], ["s1", 7]);
      again.tell({ type: "welcome", session: "s1", resumed: true });
      again.tell({ type: "state", event: 7 });
      again.tell({ type: "state", event: 8 });
      assert.deepEqual(told.at(-1), ["event", 8]);
      assert.equal(told.filter((each) => String(each) === "event,7").length, 1);
    });

    test("begins to count anew in another session", () => {
      const { connection, socket } = connected();
      socket.tell({ type: "state", event: 7 });
      socket.tell({ type: "welcome", session: "s2", resumed: false });
      assert.deepEqual([connection.session, connection.lastSeen], ["s2", 0]);
    });

    test("is not repaired where the server refuses, or when the page ends it", () => {
      const { socket, told } = connected();
      socket.onclose({ code: 1008, reason: "too many sessions" });
      assert.deepEqual(told.at(-1), ["refused", "too many sessions"]);
      const { connection, socket: other } = connected();
      connection.end();
      other.onclose({ code: 1000, reason: "" });
      assert.deepEqual([timers.length, sockets.length], [0, 2]);
    });

    test("an old socket that closes late changes nothing", () => {
      const { connection, socket } = connected();
      connection.open();
      socket.onclose({ code: 1006, reason: "" });
      assert.equal(timers.length, 0);
    });
  });

  test("what has no answer is dropped without a connection", () => {
    const { connection, socket } = connected();
    connection.notify("ack", { frame: 3 });
    assert.deepEqual(socket.sent.at(-1)?.type, "ack");
    const { length } = socket.sent;
    socket.onclose({ code: 1006, reason: "" });
    connection.notify("ack", { frame: 4 });
    assert.equal(socket.sent.length, length);
  });

  test("a problem always has a message", () => {
    assert.deepEqual(problemOf({ type: "error", code: "busy" }), {
      code: "busy",
      field: "",
      value: undefined,
      expected: "",
      message: "busy",
    });
  });
});

// @ts-check
// The WebSocket: one session that survives lost connections. Commands return promises of their
// answers, numbered events are delivered exactly once and in order, frames as they arrive.

import { decodeFrame, PROTOCOL } from "./protocol.js";
import { load, save } from "./storage.js";

/** @import { Frame, Problem } from "../state/types.js" */
/** @typedef {{type: string, event?: number, [field: string]: any}} Message */

/**
 * @typedef {object} Handlers
 * @property {(status: "connecting" | "open" | "lost" | "refused" | "done", reason: string) => void} status
 * @property {(welcome: Message) => void} welcome
 * @property {(event: Message) => void} event
 * @property {(frame: Frame) => void} frame
 */

const SESSION = "session";
const MAX_SESSION = 64; // characters of the id of a session
const FIRST_WAIT = 250; // milliseconds; doubled with every failure
const MAX_WAIT = 8000;
// RFC 6455, section 7.4.1. After a policy violation retrying would be refused again.
const [NORMAL, POLICY_VIOLATION] = [1000, 1008];

/** A command that the server refused, or that was cut off by a lost connection. */
export class CommandError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** @param {string} message */
function lost(message) {
  return new CommandError({ code: "lost", field: "", message });
}

/** One server, one session, one socket at a time. */
export class Connection {
  /**
   * @param {string} url ws:// or wss:// address
   * @param {Handlers} handlers
   */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.isOpen = false;
    // A script that opens this page names the session to show, and configures it.
    this.named = new URLSearchParams(location.search).get("session");
    const known = this.named ?? load("session", SESSION);
    this.session = known && known.length <= MAX_SESSION ? known : null;
    this.lastSeen = 0;
    this.nextId = 1;
    this.failures = 0;
    this.timer = 0;
    /** @type {Map<number, {resolve: (answer: Message) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    // A laptop that wakes up or a network that returns should not wait for the next attempt.
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => this.retryNow());
  }

  /** Opens the socket; later losses are repaired without further calls. */
  open() {
    clearTimeout(this.timer);
    this.timer = 0;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.hello(socket);
    socket.onmessage = (message) => this.receive(message.data);
    socket.onclose = (close) => {
      if (this.socket === socket) this.closed(close);
    };
  }

  /** Closes the socket for good: the server is about to end. */
  end() {
    const { socket } = this;
    this.isOpen = false;
    this.socket = null;
    socket?.close(NORMAL);
    this.handlers.status("done", "");
  }

  /** Reconnects at once if the next attempt is waiting. */
  retryNow() {
    if (this.timer && document.visibilityState === "visible") this.open();
  }

  /**
   * Sends a command. Rejects with CommandError if the server refuses it or the connection is lost
   * before the answer.
   * @param {string} type
   * @param {{[field: string]: unknown}} [fields]
   * @returns {Promise<Message>}
   */
  request(type, fields = {}) {
    if (!this.isOpen) return Promise.reject(lost("There is no connection to the server."));
    return new Promise((resolve, reject) => this.post(type, fields, { resolve, reject }));
  }

  /**
   * Sends a command that has no answer; dropped without a connection.
   * @param {string} type
   * @param {{[field: string]: unknown}} fields
   */
  notify(type, fields) {
    if (this.isOpen) this.post(type, fields, null);
  }

  /**
   * @param {string} type
   * @param {{[field: string]: unknown}} fields
   * @param {{resolve: (answer: Message) => void, reject: (error: Error) => void} | null} waiter
   */
  post(type, fields, waiter) {
    const id = this.nextId;
    this.nextId += 1;
    if (waiter) this.waiting.set(id, waiter);
    this.socket?.send(JSON.stringify({ id, type, ...fields }));
  }

  /** @param {WebSocket} socket */
  hello(socket) {
    const hello = { protocol: PROTOCOL, session: this.session, last_seen: this.lastSeen };
    socket.send(JSON.stringify({ id: this.nextId, type: "hello", ...hello }));
    this.nextId += 1;
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (typeof data !== "string") {
      this.handlers.frame(decodeFrame(data));
      return;
    }
    /** @type {Message} */
    const message = JSON.parse(data);
    if (message.type === "welcome") this.welcomed(message);
    else if (typeof message.event === "number") this.numbered(message, message.event);
    else if (message.type === "done" || message.type === "error") this.answered(message);
  }

  /** @param {Message} welcome */
  welcomed(welcome) {
    this.failures = 0;
    this.isOpen = true;
    if (!welcome.resumed) this.lastSeen = 0;
    this.session = welcome.session;
    save("session", SESSION, welcome.session);
    this.handlers.status("open", "");
    this.handlers.welcome(welcome);
  }

  /**
   * Delivers an event that is new. After a reconnect the server repeats events; known ones are
   * dropped.
   * @param {Message} message
   * @param {number} number
   */
  numbered(message, number) {
    if (number <= this.lastSeen) return;
    this.lastSeen = number;
    this.handlers.event(message);
  }

  /** @param {Message} answer */
  answered(answer) {
    const waiter = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.type === "done") waiter?.resolve(answer);
    else if (waiter) waiter.reject(new CommandError(problemOf(answer)));
    else if (!this.isOpen) this.handlers.status("refused", answer.message);
    else this.handlers.event(answer);
  }

  /** @param {CloseEvent} close */
  closed(close) {
    this.isOpen = false;
    this.socket = null;
    for (const waiter of this.waiting.values()) waiter.reject(lost("The connection was lost."));
    this.waiting.clear();
    if (close.code === POLICY_VIOLATION) {
      this.handlers.status("refused", close.reason);
      return;
    }
    const wait = Math.min(MAX_WAIT, FIRST_WAIT * 2 ** this.failures);
    this.failures += 1;
    this.handlers.status("lost", close.reason);
    // Some spread, so that a room full of pages does not return to a restarted server at once.
    this.timer = window.setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }
}

/**
 * An error message or event as a problem to show.
 * @param {Message} message
 * @returns {Problem}
 */
export function problemOf(message) {
  const { code = "", field = "", value, expected = "" } = message;
  return { code, field: field ?? "", value, expected, message: String(message.message ?? code) };
}

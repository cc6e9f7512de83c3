// @ts-check
// Starts the page: socket -> store -> views, which all draw in one loop.

import { createActions } from "./actions/actions.js";
import { bindings } from "./controls/bindings.js";
import { setIcon } from "./controls/dom.js";
import { mountDrop } from "./controls/files.js";
import * as frame from "./controls/frame.js";
import * as panel from "./controls/panel.js";
import { styled } from "./controls/styles.js";
import { mountTooltips } from "./controls/tooltip.js";
import * as transport from "./controls/transport.js";
import { listen } from "./keyboard.js";
import { Link } from "./link.js";
import { createLoop } from "./loop.js";
import { addProblem, applyEvent } from "./state/events.js";
import { createStore } from "./state/store.js";
import * as bottom from "./views/bottom.js";
import * as inspector from "./views/inspector.js";
import * as loss from "./views/loss.js";
import * as network from "./views/network.js";
import * as output from "./views/output.js";
import * as timeline from "./views/timeline.js";
import { Connection } from "./wire/connection.js";

/** @import { Context } from "./state/types.js" */

const store = createStore();
const loop = createLoop();
const address = new URL("/ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(address.href, {
  status: (status) => store.set({ connection: status }),
  welcome,
  event,
  frame: takeFrame,
});
const actions = createActions(connection, store);
const link = new Link(store, actions);
/** @type {Context} */
const context = { store, actions, loop };

const TOO_LONG =
  "There are too many edits for a link: the copied link holds only the network, its data and its seed. To keep the edits, save the session to a file in the menu of networks.";

const NO_SESSION =
  "The session in the address does not exist any more, or never did: this is a new one. To return to another, open the address that its script printed.";

/** The last event that the server repeats before the page knows the session; -1 for none. */
let repeatedUpTo = -1;

/** @param {import("./wire/connection.js").Message} message */
function welcome(message) {
  actions.renewSubscription();
  if (message.resumed && message.last_event > connection.lastSeen) {
    repeatedUpTo = message.last_event;
  } else if (!message.resumed || !(store.state.model || connection.named)) link.follow();
  if (connection.named !== null && !message.resumed) {
    addProblem(store, { code: "link", field: "", message: NO_SESSION });
  }
}

/** @param {import("./wire/connection.js").Message} message */
function event(message) {
  applyEvent(store, message, actions);
  if (message.type === "configured" && repeatedUpTo < 0) actions.breakpoints.restore();
  if (repeatedUpTo < 0 || connection.lastSeen < repeatedUpTo) return;
  repeatedUpTo = -1;
  if (!link.isShown()) link.follow();
}

/** @type {number[]} frames that no draw has shown yet */
const undrawn = [];

/** @param {import("./state/types.js").Frame} picture */
function takeFrame(picture) {
  undrawn.push(picture.number);
  if (picture.generation === store.state.model?.generation) store.set({ frame: picture });
  loop.requestDraw();
}

// A frame is acknowledged when it is on the screen, so that the server sends no more than is drawn.
loop.onDrawn(() => {
  for (const number of undrawn.splice(0)) connection.notify("ack", { frame: number });
});

async function loadCatalogue() {
  try {
    const answer = await fetch("/api/catalogue");
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    /** @type {import("./state/types.js").Catalogue} */
    const catalogue = await answer.json();
    store.set({ catalogue });
    panel.mount(mountPoint("panel-left"), context, catalogue);
  } catch (error) {
    const message = `The list of data sets could not be loaded: ${error}. Reload the page.`;
    addProblem(store, { code: "catalogue", field: "", message });
    throw error;
  }
}

async function copyLink() {
  const whole = await link.write();
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    const message = `The browser does not let this page copy. The link is ${location.href}`;
    addProblem(store, { code: "link", field: "", message });
    return;
  }
  const button = /** @type {Element} */ (document.querySelector('[aria-label="Copy link"]'));
  store.set({ announce: "The link was copied." });
  if (!whole) addProblem(store, { code: "link", field: "", message: TOO_LONG });
  setIcon(button, "check");
  setTimeout(() => setIcon(button, "link"), 1500);
}

/** @type {HTMLDialogElement | null} */
let help = null;

async function showHelp() {
  const { helpDialog } = await styled("help", import("./controls/help.js"));
  help ??= helpDialog(keys);
  help.showModal();
}

/** @param {string} id */
function mountPoint(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @type {import("./controls/transport.js").PageActions} */
const page = {
  copyLink,
  cycleTheme: () => frame.cycleTheme(context),
  togglePresent: () => frame.togglePresent(context),
  showHelp,
};
const keys = bindings(context, page);

frame.mount(context);
transport.mount(mountPoint("transport"), context, page);
network.mount(mountPoint("network"), context);
timeline.mount(mountPoint("timeline"), context);
output.mount(mountPoint("output"), context);
loss.mount(mountPoint("loss"), context);
inspector.mount(mountPoint("inspector"), context);
bottom.mount(mountPoint("program"), context);
mountTooltips();
mountDrop(context);
listen(keys);
store.on(["selection", "hover", "hoverStep", "edgeMode", "theme", "model"], loop.requestDraw);
connection.open();
loadCatalogue();

// For scripting in the browser's console, and for tests.
Object.assign(window, { backstep: { store, actions } });

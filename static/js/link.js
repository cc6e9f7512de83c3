// @ts-check
// The address bar: writes the present network into the fragment, and configures what a fragment
// asks for.

import { loadScenes } from "./actions/scenes.js";
import { FIRST_SPEED, notchOf } from "./controls/speeds.js";
import { pack, unpack } from "./state/breakpoints.js";
import { decode, encode, misplaced } from "./state/description.js";
import { addProblem } from "./state/events.js";
import { load, save } from "./wire/storage.js";

/** @import { Actions } from "./actions/actions.js" */
/** @import { Store } from "./state/store.js" */

const WRITE_DELAY = 250; // milliseconds; browsers limit how often a page may write its address
const MAX_FRAGMENT = 2000; // characters of a fragment: other programs cut longer addresses
const WRITTEN = "link";

/** The fragment of this page's address. */
export class Link {
  /**
   * @param {Store} store
   * @param {Actions} actions
   */
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.timer = 0;
    /** The fragment last written or followed; any other one was entered by the user. */
    this.known = location.hash;
    addEventListener("hashchange", () => this.follow());
    store.set({ pins: unpack(decode(location.hash).view.stops).pins });
    const keys = /** @type {const} */ (["model", "description", "run", "edgeMode", "branches"]);
    store.on([...keys, "breakpoints", "watches", "pins", "scene"], () => {
      this.timer ||= window.setTimeout(() => this.write(), WRITE_DELAY);
    });
  }

  /**
   * Writes the network that the server has accepted, with the edits if they are short enough.
   * @returns {Promise<boolean>} whether nothing had to be left out
   */
  async write() {
    clearTimeout(this.timer);
    this.timer = 0;
    const { model, run, scene, edgeMode, branches } = this.store.state;
    if (!model) return false;
    /** @type {import("./state/description.js").LinkView} */
    const view = {};
    if (scene) view.scene = scene.id;
    if (run && notchOf(run.speed) !== notchOf(FIRST_SPEED)) view.speed = run.speed;
    if (edgeMode !== "weight" && edgeMode !== "difference") view.edges = edgeMode;
    const stops = pack(this.store.state);
    if (stops) view.stops = stops;
    const plain = `#${encode(model.description, view)}`;
    const edited = branches.some(({ edits }) => edits.length > 0);
    const whole = edited ? await this.withEdits(view) : plain;
    if (this.store.state.model !== model || location.hash !== this.known) return false;
    const fragment = whole.length > MAX_FRAGMENT ? plain : whole;
    if (fragment !== location.hash) history.replaceState(null, "", fragment);
    this.known = location.hash;
    save("session", WRITTEN, this.known);
    return fragment === whole;
  }

  /**
   * The fragment of the network at the start of training with the log of all edits since.
   * @param {import("./state/description.js").LinkView} view
   */
  async withEdits(view) {
    const { description, log } = await this.actions.export();
    return `#${encode(description, { ...view, log })}`;
  }

  /** Whether the server's network is what the address asks for. */
  isShown() {
    const { model } = this.store.state;
    const { hash } = location;
    if (!model) return false;
    if (hash === "" || hash === load("session", WRITTEN)) return true;
    const shown = `#${encode(model.description)}`;
    return hash === shown || hash.startsWith(`${shown}&`);
  }

  /**
   * Configures what the address asks for, or the server's default network if it is empty. Then runs
   * it, or goes to the last moment of the log of edits in the address.
   */
  async follow() {
    this.known = location.hash;
    const { description, view, problems } = decode(this.known);
    const { log } = view;
    const errors = [...misplaced(location.search), ...problems];
    this.store.set({ errors, edgeMode: view.edges ?? "weight" });
    this.actions.breakpoints.prepare(view.stops);
    const scene = view.scene ? await this.findScene(view.scene) : null;
    const bare = Object.keys(description).length === 0;
    const asked = scene && bare ? scene.description : description;
    const accepted = log
      ? await this.actions.open({ description: asked, log })
      : await this.actions.configure(asked);
    this.store.set({ scene: accepted ? scene : null });
    if (!accepted) await this.fallBack();
    const { unit, per_second } = view.speed ?? FIRST_SPEED;
    await this.actions.speed(unit, per_second);
    if (view.run !== false && !log) await this.actions.run();
  }

  /** @param {string} id */
  async findScene(id) {
    const found = (await loadScenes(this.store)).find((scene) => scene.id === id);
    if (found) return found;
    const message = `The link asks for the scene “${id}”, which this server does not have.`;
    addProblem(this.store, { code: "link", field: "", message });
    return null;
  }

  /** Shows the default network after the server refused the link's, and says why. */
  async fallBack() {
    const errors = this.store.state.errors.map((problem) => {
      if (problem.code === "link") return problem;
      const refused = problem.message.replace(/\.?$/, ".");
      const message = `${refused} The link asks for it; the default network is shown instead.`;
      return { code: "link", field: "", message };
    });
    this.store.set({ errors });
    await this.actions.configure({});
  }
}

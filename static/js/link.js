// @ts-check
// The address bar: what the page shows, kept in the fragment, and what a fragment asks for.

import { FIRST_SPEED, notchOf } from "./controls/speeds.js";
import { decode, encode } from "./description.js";

/** @typedef {import("./types.js").Store} Store */
/** @typedef {import("./types.js").Actions} Actions */

const WRITE_DELAY = 250; // milliseconds; browsers limit how often a page may write its address

/** The fragment of this page, and the networks it asks for. */
export class Link {
  /**
   * @param {Store} store
   * @param {Actions} actions
   */
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.timer = 0;
    /** The fragment last written or followed; another one has been put there by the user. */
    this.known = location.hash;
    addEventListener("hashchange", () => this.follow());
    store.on(["model", "description", "run", "edgeMode"], () => {
      this.timer ||= window.setTimeout(() => this.write(), WRITE_DELAY);
    });
  }

  /** Writes what the server has accepted, not what is being typed. */
  write() {
    clearTimeout(this.timer);
    this.timer = 0;
    const { model, run, edgeMode } = this.store.state;
    if (!model || location.hash !== this.known) return;
    /** @type {import("./description.js").LinkView} */
    const view = {};
    if (run && notchOf(run.speed) !== notchOf(FIRST_SPEED)) view.speed = run.speed;
    if (edgeMode !== "weight") view.edges = edgeMode;
    const fragment = `#${encode(model.description, view)}`;
    if (fragment !== location.hash) history.replaceState(null, "", fragment);
    this.known = location.hash;
  }

  /** Whether the server's network is what the address asks for. */
  isShown() {
    const { model } = this.store.state;
    const shown = model ? `#${encode(model.description)}` : null;
    const { hash } = location;
    return shown !== null && (hash === "" || hash === shown || hash.startsWith(`${shown}&`));
  }

  /** Configures what the address asks for, the server's usual network for an empty one; runs it. */
  async follow() {
    this.known = location.hash;
    const { description, view, problems } = decode(location.hash);
    this.store.set({ errors: problems, edgeMode: view.edges ?? "weight" });
    const accepted = await this.actions.configure(description);
    if (!accepted) await this.fallBack();
    const { unit, per_second } = view.speed ?? FIRST_SPEED;
    await this.actions.speed(unit, per_second);
    if (view.run !== false) await this.actions.run();
  }

  /** The server refused the link's network: says why, and shows the usual one. */
  async fallBack() {
    const errors = this.store.state.errors.map(({ message }) => ({
      ...{ code: "link", field: "" },
      message: `${message} The link asks for it; the usual network is shown instead.`,
    }));
    this.store.set({ errors });
    await this.actions.configure({});
  }
}

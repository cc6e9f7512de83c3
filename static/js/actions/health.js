// @ts-check
// Asks the diagnostics about the health of training, and applies remedies for their findings.

import { addProblem } from "../state/events.js";
import { patched, spoken } from "../state/findings.js";
import { CommandError } from "../wire/connection.js";

/** @import { Store } from "../state/store.js" */
/** @import { Change, Finding, Moment, Rule } from "../state/types.js" */
/** @import { Actions } from "./actions.js" */

/**
 * Waits until the machine is at rest: a long journey continues after the answer to its command.
 * @param {Store} store
 * @returns {Promise<void>}
 */
function atRest(store) {
  return new Promise((resolve) => {
    const stop = store.on(["run"], () => look());
    const look = () => {
      if (store.state.run?.running) return;
      stop();
      resolve();
    };
    look();
  });
}

/** The actions of diagnostics; created once with the actions of a page. */
export class Health {
  /**
   * @param {Actions} actions
   * @param {Store} store
   */
  constructor(actions, store) {
    this.actions = actions;
    this.store = store;
  }

  /**
   * All rules with their thresholds.
   * @returns {Promise<Rule[]>}
   */
  async rules() {
    const { rules } = await this.actions.connection.request("examine", { rule: null });
    return rules;
  }

  /**
   * Every layer over time along the present branch, and the present gradient flow.
   * @returns {Promise<import("../state/types.js").SeriesAnswer>}
   */
  async series() {
    const { layers, flow } = await this.actions.connection.request("series");
    return { layers, flow };
  }

  /**
   * Runs a rule now, announces its first finding and records their number.
   * @param {{rule: string, title: string}} rule
   */
  async examine({ rule, title }) {
    const { store } = this;
    try {
      const answer = await this.actions.connection.request("examine", { rule });
      /** @type {Finding[]} */
      const findings = answer.findings;
      const others = store.state.examined.filter((known) => known.rule !== rule);
      const [step, found] = [store.state.run?.step ?? 0, findings.length];
      const announce = found > 0 ? spoken(findings[0]) : `${title}: nothing found`;
      store.set({ examined: [...others, { rule, title, step, found }], announce });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      addProblem(store, error.problem);
    }
  }

  /**
   * Gives a rule another threshold, for this session.
   * @param {Rule} rule is changed to the thresholds that the server has accepted
   * @param {string} name
   * @param {number} value
   */
  async adjust(rule, name, value) {
    try {
      const fields = { rule: rule.rule, thresholds: { [name]: value } };
      rule.thresholds = (await this.actions.connection.request("adjust", fields)).thresholds;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      addProblem(this.store, error.problem);
    }
  }

  /**
   * Applies a remedy to the present network and runs it; in the past that starts a branch.
   * @param {{[name: string]: number}} values of hyperparameters
   * @param {Moment | null} moment to go back to first; null: from here
   */
  async attempt(values, moment) {
    const { actions, store } = this;
    if (moment) {
      const [step, pc] = moment;
      if (!(await actions.send("goto", { step, pc, branch: null }))) return;
      await atRest(store);
      if (store.state.run?.step !== step) return;
    }
    for (const [name, value] of Object.entries(values)) {
      if (!(await actions.send("set", { name, value }))) return;
    }
    // Rules that run on demand would not notice that the problem is cured.
    for (const asked of store.state.examined) if (asked.found > 0) await this.examine(asked);
    await actions.run();
  }

  /**
   * Builds a network with these changes, which starts at step 0.
   * @param {Change[]} changes
   */
  async apply(changes) {
    const { description } = this.store.state;
    if (!description) return;
    const applied = await this.actions.configure(patched(description, changes));
    if (applied)
      this.store.set({ announce: "The network was changed, and training starts again." });
  }
}

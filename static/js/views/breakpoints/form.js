// @ts-check
// The form of a breakpoint, logpoint or watchpoint. An existing one changes while the user types,
// as soon as the text is valid; a new one is created with Add.

import { h, icon, tip } from "../../controls/dom.js";
import { ExpressionField } from "../../controls/expression.js";
import {
  isComplete,
  isSame,
  kindOf,
  newBreakpoint,
  specOf,
  TRIGGERS,
} from "../../state/breakpoints.js";

/** @import { Kind } from "../../state/breakpoints.js" */
/** @import { BreakpointSpec, Context, Model, Trigger } from "../../state/types.js" */

/** @type {{[kind in Kind]: string}} */
const TITLES = { breakpoint: "Breakpoint", logpoint: "Logpoint", watchpoint: "Watchpoint" };
const PHASES = ["forward", "loss", "backward", "update"];
const MAX_HITS = 100_000;

let formCount = 0;

export class BreakpointForm {
  /**
   * @param {Context} context
   * @param {(name: string) => void} done it was added, or there is no more to change
   */
  constructor(context, done) {
    this.context = context;
    this.done = done;
    this.spec = newBreakpoint();
    formCount += 1;
    this.id = `point-form-${formCount}`;
    this.title = h("h3", {});
    this.remove = h("button", { type: "button", class: "link-button" }, "Remove");
    this.location = h("select", { id: `${this.id}-place` });
    this.hitCondition = h("input", {
      type: "number",
      id: `${this.id}-hits`,
      min: 1,
      max: MAX_HITS,
      step: 1,
      required: true,
      inputmode: "numeric",
      autocomplete: "off",
    });
    this.trigger = h("select", { id: `${this.id}-trigger` });
    this.trigger.append(...TRIGGERS.map(([name, words]) => h("option", { value: name }, words)));
    this.level = h("input", {
      type: "number",
      step: "any",
      required: true,
      autocomplete: "off",
      inputmode: "decimal",
      "aria-label": "Level to cross",
    });
    const change = () => this.changed();
    const enter = () => this.submit();
    this.condition = new ExpressionField(context, {
      label: "if",
      role: "condition",
      optional: true,
      placeholder: "always",
      change,
      enter,
    });
    this.log_message = new ExpressionField(context, {
      label: "logs",
      role: "log_message",
      placeholder: "text and {expressions}",
      change,
      enter,
    });
    this.expression = new ExpressionField(context, {
      label: "when",
      role: "scalar",
      placeholder: "a number",
      change,
      enter,
    });
    this.add = h("button", { type: "submit", class: "button primary" }, "Add");
    this.locationRow = row("at", this.location, selectBox(this.location));
    this.triggerRow = row("it", this.trigger, selectBox(this.trigger), this.level);
    this.hitsRow = row("from hit", this.hitCondition, this.hitCondition, this.add);
    tip(this.hitsRow, "The breakpoint counts its hits and stops from this one on.");
    this.element = h(
      "form",
      { class: "point-form", novalidate: true },
      h("header", {}, this.title, this.remove),
      this.expression.element,
      this.triggerRow,
      this.locationRow,
      this.condition.element,
      this.log_message.element,
      this.hitsRow,
    );
    /** Whether the form is filling its fields itself: such changes are not the user's. */
    this.filling = false;
    this.listen();
  }

  listen() {
    const { element, location, hitCondition, trigger, level } = this;
    element.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.remove.onclick = () => {
      this.context.actions.breakpoints.remove(this.spec.name);
      this.done("");
    };
    location.onchange = () => this.set(readLocation(location.value));
    trigger.onchange = () => this.set({ trigger: /** @type {Trigger} */ (trigger.value) });
    hitCondition.oninput = () =>
      hitCondition.validity.valid && this.set({ hit_condition: hitCondition.valueAsNumber });
    level.oninput = () => level.validity.valid && this.set({ level: level.valueAsNumber });
    this.context.store.on(["model"], () => this.offerLocations());
  }

  /** Whether the form is for a new breakpoint. */
  get isNew() {
    return this.spec.name === "";
  }

  /**
   * Shows a breakpoint, or a new one.
   * @param {BreakpointSpec} spec without a name if it is new
   */
  edit(spec) {
    this.spec = specOf(spec);
    const { condition, log_message, expression, hit_condition, level, trigger } = this.spec;
    this.offerLocations();
    this.filling = true;
    this.hitCondition.value = String(hit_condition);
    this.level.value = String(level);
    this.trigger.value = trigger;
    this.condition.set(condition ?? "");
    this.log_message.set(log_message ?? "");
    this.expression.set(expression ?? "");
    this.filling = false;
    this.show();
  }

  /** Shows the fields that this kind of breakpoint has. */
  show() {
    const { spec } = this;
    const kind = kindOf(spec);
    this.title.textContent = this.isNew
      ? `New ${TITLES[kind].toLowerCase()}`
      : `${TITLES[kind]} ${spec.name}`;
    this.remove.hidden = this.isNew;
    this.locationRow.hidden = this.condition.element.hidden = kind === "watchpoint";
    this.log_message.element.hidden = kind !== "logpoint";
    this.expression.element.hidden = this.triggerRow.hidden = kind !== "watchpoint";
    this.level.hidden = spec.trigger !== "cross";
    this.add.hidden = !this.isNew;
    // Not disabled: Enter may come before what was typed last has been judged.
    this.add.setAttribute("aria-disabled", String(!this.ready));
  }

  /** The locations in the current network. */
  offerLocations() {
    const { model } = this.context.store.state;
    if (model) this.location.replaceChildren(...locationsOf(model));
    this.location.value = writeLocation(this.spec);
  }

  /** Whether all fields are complete and valid. */
  get ready() {
    const { condition, log_message, expression, spec } = this;
    const messageRight = spec.log_message === null || log_message.right;
    const right = spec.expression === null ? condition.right && messageRight : expression.right;
    return (
      right && isComplete(spec) && this.hitCondition.validity.valid && this.level.validity.valid
    );
  }

  /** Called when an expression has changed. */
  changed() {
    const { spec, condition, log_message, expression } = this;
    if (this.filling) return;
    this.set({
      condition: spec.expression === null ? condition.text || null : null,
      log_message: spec.log_message === null ? null : log_message.text,
      expression: spec.expression === null ? null : expression.text,
    });
  }

  /** @param {Partial<BreakpointSpec>} patch */
  set(patch) {
    this.spec = { ...this.spec, ...patch };
    this.show();
    if (this.isNew || !this.ready) return;
    const { breakpoints } = this.context.actions;
    const known = breakpoints.list.find(({ name }) => name === this.spec.name);
    if (known && !isSame(known, { ...this.spec, enabled: known.enabled })) {
      breakpoints.put({ ...this.spec, enabled: known.enabled });
    }
  }

  async submit() {
    const { condition, log_message, expression } = this;
    await Promise.all([condition, log_message, expression].map((field) => field.settled()));
    if (!this.ready) {
      const wrong = this.element.querySelector("[aria-invalid]");
      if (wrong instanceof HTMLElement) wrong.focus();
      return;
    }
    const { name } = this.spec;
    this.done(this.isNew ? this.context.actions.breakpoints.put(this.spec) : name);
  }

  /**
   * Focuses the first text field.
   * @param {"condition" | "log_message" | "expression"} [field]
   */
  focus(field = kindOf(this.spec) === "watchpoint" ? "expression" : "condition") {
    this[field].input.focus();
  }
}

/**
 * @param {string} label
 * @param {HTMLElement} control that it is the label of
 * @param {...HTMLElement} parts
 */
function row(label, control, ...parts) {
  return h("div", { class: "point-row" }, h("label", { for: control.id }, label), ...parts);
}

/** @param {HTMLElement} select */
function selectBox(select) {
  return h("span", { class: "select" }, select, icon("down"));
}

/**
 * @param {Model} model
 * @returns {HTMLElement[]}
 */
function locationsOf({ instructions, layers }) {
  const option = (/** @type {Partial<BreakpointSpec>} */ location, /** @type {string} */ text) =>
    h("option", { value: writeLocation(newBreakpoint(location)) }, text);
  const group = (/** @type {string} */ label, /** @type {HTMLElement[]} */ options) =>
    h("optgroup", { label }, ...options);
  const scopes = ["input", ...layers.map(({ name }) => name), "loss"];
  const entered = scopes.flatMap((scope) => {
    const within = instructions.filter((i) => i.scope.split("/")[0] === scope);
    const phases = PHASES.filter((phase) => within.some((i) => i.phase === phase));
    if (phases.length === 1) return [option({ scope }, `${scope}, ${phases[0]}`)];
    const each = phases.map((phase) => option({ scope, phase }, `${scope}, ${phase}`));
    return within.length > 0 ? [option({ scope }, `${scope}, any phase`), ...each] : [];
  });
  return [
    option({}, "once per step"),
    group(
      "On entering a phase",
      PHASES.map((phase) => option({ phase }, phase)),
    ),
    group("On entering a layer", entered),
    group(
      "Before an instruction",
      instructions.map((i) => option({ instruction: i.index }, `${i.index}  ${i.formula}`)),
    ),
  ];
}

/** @param {import("../../state/breakpoints.js").Location} location */
function writeLocation({ instruction, scope, phase }) {
  return JSON.stringify([instruction, scope, phase]);
}

/** @param {string} text @returns {Partial<BreakpointSpec>} */
function readLocation(text) {
  const [instruction, scope, phase] = JSON.parse(text);
  return { instruction, scope, phase };
}

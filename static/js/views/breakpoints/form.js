// @ts-check
// What a breakpoint, logpoint or watchpoint is made of, as a form. A point that is set already
// changes as one types, as soon as what is typed is right; a new one when it is added.

import { h, icon, tip } from "../../controls/dom.js";
import { ExpressionField } from "../../controls/expression.js";
import { isComplete, isSame, kindOf, newPoint, specOf, TRIGGERS } from "../../state/breakpoints.js";

/** @import { Kind } from "../../state/breakpoints.js" */
/** @import { Context, Model, PointSpec, Trigger } from "../../state/types.js" */

/** @type {{[kind in Kind]: string}} */
const TITLES = { breakpoint: "Breakpoint", logpoint: "Logpoint", watchpoint: "Watchpoint" };
const PHASES = ["forward", "loss", "backward", "update"];
const MAX_HITS = 100_000;

let made = 0;

export class PointForm {
  /**
   * @param {Context} context
   * @param {(name: string) => void} done it was added, or there is no more to change
   */
  constructor(context, done) {
    this.context = context;
    this.done = done;
    this.spec = newPoint();
    made += 1;
    this.id = `point-form-${made}`;
    this.title = h("h3", {});
    this.remove = h("button", { type: "button", class: "link-button" }, "Remove");
    this.place = h("select", { id: `${this.id}-place` });
    this.nth = h("input", {
      type: "number",
      id: `${this.id}-nth`,
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
      "aria-label": "Level that it crosses",
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
    this.message = new ExpressionField(context, {
      label: "logs",
      role: "message",
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
    this.placeRow = row("at", this.place, selectBox(this.place));
    this.triggerRow = row("it", this.trigger, selectBox(this.trigger), this.level);
    this.nthRow = row("from hit", this.nth, this.nth, this.add);
    tip(this.nthRow, "It counts its hits, and stops from this one on.");
    this.element = h(
      "form",
      { class: "point-form", novalidate: true },
      h("header", {}, this.title, this.remove),
      this.expression.element,
      this.triggerRow,
      this.placeRow,
      this.condition.element,
      this.message.element,
      this.nthRow,
    );
    /** The fields are being filled: their changes are not the user's. */
    this.filling = false;
    this.listen();
  }

  listen() {
    const { element, place, nth, trigger, level } = this;
    element.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.remove.onclick = () => {
      this.context.actions.stops.remove(this.spec.name);
      this.done("");
    };
    place.onchange = () => this.set(readPlace(place.value));
    trigger.onchange = () => this.set({ trigger: /** @type {Trigger} */ (trigger.value) });
    nth.oninput = () => nth.validity.valid && this.set({ nth: nth.valueAsNumber });
    level.oninput = () => level.validity.valid && this.set({ level: level.valueAsNumber });
    this.context.store.on(["model"], () => this.offerPlaces());
  }

  /** Whether it is one that is not set yet. */
  get isNew() {
    return this.spec.name === "";
  }

  /**
   * Shows a point, or a new one.
   * @param {PointSpec} spec without a name if it is new
   */
  edit(spec) {
    this.spec = specOf(spec);
    const { condition, message, expression, nth, level, trigger } = this.spec;
    this.offerPlaces();
    this.filling = true;
    this.nth.value = String(nth);
    this.level.value = String(level);
    this.trigger.value = trigger;
    this.condition.set(condition ?? "");
    this.message.set(message ?? "");
    this.expression.set(expression ?? "");
    this.filling = false;
    this.show();
  }

  /** What the kind of point has and lacks. */
  show() {
    const { spec } = this;
    const kind = kindOf(spec);
    this.title.textContent = this.isNew
      ? `New ${TITLES[kind].toLowerCase()}`
      : `${TITLES[kind]} ${spec.name}`;
    this.remove.hidden = this.isNew;
    this.placeRow.hidden = this.condition.element.hidden = kind === "watchpoint";
    this.message.element.hidden = kind !== "logpoint";
    this.expression.element.hidden = this.triggerRow.hidden = kind !== "watchpoint";
    this.level.hidden = spec.trigger !== "cross";
    this.add.hidden = !this.isNew;
    // Not disabled: Enter may come before what was typed last has been judged.
    this.add.setAttribute("aria-disabled", String(!this.ready));
  }

  /** The places of the network at hand. */
  offerPlaces() {
    const { model } = this.context.store.state;
    if (model) this.place.replaceChildren(...placesOf(model));
    this.place.value = writePlace(this.spec);
  }

  /** Whether nothing is missing and all of it is right. */
  get ready() {
    const { condition, message, expression, spec } = this;
    const said = spec.message === null || message.right;
    const right = spec.expression === null ? condition.right && said : expression.right;
    return right && isComplete(spec) && this.nth.validity.valid && this.level.validity.valid;
  }

  /** An expression is another one. */
  changed() {
    const { spec, condition, message, expression } = this;
    if (this.filling) return;
    this.set({
      condition: spec.expression === null ? condition.text || null : null,
      message: spec.message === null ? null : message.text,
      expression: spec.expression === null ? null : expression.text,
    });
  }

  /** @param {Partial<PointSpec>} patch */
  set(patch) {
    this.spec = { ...this.spec, ...patch };
    this.show();
    if (this.isNew || !this.ready) return;
    const { stops } = this.context.actions;
    const known = stops.list.find(({ name }) => name === this.spec.name);
    if (known && !isSame(known, { ...this.spec, enabled: known.enabled })) {
      stops.put({ ...this.spec, enabled: known.enabled });
    }
  }

  async submit() {
    const { condition, message, expression } = this;
    await Promise.all([condition, message, expression].map((field) => field.settled()));
    if (!this.ready) {
      const wrong = this.element.querySelector("[aria-invalid]");
      if (wrong instanceof HTMLElement) wrong.focus();
      return;
    }
    const { name } = this.spec;
    this.done(this.isNew ? this.context.actions.stops.put(this.spec) : name);
  }

  /**
   * Puts the focus where one types.
   * @param {"condition" | "message" | "expression"} [field]
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
function placesOf({ instructions, layers }) {
  const option = (/** @type {Partial<PointSpec>} */ place, /** @type {string} */ text) =>
    h("option", { value: writePlace(newPoint(place)) }, text);
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
    option({}, "once a step"),
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

/** @param {import("../../state/breakpoints.js").Place} place */
function writePlace({ instruction, scope, phase }) {
  return JSON.stringify([instruction, scope, phase]);
}

/** @param {string} text @returns {Partial<PointSpec>} */
function readPlace(text) {
  const [instruction, scope, phase] = JSON.parse(text);
  return { instruction, scope, phase };
}

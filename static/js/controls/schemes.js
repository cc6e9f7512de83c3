// @ts-check
// What changes the update over time: schedules of the learning rate, clipping, early stopping; and
// whether the inputs themselves are the targets.

import { linear, logarithmic, numberField, selectField, switchField } from "./fields.js";

/** @import { Catalogue, Context, Description, Setting } from "../state/types.js" */
/** @typedef {{elements: HTMLElement[], show: (description: Description) => void}} Part */

/** The field of a warm-up that says what follows it. */
const FOLLOWING = "then";
const NONE = { name: "", title: "None" };
/** What each setting does to the mathematics, by its path. @type {{[path: string]: string}} */
const HINTS = {
  "schedule.every": "n: the number of steps between two multiplications of η.",
  "schedule.decay": "d: the factor that η is multiplied by each time.",
  "schedule.steps": "n: the number of steps that the change of η takes.",
  "schedule.floor": "The share of η that remains at the end.",
  "clipping.limit": "c: the bound that no gradient exceeds.",
};

/**
 * A rule of one of several kinds, or none, with its settings.
 * @param {Context} context
 * @param {"schedule" | "clipping"} part of the description
 * @param {string} label
 * @param {string} hint
 * @param {(import("../state/types.js").Named & {fields: Setting[]})[]} kinds
 * @returns {Part}
 */
function schemeFields({ actions }, part, label, hint, kinds) {
  const usual = (/** @type {string} */ kind) => {
    const fields = kinds.find(({ name }) => name === kind)?.fields ?? [];
    return { kind, ...Object.fromEntries(fields.map((field) => [field.name, field.default])) };
  };
  const select = selectField({
    label,
    hint,
    path: part,
    choices: [NONE, ...kinds],
    change: (kind) =>
      actions.edit((draft) => Object.assign(draft, { [part]: kind ? usual(kind) : null })),
  });
  const settings = new Map(
    kinds.flatMap(({ fields }) => fields.map((field) => [field.name, field])),
  );
  const fields = [...settings.values()].map((setting) => {
    const { name, title, minimum, maximum, logarithmic: log } = setting;
    const path = `${part}.${name}`;
    const field = numberField({
      label: title,
      hint: HINTS[path] ?? "",
      path,
      minimum,
      maximum,
      integer: log && minimum >= 1,
      scale: log ? logarithmic(minimum, maximum) : linear(minimum, maximum, 0.01),
      change: (value) =>
        actions.edit((draft) => Object.assign(draft[part] ?? {}, { [name]: value })),
    });
    return { name, field };
  });
  return {
    elements: [select.element, ...fields.map(({ field }) => field.element)],
    show(description) {
      const scheme = description[part];
      select.show(scheme?.kind ?? "");
      for (const { name, field } of fields) {
        const value = scheme?.[name];
        field.element.hidden = typeof value !== "number";
        if (typeof value === "number") field.show(value);
      }
    },
  };
}

/**
 * What follows a warm-up.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @returns {Part}
 */
function thenField({ actions }, { schedules }) {
  const later = schedules.filter(({ name }) => name !== "warmup");
  const select = selectField({
    label: "Then",
    hint: "How η changes after the warm-up.",
    path: "schedule.then",
    choices: [NONE, ...later],
    change: (kind) =>
      actions.edit((draft) => {
        const fields = later.find(({ name }) => name === kind)?.fields ?? [];
        const values = Object.fromEntries(fields.map((field) => [field.name, field.default]));
        if (draft.schedule) draft.schedule[FOLLOWING] = kind ? { kind, ...values } : null;
      }),
  });
  return {
    elements: [select.element],
    show({ schedule }) {
      select.element.hidden = schedule?.kind !== "warmup";
      select.show(schedule?.[FOLLOWING]?.kind ?? "");
    },
  };
}

/**
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @returns {Part}
 */
function stoppingFields({ actions }, { stopping }) {
  const [{ minimum, maximum, default: usual }] = stopping;
  const on = switchField({
    label: "Early stopping",
    hint: "Ends a run when the test loss has stopped falling.",
    path: "stopping",
    change: (yes) =>
      actions.edit((draft) => Object.assign(draft, { stopping: yes ? { patience: usual } : null })),
  });
  const patience = numberField({
    label: "Patience",
    hint: "Number of steps without a lower test loss after which the run ends.",
    path: "stopping.patience",
    minimum,
    maximum,
    integer: true,
    scale: logarithmic(minimum, maximum),
    change: (value) =>
      actions.edit((draft) => Object.assign(draft, { stopping: { patience: value } })),
  });
  return {
    elements: [on.element, patience.element],
    show({ stopping: now }) {
      on.show(now !== null);
      patience.element.hidden = now === null;
      if (now) patience.show(now.patience);
    },
  };
}

/**
 * The parts that change the update over time.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @returns {Part[]}
 */
export function schemeParts(context, catalogue) {
  const { schedules, clippings } = catalogue;
  const rate = "How the learning rate η changes with the step t.";
  const bounds = "Limits the gradients before the update uses them.";
  return [
    schemeFields(context, "schedule", "Schedule", rate, schedules),
    thenField(context, catalogue),
    schemeFields(context, "clipping", "Clipping", bounds, clippings),
    stoppingFields(context, catalogue),
  ];
}

// @ts-check
// The rest of the panel: loss, optimizer, batches, penalties, seeds. What can change live is sent
// with `set` and keeps the weights; everything else makes a new program.

import { count } from "../format.js";
import { droppedText } from "../state/batches.js";
import { classesOf, fitOutput, lossesFor } from "../state/description.js";
import { datasetInfo } from "./data.js";
import { h } from "./dom.js";
import { linear, logarithmic, numberField, seedField, selectField, switchField } from "./fields.js";
import { schemeParts } from "./schemes.js";

/** @import { Catalogue, Context, Description } from "../state/types.js" */
/** @typedef {{elements: HTMLElement[], show: (description: Description) => void}} Part */

/** @type {{[name: string]: string}} */
const HINTS = {
  learning_rate:
    "η: how far a step goes against the gradient. A change takes effect at once and keeps the weights.",
  momentum: "μ: the share of the previous velocity that is kept.",
  decay:
    "ρ: decay of the running mean of squared gradients. The closer to 1, the longer its memory.",
  beta1: "β₁: decay of the running mean of the gradients. The closer to 1, the longer its memory.",
  beta2:
    "β₂: decay of the running mean of squared gradients. The closer to 1, the longer its memory.",
  epsilon: "ε: a small number that keeps the update from dividing by zero.",
  weight_decay: "λ: weight decay. Each step also subtracts η·λ·θ from every parameter θ.",
};
const FROM_ZERO = logarithmic(1e-5, 1, true);
const PENALTIES = /** @type {const} */ ([
  ["l1", "L1", "Adds l1·Σ|W| to the loss: small weights are driven to zero."],
  ["l2", "L2", "Adds ½·l2·ΣW² to the loss: every weight is pulled towards zero."],
  [
    "dropout",
    "Dropout",
    "Probability that an activation of a hidden layer is set to zero in a training step.",
  ],
]);

/**
 * The optimizer and its live hyperparameters.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @returns {Part}
 */
function optimizerFields({ store, actions }, { optimizers }) {
  const kind = selectField({
    label: "Optimizer",
    hint: "The rule that turns gradients into the update of every parameter.",
    path: "optimizer.kind",
    choices: optimizers,
    change: (name) =>
      actions.edit((draft) => {
        const parameters = optimizers.find((o) => o.name === name)?.hyperparameters ?? [];
        draft.optimizer = {
          kind: name,
          ...Object.fromEntries(parameters.map((p) => [p.name, p.default])),
        };
      }),
  });
  const all = new Map(optimizers.flatMap((o) => o.hyperparameters.map((p) => [p.name, p])));
  const fields = [...all.values()].map(({ name, title, minimum, maximum, logarithmic: log }) => {
    const scale = log ? logarithmic(minimum, maximum) : linear(minimum, maximum, 0.001);
    const field = numberField({
      label: title,
      hint: HINTS[name] ?? "",
      path: `optimizer.${name}`,
      scale: name === "weight_decay" ? FROM_ZERO : scale,
      change: (value) => changeHyperparameter(store, actions, name, value),
    });
    return { name, field };
  });
  return {
    elements: [kind.element, ...fields.map(({ field }) => field.element)],
    show({ optimizer }) {
      kind.show(optimizer.kind);
      for (const { name, field } of fields) {
        field.element.hidden = optimizer[name] === undefined;
        field.show(optimizer[name] ?? 0);
      }
    },
  };
}

/**
 * Whether it can change live: the program has it as a hyperparameter, and no new program is pending.
 * @param {Context["store"]} store
 * @param {Context["actions"]} actions
 * @param {string} name
 * @param {number} value
 */
function changeHyperparameter(store, actions, name, value) {
  const live = store.state.model?.hyperparameters[name] !== undefined && !actions.editing;
  if (live) actions.set(name, value);
  else actions.edit((draft) => Object.assign(draft.optimizer, { [name]: value }));
}

/**
 * The layers of a description that have a penalty, without inner ones; the output has no dropout.
 * @param {Description} description
 * @param {"l1" | "l2" | "dropout"} name
 */
function penalised({ layers }, name) {
  const last = name === "dropout" ? layers.length - 1 : layers.length;
  return layers.slice(0, last).filter((layer) => name in layer);
}

/**
 * A penalty of all layers. From or to zero it needs another program; between two other values
 * only a number changes.
 * @param {Context} context
 * @param {"l1" | "l2" | "dropout"} name
 * @param {number} value
 */
function changePenalty({ store, actions }, name, value) {
  const { description, model } = store.state;
  if (!description || !model) return;
  const live = description.layers
    .map((layer, i) => ({ layer, built: model.layers.find(({ path }) => path === `layers[${i}]`) }))
    .filter(({ layer }) => penalised(description, name).includes(layer))
    .map(({ built }) => `${built?.name}/${name}`);
  if (value > 0 && !actions.editing && live.every((each) => each in model.hyperparameters)) {
    for (const each of live) actions.set(each, value);
  } else {
    actions.edit((draft) => {
      for (const layer of penalised(draft, name)) layer[name] = value;
    });
  }
}

/**
 * @param {Context} context
 * @returns {Part}
 */
function penaltyFields(context) {
  const fields = PENALTIES.map(([name, label, hint]) => {
    const share = name === "dropout";
    const field = numberField({
      label,
      hint,
      path: `layers.${name}`,
      maximum: share ? 0.95 : undefined,
      scale: share ? linear(0, 0.95, 0.05) : FROM_ZERO,
      change: (value) => changePenalty(context, name, value),
    });
    return { name, field };
  });
  return {
    elements: fields.map(({ field }) => field.element),
    show(description) {
      for (const { name, field } of fields) {
        const layers = penalised(description, name);
        field.element.hidden = layers.length === 0;
        field.show(Math.max(0, ...layers.map((layer) => layer[name])));
      }
    },
  };
}

/**
 * @param {Context} context
 * @returns {Part}
 */
function batchFields({ store, actions }) {
  let last = 10;
  /** @param {Partial<Description>} change */
  const edit = (change) => actions.edit((draft) => Object.assign(draft, change));
  const size = numberField({
    label: "Batch size",
    hint: "Number of samples over which a step averages the gradient.",
    path: "batch_size",
    scale: logarithmic(1, 1000),
    minimum: 1,
    integer: true,
    change: (value) => edit({ batch_size: value }),
  });
  const full = switchField({
    label: "Full batch",
    hint: "Every step uses the whole training set: the exact gradient, one step per epoch.",
    path: "full_batch",
    change: (on) => edit({ batch_size: on ? "full" : last }),
  });
  const shuffle = switchField({
    label: "Shuffle",
    hint: "Puts the training samples in a new random order for every epoch.",
    path: "shuffle",
    change: (on) => edit({ shuffle: on }),
  });
  let shown = "";
  const dropped = h("p", { class: "field-note", "aria-live": "polite" });
  /** @param {import("../state/types.js").Model | null} model */
  const showDropped = (model) => {
    const text = model ? droppedText(model) : "";
    dropped.hidden = text === "";
    const about = `${text}${model?.whole_batch_sizes}`;
    if (!model || shown === about) return;
    shown = about;
    const buttons = model.whole_batch_sizes.map((value) => {
      const onclick = () => edit({ batch_size: value });
      return h("button", { type: "button", class: "link-button", onclick }, count(value));
    });
    const sizes = buttons.flatMap((button, i) => (i > 0 ? [" or ", button] : [button]));
    dropped.replaceChildren(`${text} Batches of `, ...sizes, " use all.");
  };
  return {
    elements: [size.element, full.element, shuffle.element, dropped],
    show(description) {
      const whole = description.batch_size === "full";
      if (description.batch_size !== "full") last = description.batch_size;
      full.show(whole);
      shuffle.show(description.shuffle);
      size.element.hidden = whole;
      size.show(last);
      showDropped(store.state.model);
    },
  };
}

/**
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @returns {Part}
 */
function lossField({ store, actions }, { losses }) {
  const field = selectField({
    label: "Loss",
    hint: "The number L that training reduces: every gradient is a derivative of L. The output layer is adapted to it.",
    path: "loss",
    choices: losses,
    change: (loss) =>
      actions.edit((draft) => {
        draft.loss = loss;
        const info = datasetInfo(store);
        if (info) fitOutput(draft, info, losses);
      }),
  });
  return {
    elements: [field.element],
    show(description) {
      const info = datasetInfo(store);
      if (info) field.offer(lossesFor(info.task, classesOf(description, info)));
      field.show(description.loss);
    },
  };
}

/**
 * @param {Context} context
 * @returns {Part}
 */
function seedFields({ actions }) {
  const seed = seedField({
    label: "Seed",
    hint: "The same seed draws the same initial weights and the same batches.",
    path: "seed",
    change: (value) => actions.edit((draft) => Object.assign(draft, { seed: value })),
  });
  const dataSeed = seedField({
    label: "Data seed",
    hint: "The same seed draws the same samples and the same split.",
    path: "data.seed",
    change: (value) => actions.edit((draft) => Object.assign(draft.data, { seed: value })),
  });
  const dtype = selectField({
    label: "Precision",
    hint: "float64 has about 16 exact digits; float32 about 7, in half the bytes.",
    path: "dtype",
    choices: ["float64", "float32"].map((name) => ({ name, title: name })),
    change: (value) => actions.edit((draft) => Object.assign(draft, { dtype: value })),
  });
  return {
    elements: [seed.element, dataSeed.element, dtype.element],
    show(description) {
      seed.show(description.seed);
      dataSeed.show(description.data.seed ?? 0);
      dtype.show(description.dtype);
    },
  };
}

/**
 * Builds the parts, with the titles of their groups.
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
export function trainingSections(context, catalogue) {
  /** @type {[title: string, parts: Part[]][]} */
  const groups = [
    [
      "Training",
      [
        lossField(context, catalogue),
        optimizerFields(context, catalogue),
        ...schemeParts(context, catalogue),
        batchFields(context),
      ],
    ],
    ["Regularisation", [penaltyFields(context)]],
    ["Reproducibility", [seedFields(context)]],
  ];
  return groups.map(([title, parts]) => ({
    title,
    element: h("div", {}, ...parts.flatMap((part) => part.elements)),
    show() {
      const { description } = context.store.state;
      if (description) for (const part of parts) part.show(description);
    },
  }));
}

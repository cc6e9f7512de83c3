// @ts-check
// The description of a network, its data and its training: keeps it consistent, writes it into a
// link and reads it back. No I/O.

/**
 * @import { DatasetInfo, Description, LayerDescription, LossInfo, PartialDescription, Speed } from "./types.js"
 */
/**
 * The part of a link that is not the description.
 * @typedef {{speed?: Speed, edges?: import("./types.js").EdgeMode, run?: boolean,
 *   scene?: string, log?: import("./types.js").Saved["log"], stops?: import("./breakpoints.js").Packed}} LinkView
 */

/** The kind of a layer that names none. Links write it in short form, and it fits flat data. */
export const PLAIN_LAYER = "dense";

/** The values of a layer's fields that a link leaves out. */
const LAYER_DEFAULTS = {
  kind: PLAIN_LAYER,
  initializer: "glorot_uniform",
  bias_initializer: "zeros",
  l1: 0,
  l2: 0,
  dropout: 0,
};

// --- Keeping the output layer, the loss and the data consistent ---------------------------------

/** Kinds of data whose samples are plain rows of numbers, for which dense layers suffice. */
const PLAIN_KINDS = ["plane", "line", "table"];

/**
 * Whether a sample's target is one class or one number.
 * @param {DatasetInfo} info
 */
function isSimple({ kind, task, class_counts: counts }) {
  return counts.length > 0 || (task === "regression" && PLAIN_KINDS.includes(kind));
}

/**
 * Whether the layers that suit one data set may suit another.
 * @param {Description} description
 * @param {DatasetInfo} from
 * @param {DatasetInfo} to
 */
function suits({ layers, targets }, from, to) {
  if (targets === "inputs") return false;
  const dense = layers.every(({ kind }) => kind === PLAIN_LAYER);
  const flat = (/** @type {DatasetInfo} */ { kind }) =>
    kind === "image" || PLAIN_KINDS.includes(kind);
  if (dense && flat(from) && flat(to) && isSimple(to)) return true;
  return from.kind === to.kind && from.task === to.task && isSimple(from) === isSimple(to);
}

/**
 * The losses that make sense for a task, the usual one first.
 * @param {string} task "classification" or "regression"
 * @param {number} classes
 */
export function lossesFor(task, classes) {
  const plain = ["mean_squared_error", "huber"];
  if (task === "regression") return plain;
  const binary = classes === 2 ? ["binary_cross_entropy"] : [];
  return [...binary, "softmax_cross_entropy", ...plain];
}

/**
 * The number of classes a description asks for; 0 for regression.
 * @param {Description} description
 * @param {DatasetInfo} info
 */
export function classesOf(description, info) {
  const asked = description.data.classes ?? 2;
  return info.class_counts.includes(asked) ? asked : (info.class_counts[0] ?? 0);
}

/**
 * Makes the output layer what the loss and the data need. Changes the description given.
 * @param {Description} description
 * @param {DatasetInfo} info of its data
 * @param {LossInfo[]} losses all of the catalogue
 */
export function fitOutput(description, info, losses) {
  const { layers, loss } = description;
  const output = layers[layers.length - 1];
  if (output.kind !== PLAIN_LAYER) return;
  if (description.targets === "inputs" || !isSimple(info)) {
    // The server works out the number of outputs.
    delete output.units;
    delete output.activation;
    return;
  }
  const classes = classesOf(description, info);
  output.dropout = 0;
  output.units = loss === "softmax_cross_entropy" || classes > 2 ? classes : 1;
  const needed = (/** @type {string} */ name) =>
    losses.find((each) => each.name === name)?.activation;
  const tied = losses.some(({ activation }) => activation === output.activation);
  if (needed(loss)) output.activation = needed(loss);
  else if (tied && info.task === "regression") output.activation = usualActivation(info);
  else if (tied) output.activation = needed("binary_cross_entropy");
}

/** The activation of the output of a network that fits a data set. @param {DatasetInfo} info */
function usualActivation({ layers }) {
  return layers[layers.length - 1].activation;
}

/**
 * Adapts a description to a data set. Options come into the range of the set, or go if it has none;
 * chosen features stay if the set has as many; a loss that was the usual one becomes the usual one
 * of the set; the output layer follows. Changes the description given.
 * @param {Description} description
 * @param {DatasetInfo} info the set to adapt to
 * @param {LossInfo[]} losses all of the catalogue
 * @param {DatasetInfo} [from] the previous set, if it is another one
 * @returns {boolean} whether the layers stay; if not, they are the set's defaults
 */
export function fitData(description, info, losses, from) {
  /** @type {{[field: string]: any}} */
  const before = description.data;
  const kept = !from || suits(description, from, info);
  if (!kept) replaceNetwork(description, info);
  const usual = from ? lossesFor(from.task, classesOf(description, from))[0] : null;
  /** @type {any} */
  const data = { name: info.name };
  for (const option of info.options) {
    const value = before[option.name] ?? option.default;
    data[option.name] = Math.min(option.maximum, Math.max(option.minimum, value));
  }
  if (info.features.length > 0) {
    const chosen = info.features.filter((name) => before.features?.includes(name));
    const alike = !from || from.features.length === info.features.length;
    data.features = alike && chosen.length > 0 ? chosen : info.default_features;
  }
  description.data = data;
  const classes = classesOf(description, info);
  if ("classes" in data) data.classes = classes;
  const fitting = lossesFor(info.task, classes);
  if (description.loss === usual || !fitting.includes(description.loss)) {
    description.loss = fitting[0];
  }
  fitOutput(description, info, losses);
  return kept;
}

/**
 * Replaces the network by the catalogue's default for a data set. Changes the description given.
 * @param {Description} description
 * @param {DatasetInfo} info
 */
function replaceNetwork(description, info) {
  description.layers = structuredClone(info.layers);
  Object.assign(description, { targets: "data", schedule: null, clipping: null, stopping: null });
}

/**
 * The fields of a description at a path such as "layers[1].layers[0]"; {} if there are none.
 * @param {any} description
 * @param {string} path
 * @returns {{[field: string]: any}}
 */
export function fieldsAt(description, path) {
  const keys = path.match(/\w+/g) ?? [];
  return keys.reduce((at, key) => at?.[key], description) ?? {};
}

// --- Links --------------------------------------------------------------------------------------

/**
 * Writes a value into a link and reads it back; `read` returns undefined for invalid text.
 * @typedef {{write: (value: any) => string, read: (text: string) => any, expected: string}} Codec
 */

/** @type {Codec} */
const NUMBER = {
  write: String,
  read: (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
  expected: "a number",
};
/** @type {Codec} */
const WORD = {
  write: String,
  read: (text) => (/^\w{1,64}$/.test(text) ? text : undefined),
  expected: "a name",
};
/** @type {Codec} */
const WORDS = {
  write: (words) => words.join(","),
  read: (text) => (/^\w+(,\w+){0,99}$/.test(text) ? text.split(",") : undefined),
  expected: "names separated by commas",
};
/** @type {Codec} */
const FLAG = {
  write: (flag) => (flag ? "yes" : "no"),
  read: (text) => ({ yes: true, no: false })[text],
  expected: "yes or no",
};
/** @type {Codec} */
const BATCH = {
  write: String,
  read: (text) => (text === "full" ? text : NUMBER.read(text)),
  expected: "a number or full",
};
/** @type {Codec} */
const LAYERS = {
  write: (layers) => layers.map(writeLayer).join(","),
  read(text) {
    const layers = text.split(",").map(readLayer);
    return layers.includes(undefined) ? undefined : layers;
  },
  expected: "layers such as 4tanh,2tanh,1sigmoid",
};
/** @type {Codec} */
const SPEED = {
  write: ({ unit, per_second }) => (per_second === null ? "unlimited" : `${per_second}${unit}s`),
  read: readSpeed,
  expected: "such as 50steps, 2instructions or unlimited",
};
/** @type {Codec} */
const EDGES = {
  write: String,
  read: (text) => ["weight", "gradient", "update"].find((mode) => mode === text),
  expected: "weight, gradient or update",
};
/** @type {Codec} for values that the keys of a link cannot express */
const JSON_TEXT = {
  write(value) {
    const bytes = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)));
    return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  },
  read(text) {
    try {
      const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
      const value = JSON.parse(
        new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))),
      );
      return value instanceof Object && !Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  },
  expected: "a part of a link that was copied whole",
};

/**
 * Every key of a description in a link: its path, its codec, and the value that is left out.
 * @type {{[key: string]: [path: string, codec: Codec, absent?: unknown]}}
 */
const FIELDS = {
  data: ["data.name", WORD],
  samples: ["data.samples", NUMBER],
  noise: ["data.noise", NUMBER],
  classes: ["data.classes", NUMBER],
  test: ["data.test_fraction", NUMBER],
  features: ["data.features", WORDS],
  data_seed: ["data.seed", NUMBER],
  standardise: ["data.standardise", FLAG],
  layers: ["layers", LAYERS],
  loss: ["loss", WORD],
  optimizer: ["optimizer.kind", WORD],
  learning_rate: ["optimizer.learning_rate", NUMBER],
  momentum: ["optimizer.momentum", NUMBER],
  decay: ["optimizer.decay", NUMBER],
  beta1: ["optimizer.beta1", NUMBER],
  beta2: ["optimizer.beta2", NUMBER],
  epsilon: ["optimizer.epsilon", NUMBER],
  weight_decay: ["optimizer.weight_decay", NUMBER],
  batch: ["batch_size", BATCH],
  shuffle: ["shuffle", FLAG, true],
  dtype: ["dtype", WORD, "float64"],
  seed: ["seed", NUMBER],
};
/** @type {{[key: string]: Codec}} */
const VIEW_FIELDS = {
  speed: SPEED,
  edges: EDGES,
  run: FLAG,
  scene: WORD,
  log: JSON_TEXT,
  stops: JSON_TEXT,
};

/** What a link packs, by its key. @type {{[key: string]: string}} */
const PACKED = { json: "its network", log: "its edits", stops: "its breakpoints" };

/**
 * @param {LayerDescription} layer
 * @returns {string} such as "4tanh" or "4tanh!dropout:0.2"
 */
function writeLayer({ units, activation, ...others }) {
  /** @type {{[field: string]: unknown}} */
  const usual = LAYER_DEFAULTS;
  const extras = Object.entries(others).filter(([field, value]) => usual[field] !== value);
  return `${units}${activation}${extras.map(([field, value]) => `!${field}:${value}`).join("")}`;
}

/** @param {string} text */
function readLayer(text) {
  const [head, ...extras] = text.split("!");
  const match = /^(\d{1,6})([a-z]\w{0,30})$/.exec(head);
  if (!match) return undefined;
  /** @type {{[field: string]: unknown}} */
  const layer = { units: Number(match[1]), activation: match[2] };
  for (const extra of extras) {
    const [field, value = ""] = extra.split(":");
    layer[field] = NUMBER.read(value) ?? WORD.read(value);
    if (!(field in LAYER_DEFAULTS) || layer[field] === undefined) return undefined;
  }
  return layer;
}

/**
 * @param {string} text
 * @returns {Speed | undefined}
 */
function readSpeed(text) {
  if (text === "unlimited") return { unit: "step", per_second: null };
  const match = /^([\d.]+)(instruction|step)s$/.exec(text);
  const perSecond = Number(match?.[1]);
  if (!match || !(perSecond > 0)) return undefined;
  return { unit: /** @type {Speed["unit"]} */ (match[2]), per_second: perSecond };
}

/**
 * Whether the keys of a link can express a whole description.
 * @param {{[field: string]: any}} description
 */
function isPlain(description) {
  const paths = new Set(Object.values(FIELDS).map(([path]) => path));
  const nested = ["data", "optimizer"].flatMap((part) =>
    Object.keys(description[part]).map((field) => `${part}.${field}`),
  );
  const values = description.layers.flatMap((/** @type {{}} */ layer) => Object.values(layer));
  const rules = [description.schedule, description.clipping, description.stopping];
  return (
    description.layers.every((/** @type {LayerDescription} */ { kind }) => kind === PLAIN_LAYER) &&
    rules.every((rule) => !rule) &&
    description.targets !== "inputs" &&
    nested.every((path) => paths.has(path)) &&
    values.every((/** @type {unknown} */ value) => typeof value !== "object")
  );
}

/**
 * Writes a complete description and its view as the fragment of a link, without the "#": in
 * readable form if every field has a key, else as JSON in base64url.
 * @param {Description} description
 * @param {LinkView} [view]
 * @returns {string}
 */
export function encode(description, view = {}) {
  const pairs = isPlain(description) ? [] : [`json=${JSON_TEXT.write(description)}`];
  if (pairs.length === 0) {
    for (const [key, [path, codec, absent]] of Object.entries(FIELDS)) {
      /** @type {any} */
      const value = path
        .split(".")
        .reduce((at, field) => /** @type {any} */ (at)?.[field], description);
      if (value !== undefined && value !== absent) pairs.push(`${key}=${codec.write(value)}`);
    }
  }
  for (const [key, value] of Object.entries(view))
    pairs.push(`${key}=${VIEW_FIELDS[key].write(value)}`);
  return pairs.join("&");
}

/**
 * Reads the fragment of a link. Unreadable fields are left out and named in `problems`.
 * @param {string} fragment with or without the "#"
 * @returns {{description: PartialDescription, view: LinkView,
 *   problems: import("./types.js").Problem[]}}
 */
export function decode(fragment) {
  /** @type {{[field: string]: any}} */
  let description = {};
  /** @type {{[field: string]: any}} */
  const view = {};
  const problems = [];
  for (const pair of fragment.replace(/^#/, "").split("&")) {
    if (pair === "") continue;
    const [, key, text] = /** @type {string[]} */ (/^([^=]*)=?(.*)$/s.exec(plain(pair)));
    const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : null;
    const viewCodec = Object.hasOwn(VIEW_FIELDS, key) ? VIEW_FIELDS[key] : null;
    const codec = field?.[1] ?? viewCodec ?? (key === "json" ? JSON_TEXT : undefined);
    const value = codec?.read(text);
    if (value === undefined) problems.push(linkProblem(key, text, codec));
    else if (viewCodec) view[key] = value;
    else if (field) put(description, field[0], value);
    else description = value;
  }
  return { description, view, problems };
}

/** @param {string} text */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {{[field: string]: any}} description
 * @param {string} path of one or two fields
 * @param {unknown} value
 */
function put(description, path, value) {
  const [part, field] = path.split(".");
  if (field) description[part] = { ...description[part], [field]: value };
  else description[part] = value;
}

/**
 * @param {string} key
 * @param {string} text
 * @param {Codec | undefined} codec
 */
function linkProblem(key, text, codec) {
  const [field, shown] = [key, text].map((t) => (t.length > 40 ? `${t.slice(0, 40)}…` : t));
  const packed = codec === JSON_TEXT ? PACKED[key] : "";
  const message = packed
    ? `The link is damaged or cut off: ${packed} cannot be read and ${key === "json" ? "is" : "are"} left out. Copy the whole link again.`
    : codec
      ? `The link says ${field}=${shown}, which is not ${codec.expected}. The default is used instead.`
      : `The link has a field “${field}”, which this version does not know. It is ignored.`;
  return { code: "link", field: "", message };
}

/**
 * What is wrong with the part of an address behind "?", where only a session belongs.
 * @param {string} search
 * @returns {import("./types.js").Problem[]}
 */
export function misplaced(search) {
  const keys = [...new URLSearchParams(search).keys()].filter((key) => key !== "session");
  return [...new Set(keys)].map((key) => {
    const isKnown = Object.hasOwn(FIELDS, key) || Object.hasOwn(VIEW_FIELDS, key);
    const mend = isKnown
      ? "It belongs behind “#”, as in /#data=circles"
      : "Remove it: only a session stands there";
    const message = `The address has “${key.slice(0, 40)}” behind “?”, where it has no effect. ${mend}.`;
    return { code: "link", field: "", message };
  });
}

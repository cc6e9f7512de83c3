// @ts-check
// The types that modules share; this file runs nothing.

/** @typedef {"f32" | "f64" | "u8" | "u16" | "i32"} Dtype */
/** @typedef {"instruction" | "layer" | "phase" | "step" | "epoch"} StepUnit */
/** @typedef {"weight" | "gradient" | "update" | "difference"} EdgeMode */
/** @typedef {"train" | "test"} SplitName */

/**
 * One instruction of the compiled program; `reads` and `writes` are buffer ids.
 * @typedef {{index: number, phase: string, scope: string, layer: string, op: string,
 *   formula: string, reads: number[], writes: number[], flops: number}} InstructionInfo
 */

/**
 * One row of the buffer table. `grad` and `update` name the buffers of its gradient and last
 * update.
 * @typedef {{id: number, name: string, symbol: string, shape: number[], axes: string[],
 *   role: string, layer: string, grad: string | null, update: string | null,
 *   dtype: string}} BufferInfo
 */

/**
 * One layer of the compiled network; `path` leads to it in the description, shapes are of a sample.
 * @typedef {{name: string, kind: string, units: number, inputs: number, activation: string,
 *   path: string, input_shape: number[], output_shape: number[], parameters: string[],
 *   pre_activation: string, output: string, flops: number} & KindFacts & ActivationFacts} LayerInfo
 */

/**
 * Facts about a layer's kind. `heading` stands above its picture; if it `reads_ids`, its inputs are
 * row indices of its W; it `combines` the values in its window to one; if it `mixes`, it combines
 * all channels, or those of a group; without a `window` a position depends on the whole input.
 * @typedef {{heading: string, reads_ids: boolean,
 *   combines: "" | "sum" | "largest" | "mean" | "copy", mixes: boolean,
 *   window: WindowInfo | null}} KindFacts
 */

/**
 * A window over the positions of a layer's input, a number per axis (docs/protocol.md, configured).
 * @typedef {{kind: "slide" | "spread" | "repeat", size: number[], stride: number[],
 *   dilation: number[], before: number[]}} WindowInfo
 */

/**
 * Facts about a layer's activation: its least and greatest output, null for no bound; the outputs
 * beyond which it is saturated; whether a unit can be 0 for good.
 * @typedef {{range: [number | null, number | null], probability: boolean, saturation: [number, number] | null,
 *   can_die: boolean}} ActivationFacts
 */

/**
 * When a unit is marked: the share of its outputs that must be saturated, the batches in a row for
 * which it must be 0.
 * @typedef {{saturated: number, silent: number}} UnitMarks
 */

/** @typedef {[number, number, number][]} Points plane or line points: x, y, label or target */

/** Further facts about each sample or the whole set @typedef {{[name: string]: any[]}} Extras */

/**
 * The score of a prediction without a network, on the test set.
 * @typedef {{title: string, value: number,
 *   measure: "accuracy" | "mean squared error" | "cross-entropy", forecasts: number[] | null}} Baseline
 */

/**
 * The server's facts about the data in use.
 * @typedef {{name: string, title: string, kind: string,
 *   task: "classification" | "regression", train: number, test: number,
 *   feature_names: string[], class_names: string[], target_name: string, target_names: string[],
 *   image_shape: [number, number] | null, domain: [number, number][],
 *   points: {train: Points, test: Points} | null, source: string, licence: string,
 *   report: string[] | null,
 *   labels: {train: number[] | null, test: number[] | null},
 *   input_shape: number[], uses: string[], vocabulary: string[] | null,
 *   field_sizes: number[] | null, target_mean: number, target_scale: number,
 *   standardisation: {mean: number[], scale: number[]} | null,
 *   extras: {train: Extras, test: Extras, all: Extras},
 *   baselines: Baseline[]}} DataInfo
 */

/**
 * A layer of a description; the server completes what is left out.
 * @typedef {{kind: string} & {[field: string]: any}} LayerDescription
 */

/** @typedef {{kind: string} & {[hyperparameter: string]: any}} OptimizerDescription */

/**
 * @typedef {{name: string, samples?: number, noise?: number, classes?: number,
 *   test_fraction?: number, features?: string[], seed?: number, standardise?: boolean} &
 *   {[option: string]: any}} DataDescription
 */

/**
 * A complete network with its data and its training, as `configure` sends it.
 * @typedef {{data: DataDescription, layers: LayerDescription[], loss: string,
 *   targets: "data" | "inputs", optimizer: OptimizerDescription, schedule: Scheme | null,
 *   clipping: Scheme | null, stopping: {patience: number} | null, batch_size: number | "full",
 *   shuffle: boolean, dtype: "float64" | "float32", seed: number}} Description
 */

/** A schedule or a kind of clipping @typedef {{kind: string} & {[setting: string]: any}} Scheme */

/**
 * A description for `configure`; the server completes what is left out.
 * @typedef {{data?: Partial<DataDescription>, layers?: Partial<LayerDescription>[], loss?: string,
 *   optimizer?: {[field: string]: unknown}, targets?: string,
 *   schedule?: Scheme | null, clipping?: Scheme | null, stopping?: {patience: number} | null, batch_size?: number | "full", shuffle?: boolean,
 *   dtype?: string, seed?: number}} PartialDescription
 */

/** The answer to `export` @typedef {{description: Description, log: {[field: string]: unknown}}} Saved */

/**
 * A scene of the gallery. `watch` says in two sentences what to watch.
 * @typedef {{id: string, title: string, application: string, picture: string, watch: string,
 *   description: PartialDescription, source: string, licence: string,
 *   missing: string | null}} Scene
 */

/** @typedef {{name: string, title: string, formula?: string}} Named */
/** @typedef {{name: string, minimum: number, maximum: number, default: number}} Range */

/**
 * A data set of the catalogue.
 * @typedef {Named & {kind: string, task: string, about: string,
 *   options: (Range & {title: string, integer: boolean})[], choices: Choice[], contents: Content[],
 *   features: string[], default_features: string[], class_counts: number[],
 *   image_shape: number[] | null, layers: LayerDescription[]}} DatasetInfo
 */

/** @typedef {{name: string, title: string, words: string[], default: string}} Choice of a data set */

/**
 * A user's own content of a data set: a text of `minimum` to `maximum` characters, or as many
 * points drawn in `domain`, the ranges of x and y.
 * @typedef {{name: string, title: string, control: "text" | "drawing", minimum: number,
 *   maximum: number, default: any, domain?: [number, number][]}} Content
 */

/** @typedef {{points: Points, image: number[][], text: string}} Thumbnail one field is filled */

/**
 * A field of a kind of layer. `default` null leaves it to the data, or, where it is `optional`, is
 * itself a value.
 * @typedef {{name: string, title: string, about: string, control: "integer" | "number" | "switch" |
 *   "choice" | "initializer" | "extent" | "padding" | "integers" | "layers" | "branches",
 *   default: any, optional: boolean, choices: string[], minimum?: number, maximum?: number,
 *   logarithmic?: boolean}} LayerField
 */

/** @typedef {Named & {family: string, takes: string[], fields: LayerField[]}} LayerKind */
/**
 * A loss of the catalogue; `activation` is the one that the output must have, or null.
 * @typedef {Named & {activation: string | null, tasks: string[]}} LossInfo
 */
/** @typedef {Named & Range & {logarithmic: boolean}} Setting */

/**
 * The answer of /api/catalogue: what can be configured.
 * @typedef {{datasets: DatasetInfo[], thumbnails: {[name: string]: Thumbnail}, features: Named[],
 *   activations: (Named & {hidden: boolean})[], losses: LossInfo[], initializers: Named[],
 *   optimizers: (Named & {hyperparameters: (Named & Range & {logarithmic: boolean})[]})[],
 *   functions: Named[], scalars: Named[], layers: LayerKind[], families: string[], stopping: Setting[],
 *   schedules: (Named & {fields: Setting[]})[], clippings: (Named & {fields: Setting[]})[],
 *   limits: {layers: number, units: number}}} Catalogue
 */

/**
 * The last `configured` event, with its buffers indexed.
 * @typedef {{generation: number, description: Description, instructions: InstructionInfo[],
 *   buffers: BufferInfo[], layers: LayerInfo[], unit_marks: UnitMarks,
 *   cost: {parameters: number, flops: number, bytes: number}, steps_per_epoch: number,
 *   dropped: number, whole_batch_sizes: number[],
 *   hyperparameters: {[name: string]: number}, data: DataInfo,
 *   bufferByName: Map<string, BufferInfo>, bufferById: Map<number, BufferInfo>}} Model
 */

/** @typedef {[step: number, pc: number]} Moment steps finished, and instructions of the next one */

/**
 * A change by the user. `value` is null for several numbers; `index` has null along an axis for
 * all.
 * @typedef {{moment: Moment, kind: "write" | "clamp" | "release", buffer: string,
 *   index: (number | null)[] | null, value: number | null}} EditInfo
 */

/**
 * A training point of the plane that was moved, with its new coordinates.
 * @typedef {[sample: number, x1: number, x2: number]} MovedPoint
 */

/**
 * A branch of the history, from the last `timeline` event; it leaves its parent at `start`.
 * @typedef {{number: number, parent: number | null, start: Moment, end: Moment,
 *   edits: EditInfo[]}} BranchInfo
 */

/**
 * A moment at which breakpoints stopped a run: their names, and the events in words.
 * @typedef {{branch: number, moment: Moment, breakpoints: string[], texts: string[]}} Hit
 */

/** @typedef {"change" | "cross" | "sign" | "non_finite"} Trigger */

/**
 * A breakpoint (with a log message, a logpoint) or, with an expression, a watchpoint. It is tested
 * before the instructions that fit `instruction`, `scope` and `phase`; if all are null, once a
 * step.
 * @typedef {{name: string, enabled: boolean, instruction: number | null, scope: string | null,
 *   phase: string | null, condition: string | null, log_message: string | null,
 *   expression: string | null, trigger: Trigger, level: number,
 *   hit_condition: number}} BreakpointSpec
 */

/**
 * A breakpoint as the server reports it. `hits` are counted up to `hit_condition`; it is tested
 * before each of the `instructions`. `problem` says why it does not fit this network, or is "";
 * `anchor` finds its instruction in another network.
 * @typedef {BreakpointSpec & {hits: number, stopped: boolean, instructions: number[],
 *   problem: string, anchor: string}} Breakpoint
 */

/**
 * An expression of the watch list. `value` is null if it is not one finite number; `shown` is its
 * text. `trace` has its values along the present branch, in order of the moments.
 * @typedef {{text: string, kind: "" | "number" | "boolean" | "array",
 *   value: number | boolean | null, shown: string, shape: number[], problem: string,
 *   trace: {moment: Moment, value: number}[]}} Watched
 */

/**
 * A line that a logpoint has written.
 * @typedef {{serial: number, name: string, branch: number, moment: Moment, text: string}} LogLine
 */

/** @typedef {{name: string, path: string, start: number, stop: number}} StackFrame */

/**
 * A comparison of another branch with the present one. `difference` is the first number that
 * differs.
 * @typedef {{branch: number, beside: number, parting: Moment,
 *   difference: {moment: Moment, buffer: string} | null}} Comparison
 */

/**
 * The last `state` event. `end` is that of the present branch.
 * @typedef {{running: boolean, reason: string, step: number, epoch: number, pc: number,
 *   branch: number, end: Moment, stack: StackFrame[], hits: {name: string, text: string}[],
 *   hyperparameters: {[name: string]: number}, speed: Speed, seed: number,
 *   non_finite: null | {instruction: number, buffer: string, index: number[], text: string},
 *   probe: {sample: number, split: SplitName}}} RunState
 */

/** @typedef {{unit: "instruction" | "step", per_second: number | null}} Speed null for unlimited */

/**
 * One buffer's picture in a frame. `at(i)` is the number itself, dequantised: of a quantised picture NaN if it is not finite.
 * @typedef {{id: number, data: Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array,
 *   shape: number[], dtype: Dtype, low: number, step: number,
 *   at: (index: number) => number}} Entry
 */

/**
 * A picture of buffers at one exact point of the run. `taken` is in Unix seconds.
 * @typedef {{number: number, generation: number, step: number, branch: number, pc: number,
 *   epoch: number, taken: number, flags: number, probe: number, probeIsBatchRow: boolean,
 *   running: boolean, bytes: number, entries: Map<number, Entry>}} Frame
 */

/**
 * A selected or hovered part of the network. `layer` is a layer's name, or "input" for the inputs.
 * @typedef {{kind: "unit", layer: string, unit: number}
 *   | {kind: "edge", layer: string, from: number, to: number}
 *   | {kind: "bias", layer: string, unit: number}
 *   | {kind: "layer", layer: string}
 *   | {kind: "instruction", index: number}} Selection
 */

/**
 * A message to show. `field` is a path such as "layers[2].units", or "" for the page.
 * @typedef {{code: string, field: string, message: string, value?: unknown,
 *   expected?: string}} Problem
 */

/**
 * An element of a buffer; if `probe`, of the separate evaluation of the probe sample.
 * @typedef {{buffer: string, index: number[], probe?: boolean}} BufferElement
 */

/**
 * An element in a trail of explanations; the previous one multiplies it by `factor`, if known.
 * @typedef {BufferElement & {factor?: number | null}} TrailEntry
 */

/**
 * A number in an answer: null with a `text` if it is not finite.
 * @typedef {{value: number | null, text?: string}} AnswerNumber
 */

/**
 * A node of a formula as the server sends it (server/wire/formulas.py); without value if general.
 * @typedef {{kind: string, value?: number | null, text?: string, [field: string]: any}} FormulaNode
 */

/**
 * Terms of a sum, the largest first.
 * @typedef {{count: number, total: AnswerNumber, listed: FormulaNode[],
 *   folded: {count: number, sum: AnswerNumber} | null}} TermList
 */

/**
 * The answer to `explain`.
 * @typedef {AnswerNumber & {buffer: string, index: number[], probe: boolean, symbol: string,
 *   role: string, moment: Moment | null, stale: boolean, own: boolean, gradient: boolean,
 *   formula: FormulaNode, line: string, terms: TermList | null}} Explained
 */

/**
 * A station of the path that is drawn over the network: its number, which is that of the next
 * station times `factor`.
 * @typedef {BufferElement & AnswerNumber & {symbol: string, factor: number | null}} Station
 */

/**
 * The number that the exercise hides, as an element of every buffer that has it.
 * @typedef {{elements: BufferElement[], revealed: boolean}} Quiz
 */

/** @typedef {"note" | "warning" | "error"} Severity */
/** A field of the description and its new value @typedef {{path: string, value: unknown}} Change */

/**
 * A remedy to try: `live` has hyperparameters that can be set at once; without `changes` it is only
 * text.
 * @typedef {{text: string, changes: Change[], live: {[name: string]: number} | null}} Remedy
 */

/**
 * A number that shows a finding; `index` has null along an axis for all, or is null for the whole
 * buffer. `buffer` is "" for a number computed from several.
 * @typedef {{buffer: string, index: (number | null)[] | null, value: number | null, text: string,
 *   step: number}} Evidence
 */

/**
 * A pathology of one `subject`: a layer, a feature or a buffer; "" for the whole network.
 * @typedef {{rule: string, title: string, meaning: string, source: string, severity: Severity,
 *   subject: string, step: number, text: string, evidence: Evidence[], remedies: Remedy[]}} Finding
 */

/**
 * A rule of the diagnostics; "demand" rules run only on request.
 * @typedef {{rule: string, title: string, meaning: string,
 *   when: "start" | "look" | "evaluation" | "demand", thresholds: {[name: string]: number}}} Rule
 */

/**
 * The number of findings of a rule that ran on request.
 * @typedef {{rule: string, title: string, step: number, found: number}} Examined
 */

/**
 * A layer along the present branch, a number per step; null where not finite. In the `histograms`
 * of weights, `counts` belong to equal bins from `low` to `high`.
 * @typedef {{layer: string, steps: number[], mean: (number | null)[], std: (number | null)[],
 *   gradient: (number | null)[], ratio: (number | null)[],
 *   histograms: {steps: number[], low: (number | null)[], high: (number | null)[],
 *     counts: number[][]}}} LayerSeries
 */

/**
 * The gradient at a layer now: norm, mean and greatest magnitude of its parameters' gradient, and
 * the norm of dL/dz, null if it is not kept.
 * @typedef {{layer: string, parameters: number | null, mean: number | null,
 *   largest: number | null, signal: number | null}} LayerFlow
 */

/** The answer to `series` @typedef {{layers: LayerSeries[], flow: LayerFlow[]}} SeriesAnswer */

/** @import { Actions } from "../actions/actions.js" */
/** @import { Loop } from "../loop.js" */
/** @import { Store } from "./store.js" */
/** @typedef {{store: Store, actions: Actions, loop: Loop}} Context of every view */

export {};

// @ts-check
// Shapes shared by every module; this file holds types only and runs nothing.

/** @typedef {"f32" | "f64" | "u8" | "u16" | "i32"} Dtype */
/** @typedef {"instruction" | "layer" | "phase" | "step" | "epoch"} StepUnit */
/** @typedef {"weight" | "gradient" | "update"} EdgeMode */
/** @typedef {"train" | "test"} SplitName */

/**
 * One instruction of the compiled program; `reads` and `writes` are buffer ids.
 * @typedef {{index: number, phase: string, scope: string, layer: string, op: string,
 *   formula: string, reads: number[], writes: number[], flops: number}} InstructionInfo
 */

/**
 * One row of the buffer table. `grad` and `update` name the buffers of its gradient and last update.
 * @typedef {{id: number, name: string, symbol: string, shape: number[], axes: string[],
 *   role: string, layer: string, grad: string | null, update: string | null,
 *   dtype: string}} BufferInfo
 */

/**
 * One layer of the compiled network.
 * @typedef {{name: string, kind: string, units: number, inputs: number, activation: string,
 *   parameters: string[], pre_activation: string, output: string, flops: number}} LayerInfo
 */

/** @typedef {[number, number, number][]} Points plane or line points: x, y, label or target */

/**
 * What the server tells about the data in use.
 * @typedef {{name: string, title: string, kind: "plane" | "line" | "image" | "table",
 *   task: "classification" | "regression", train: number, test: number,
 *   feature_names: string[], class_names: string[], target_name: string,
 *   image_shape: [number, number] | null, domain: [number, number][],
 *   points: {train: Points, test: Points} | null, source: string, licence: string}} DataInfo
 */

/**
 * A layer of a description; the server completes what is left out.
 * @typedef {{kind: "dense", units: number, activation: string, initializer: string,
 *   bias_initializer: string, l1: number, l2: number, dropout: number}} LayerDescription
 */

/** @typedef {{kind: string} & {[hyperparameter: string]: any}} OptimizerDescription */

/**
 * @typedef {{name: string, samples?: number, noise?: number, classes?: number,
 *   test_fraction?: number, features?: string[], seed?: number}} DataDescription
 */

/**
 * Everything that makes a network, its data and its training; what `configure` sends.
 * @typedef {{data: DataDescription, layers: LayerDescription[], loss: string,
 *   optimizer: OptimizerDescription, batch_size: number | "full", shuffle: boolean,
 *   dtype: "float64" | "float32", seed: number}} Description
 */

/**
 * What `configure` takes: the server fills in what is left out.
 * @typedef {{data?: Partial<DataDescription>, layers?: Partial<LayerDescription>[], loss?: string,
 *   optimizer?: {[field: string]: unknown}, batch_size?: number | "full", shuffle?: boolean,
 *   dtype?: string, seed?: number}} PartialDescription
 */

/** @typedef {{name: string, title: string, formula?: string}} Named */
/** @typedef {{name: string, minimum: number, maximum: number, default: number}} Range */

/**
 * A data set of the catalogue.
 * @typedef {Named & {kind: string, task: string, options: (Range & {integer: boolean})[],
 *   features: string[], default_features: string[], class_counts: number[],
 *   image_shape: number[] | null}} DatasetInfo
 */

/** @typedef {{points: Points, image: number[][]}} Thumbnail one of the two is empty */

/**
 * The answer of /api/catalogue: what can be configured.
 * @typedef {{datasets: DatasetInfo[], thumbnails: {[name: string]: Thumbnail}, features: Named[],
 *   activations: (Named & {hidden: boolean})[], losses: Named[], initializers: Named[],
 *   optimizers: (Named & {hyperparameters: (Named & Range & {logarithmic: boolean})[]})[],
 *   limits: {layers: number, units: number}}} Catalogue
 */

/**
 * The last `configured` event, with its buffers indexed.
 * @typedef {{generation: number, description: Description, instructions: InstructionInfo[],
 *   buffers: BufferInfo[], layers: LayerInfo[],
 *   cost: {parameters: number, flops: number, bytes: number}, steps_per_epoch: number,
 *   hyperparameters: {[name: string]: number}, data: DataInfo,
 *   bufferByName: Map<string, BufferInfo>, bufferById: Map<number, BufferInfo>}} Model
 */

/**
 * The last `state` event.
 * @typedef {{running: boolean, reason: string, step: number, epoch: number, pc: number,
 *   speed: Speed, seed: number,
 *   nonfinite: null | {instruction: number, buffer: string, index: number[]},
 *   probe: {sample: number, split: SplitName}}} RunState
 */

/** @typedef {{unit: "instruction" | "step", per_second: number | null}} Speed null: unlimited */

/**
 * One buffer's picture in a frame. `at(i)` is the number itself: dequantised, NaN if non-finite.
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
 * What is selected or pointed at. `layer` is a layer's name, or "input" for the inputs.
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

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./loop.js").Loop} Loop */
/** @typedef {import("./actions.js").Actions} Actions */
/** @typedef {{store: Store, actions: Actions, loop: Loop}} Context what every view is mounted with */

export {};

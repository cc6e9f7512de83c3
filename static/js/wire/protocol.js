// @ts-check
// Numbers as the server sends them: in the binary frames of docs/protocol.md, and in answers.

/** @import { AnswerNumber, Dtype, Entry, Frame } from "../state/types.js" */

export const PROTOCOL = 2;
const FRAME_VERSION = 1;

const MAGIC = 0x46534b42; // "BKSF", read as a little-endian u32
const HEADER_BYTES = 64;
const ENTRY_BYTES = 40;
const FLAG_BATCH_ROW = 1;
const FLAG_RUNNING = 2;
/** @type {Dtype[]} */
const DTYPES = ["f32", "f64", "u8", "u16", "i32"];
const ARRAYS = [Float32Array, Float64Array, Uint8Array, Uint16Array, Int32Array];

/**
 * The value of a number in an answer; not finite where `text` says so.
 * @param {AnswerNumber} told
 */
export function numberOf({ value, text }) {
  if (value !== null && value !== undefined) return value;
  return text === "∞" ? Number.POSITIVE_INFINITY : text === "−∞" ? -Infinity : Number.NaN;
}

/** A picture of one buffer: a view of the frame's bytes, never a copy. */
class BufferPicture {
  /**
   * @param {number} id
   * @param {Entry["data"]} data
   * @param {number[]} shape
   * @param {Dtype} dtype
   * @param {number} low
   * @param {number} step
   */
  constructor(id, data, shape, dtype, low, step) {
    this.id = id;
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
    this.low = low;
    this.step = step;
    /** The quantised value that stands for "not finite"; no value of an unquantised buffer. */
    this.nonfinite = dtype === "u8" ? 255 : dtype === "u16" ? 65535 : -1;
  }

  /**
   * The number at a flat index.
   * @param {number} index
   * @returns {number}
   */
  at(index) {
    const q = this.data[index];
    if (this.nonfinite < 0) return q;
    return q === this.nonfinite ? Number.NaN : this.low + q * this.step;
  }
}

/**
 * @param {DataView} view
 * @param {number} at offset of the row in the entry table
 * @returns {Entry}
 */
function decodeEntry(view, at) {
  const code = view.getUint8(at + 4);
  const Typed = ARRAYS[code];
  const start = view.getUint32(at + 8, true);
  const bytes = view.getUint32(at + 12, true);
  if (!Typed || start + bytes > view.byteLength) throw new RangeError("a frame's entry is damaged");
  const shape = [];
  for (let axis = 0; axis < view.getUint8(at + 5); axis += 1) {
    shape.push(view.getUint32(at + 24 + 4 * axis, true));
  }
  const buffer = /** @type {ArrayBuffer} */ (view.buffer);
  const data = new Typed(buffer, start, bytes / Typed.BYTES_PER_ELEMENT);
  const low = view.getFloat32(at + 16, true);
  const step = view.getFloat32(at + 20, true);
  return new BufferPicture(view.getUint32(at, true), data, shape, DTYPES[code], low, step);
}

/**
 * Decodes one frame. Throws RangeError if the bytes are not a frame of this version.
 * @param {ArrayBuffer} bytes
 * @returns {Frame}
 */
export function decodeFrame(bytes) {
  const view = new DataView(bytes);
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("not a frame");
  }
  if (view.getUint16(4, true) !== FRAME_VERSION) throw new RangeError("a frame of another version");
  const flags = view.getUint16(6, true);
  /** @type {Map<number, Entry>} */
  const entries = new Map();
  const count = view.getUint32(48, true);
  for (let row = 0; row < count; row += 1) {
    const entry = decodeEntry(view, HEADER_BYTES + ENTRY_BYTES * row);
    entries.set(entry.id, entry);
  }
  return {
    number: view.getUint32(8, true),
    generation: view.getUint32(12, true),
    step: Number(view.getBigUint64(16, true)),
    branch: view.getUint32(24, true),
    pc: view.getUint32(28, true),
    epoch: view.getFloat64(32, true),
    taken: view.getFloat64(40, true),
    bytes: view.getUint32(52, true),
    probe: view.getUint32(56, true),
    flags,
    probeIsBatchRow: (flags & FLAG_BATCH_ROW) !== 0,
    running: (flags & FLAG_RUNNING) !== 0,
    entries,
  };
}

// @ts-check
// Predictions of the next token: the true token with a bar of its probability, and beside it the
// most probable tokens. The ground of a token is darker the more probable it is; a ring marks the
// true one.

import { palette } from "../../color.js";
import { RANKS } from "../../scene/kinds/predictions.js";
import { tokenText } from "../../scene/sequence.js";
import { PanelPainter } from "../panel.js";

/** @import { Panel } from "../../scene/panel.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

/** The least height of a row with letters, CSS px. */
const MIN_ROW = 5;
/** Width of a token beside its bar, and the largest letters; CSS px at scale 1. */
const TOKEN_WIDTH = 18;
const MAX_LETTERS = 12;

export class Painter extends PanelPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    this.truth = values.signal("probe/input/y");
    const { rows, cols } = panel.fields[0].part;
    this.rows = rows;
    this.cols = cols;
    this.best = new Int16Array(rows * RANKS);
    this.version = -1;
    /** The largest letters, CSS px. */
    this.largest = MAX_LETTERS;
  }

  /** Finds the most probable tokens of every step, in order. */
  rank() {
    const { best, rows, cols } = this;
    const signal = this.painters[0].value;
    if (!signal || this.version === signal.version) return;
    this.version = signal.version;
    for (let row = 0; row < rows; row += 1) {
      const first = row * RANKS;
      best.fill(-1, first, first + RANKS);
      for (let id = 0; id < cols; id += 1) {
        const p = signal.target[row * cols + id];
        let place = RANKS;
        while (place > 0 && !(this.probability(signal.target, row, best[first + place - 1]) >= p)) {
          place -= 1;
        }
        if (place === RANKS) continue;
        best.copyWithin(first + place + 1, first + place, first + RANKS - 1);
        best[first + place] = id;
      }
    }
  }

  /**
   * @param {Float32Array} values
   * @param {number} row
   * @param {number} id -1 for none
   */
  probability(values, row, id) {
    return id < 0 ? -1 : values[row * this.cols + id];
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    const signal = this.painters[0].value;
    if (!signal?.entry) return;
    this.largest = MAX_LETTERS * look.scale;
    if (look.gradient) this.painters[0].paint(context, true, look.pc);
    else this.paintNext(context, signal.shown, look.scale);
    this.rank();
    this.paintBest(context, signal.target, look.scale);
    this.paintSymbols(context, look.scale);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} scale
   */
  paintNext(context, values, scale) {
    const { x, y, width, height } = this.panel.fields[0];
    const { truth, rows } = this;
    const colors = palette();
    const pitch = height / rows;
    const token = TOKEN_WIDTH * scale;
    const inset = pitch > 5 ? 1.5 : 0;
    context.fillStyle = colors.neutral;
    context.fillRect(x + token, y, width - token, height);
    context.fillStyle = colors.ink2;
    for (let row = 0; truth?.entry && row < rows; row += 1) {
      const share = this.probability(values, row, truth.target[row]);
      if (!(share > 0)) continue;
      const top = y + row * pitch + inset;
      context.fillRect(x + token, top, (width - token) * Math.min(1, share), pitch - 2 * inset);
    }
    if (!truth?.entry || pitch < MIN_ROW) return;
    for (let row = 0; row < rows; row += 1) {
      if (truth.target[row] >= 0)
        this.paintToken(context, truth.target[row], x, y + row * pitch, token, pitch, 0);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} scale
   */
  paintBest(context, values, scale) {
    const { x, y, width, height } = this.panel.fields[1];
    const { best, truth, rows } = this;
    const pitch = height / rows;
    const cell = width / RANKS;
    for (let row = 0; row < rows; row += 1) {
      for (let rank = 0; rank < RANKS; rank += 1) {
        const id = best[row * RANKS + rank];
        if (id < 0) continue;
        const share = values[row * this.cols + id];
        this.paintToken(context, id, x + rank * cell + 1, y + row * pitch, cell - 2, pitch, share);
        if (!truth?.entry || truth.target[row] !== id) continue;
        context.beginPath();
        context.roundRect(x + rank * cell + 1.5, y + row * pitch + 1, cell - 3, pitch - 2, 3);
        context.strokeStyle = palette().ink;
        context.lineWidth = 1.5 * scale;
        context.stroke();
      }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} id
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   * @param {number} share depth of the ground
   */
  paintToken(context, id, x, y, width, height, share) {
    const colors = palette();
    context.fillStyle = colors.ink;
    if (share > 0) {
      context.globalAlpha = 0.85 * Math.sqrt(Math.min(1, share));
      context.beginPath();
      context.roundRect(x, y + 0.5, width, height - 1, 3);
      context.fill();
      context.globalAlpha = 1;
    }
    if (height < MIN_ROW) return;
    context.fillStyle = share > 0.35 ? colors.page : colors.ink;
    context.font = `${Math.min(this.largest, 0.9 * height)}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(tokenText(this.panel.model, id), x + width / 2, y + height / 2, width);
  }
}

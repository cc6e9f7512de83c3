// @ts-check
// Maps of channels: kernels over several inputs as their norm, and the cell of each pooled maximum.

import { palette, sequentialLUT } from "../../color.js";
import { Argmax } from "../argmax.js";
import { PanelPainter } from "../panel.js";
import { Atlas, pick } from "../surface.js";

/** @import { MapPanel } from "../../scene/kinds/maps.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Signal, Values } from "../values.js" */

/** Cells smaller than this have no room for a mark, CSS px. */
const MIN_CELL = 7;
/** The shade of the largest norm, of 255: kernels must not outweigh the maps. */
const MAX_INK = 170;

export class Painter extends PanelPainter {
  /** @param {MapPanel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    this.maps = panel;
    const { layer } = panel.origin;
    this.norms = panel.inputs ? new KernelNorms(panel, values) : null;
    this.argmax = layer.combines === "largest" ? new Argmax(panel.origin, values) : null;
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    const { panel, maps } = this;
    const norms = maps.input < 0 ? this.norms : null;
    this.painters.forEach((painter, i) => {
      if (!norms || i % 2 === 1) painter.paint(context, look.gradient, look.pc);
    });
    norms?.paint(context, look.gradient);
    const fresh = this.painters[0].to > this.painters[0].from;
    if (this.argmax && fresh && !look.gradient) this.paintArgmax(context, this.argmax);
    const { hidden } = this.maps;
    const last = panel.fields[panel.fields.length - 1];
    if (hidden === 0) return;
    context.font = `${11 * look.scale}px ${palette().text}`;
    context.fillStyle = palette().ink2;
    context.textAlign = "right";
    context.textBaseline = "top";
    context.fillText(`+${hidden} more`, last.x + last.width, last.y + last.height + 4);
  }

  /**
   * A dot in each pooled cell, at the position of the maximum within its window.
   * @param {CanvasRenderingContext2D} context
   * @param {Argmax} argmax
   */
  paintArgmax(context, argmax) {
    const { maps, panel } = this;
    const [{ size: rows }, { size: cols }] = maps.origin.windows;
    const { width, channels } = maps.shape;
    const pitch = panel.fields[0].width / width;
    if (pitch < MIN_CELL || !argmax.refresh()) return;
    const r = Math.max(1, pitch * 0.11);
    context.beginPath();
    for (let channel = 0; channel < maps.shownChannels; channel += 1) {
      const { x, y, part } = panel.fields[channel];
      for (let row = 0; row < part.rows; row += 1) {
        for (let col = 0; col < part.cols; col += 1) {
          const at = argmax.indices[(row * width + col) * channels + channel];
          const cx = x + (col + ((at % cols) + 0.5) / cols) * pitch;
          const cy = y + (row + (Math.floor(at / cols) + 0.5) / rows) * pitch;
          context.moveTo(cx + r, cy);
          context.arc(cx, cy, r, 0, 2 * Math.PI);
        }
      }
    }
    context.fillStyle = palette().ink;
    context.globalAlpha = 0.55;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** The kernels of a layer over several inputs: the norm over them at every position, as ink. */
class KernelNorms {
  /** @param {MapPanel} panel @param {Values} values */
  constructor(panel, values) {
    const { rows, cols } = panel.origin.kernel;
    this.panel = panel;
    this.value = values.signal(panel.origin.weight);
    this.gradient = values.signal(panel.fields[0].gradient);
    this.atlas = new Atlas(cols, rows * panel.shownChannels);
    this.norms = new Float32Array(rows * cols * panel.shownChannels);
    this.version = -1;
    /** @type {Signal | null} */
    this.shown = null;
    this.colors = sequentialLUT();
  }

  /** @param {Signal} signal */
  refresh(signal) {
    const { panel, atlas, norms } = this;
    const colors = sequentialLUT();
    if (this.shown === signal && this.version === signal.version && this.colors === colors) return;
    this.shown = signal;
    this.version = signal.version;
    this.colors = colors;
    const { rows, cols } = panel.origin.kernel;
    let most = 0;
    for (let i = 0; i < norms.length; i += 1) {
      const row = Math.floor(i / cols);
      norms[i] = panel.normAt(signal.shown, Math.floor(row / rows), row % rows, i % cols);
      most = Math.max(most, norms[i]);
    }
    for (let i = 0; i < norms.length; i += 1) {
      atlas.pixels[i] = pick(colors, (MAX_INK * norms[i]) / (most || 1));
    }
    atlas.flush();
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} gradient */
  paint(context, gradient) {
    const { panel, atlas } = this;
    const signal = gradient ? this.gradient : this.value;
    if (!signal?.entry) return;
    this.refresh(signal);
    const { rows, cols } = panel.origin.kernel;
    context.imageSmoothingEnabled = false;
    context.beginPath();
    for (let i = 0; i < panel.shownChannels; i += 1) {
      const { x, y, width, height } = panel.fields[2 * i];
      context.drawImage(atlas.canvas, 0, i * rows, cols, rows, x, y, width, height);
      context.rect(x - 0.5, y - 0.5, width + 1, height + 1);
    }
    context.strokeStyle = palette().ink;
    context.globalAlpha = gradient ? 0.75 : 0.16;
    context.lineWidth = gradient ? 2 : 1;
    context.stroke();
    context.globalAlpha = 1;
  }
}

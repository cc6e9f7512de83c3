// @ts-check
// Maps of channels: kernels over several inputs as their norm, the cell that each maximum came from,
// and what a cell pointed at is made of, back to the image.

import { palette, sequentialLUT } from "../../color.js";
import { MapPanel } from "../../scene/kinds/maps.js";
import { PanelPainter } from "../panel.js";
import { Atlas, pick } from "../surface.js";

/** @typedef {import("../../scene/kinds/maps.js").Region} Region */
/** @typedef {import("../../scene/layout.js").Column} Column */
/** @typedef {import("../../scene/layout.js").Scene} Scene */
/** @typedef {import("../panel.js").PanelLook} PanelLook */
/** @typedef {import("../values.js").Signal} Signal */
/** @typedef {import("../values.js").Values} Values */

/** Cells smaller than this have no room for a mark, CSS px. */
const MARKED = 7;
/** The largest norm, of 255: kernels must not outweigh the maps. */
const DARKEST = 170;

export class MapPainter extends PanelPainter {
  /** @param {MapPanel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    this.maps = panel;
    const { kernelShape: kernel } = panel;
    const deep = panel.kernels && kernel.inputs > 1;
    this.norms = deep ? new KernelNorms(panel, values) : null;
    const chosen = panel.layer.kind === "max_pool";
    this.source = chosen ? values.signal(panel.source) : null;
    const { height, width, channels } = panel.shape;
    /** Of every cell the place within its window that its maximum came from. */
    this.chosen = new Uint8Array(chosen ? height * width * channels : 0);
    this.chosenVersion = -1;
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    const { panel, norms } = this;
    for (const painter of this.painters) {
      if (painter.field.look !== "words") painter.paint(context, look.gradient, look.pc);
    }
    norms?.paint(context, look.gradient);
    const fresh = this.painters[0].to > this.painters[0].from;
    if (this.source?.entry && fresh && !look.gradient) this.paintChosen(context);
    const { hidden } = this.maps;
    const last = panel.fields[panel.fields.length - 1];
    if (hidden === 0) return;
    context.font = `${11 * look.scale}px ${palette().text}`;
    context.fillStyle = palette().ink2;
    context.textAlign = "right";
    context.textBaseline = "top";
    context.fillText(`+${hidden} more`, last.x + last.width, last.y + last.height + 4);
  }

  /** A dot in each pooled cell, where in its window the largest one stands. @param {CanvasRenderingContext2D} context */
  paintChosen(context) {
    const { maps, panel, chosen } = this;
    const [{ size: rows }, { size: cols }] = maps.windows;
    const { width, channels } = maps.shape;
    const pitch = panel.fields[0].width / width;
    if (pitch < MARKED) return;
    this.choose();
    const r = Math.max(1, pitch * 0.11);
    context.beginPath();
    for (let channel = 0; channel < maps.shownChannels; channel += 1) {
      const { x, y, part } = panel.fields[channel];
      for (let row = 0; row < part.rows; row += 1) {
        for (let col = 0; col < part.cols; col += 1) {
          const at = chosen[(row * width + col) * channels + channel];
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

  /** Finds the largest cell of each window, when the numbers have changed. */
  choose() {
    const { source, maps, chosen } = this;
    if (!source || this.chosenVersion === source.version) return;
    this.chosenVersion = source.version;
    const [down, across] = maps.windows;
    const [height, width, channels] = maps.layer.input_shape;
    const { width: cols } = maps.shape;
    for (let i = 0; i < chosen.length; i += 1) {
      const channel = i % channels;
      const top = Math.floor(i / channels / cols) * down.stride - down.before;
      const left = (Math.floor(i / channels) % cols) * across.stride - across.before;
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < down.size * across.size; k += 1) {
        const r = top + Math.floor(k / across.size);
        const c = left + (k % across.size);
        if (r < 0 || r >= height || c < 0 || c >= width) continue;
        const value = source.target[(r * width + c) * channels + channel];
        if (value <= best) continue;
        best = value;
        chosen[i] = k;
      }
    }
  }

  /**
   * The receptive field of a cell: on the maps before, then on those before them, back to the image.
   * @override
   * @param {CanvasRenderingContext2D} context
   * @param {Scene} scene
   * @param {Column} column
   * @param {number} cell
   */
  paintSources(context, scene, column, cell) {
    let region = this.maps.made(cell);
    context.strokeStyle = context.fillStyle = palette().accent;
    for (let c = column.index - 1; c >= 0 && region; c -= 1) {
      const { panel, picture } = scene.columns[c];
      context.beginPath();
      if (panel instanceof MapPanel) traceRegion(context, panel, region);
      else if (picture) tracePixels(context, scene.columns[c], region);
      context.globalAlpha = 0.16;
      context.fill();
      context.globalAlpha = c === column.index - 1 ? 1 : 0.6;
      context.lineWidth = 1.5;
      context.stroke();
      context.globalAlpha = 1;
      region = panel instanceof MapPanel ? panel.before(region) : null;
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {MapPanel} panel
 * @param {Region} region
 */
function traceRegion(context, panel, { rows, cols, channel }) {
  const each = panel.kernels ? 2 : 1;
  for (let i = 0; i < panel.shownChannels; i += 1) {
    if (channel >= 0 && i !== channel) continue;
    const { x, y, width, height, part } = panel.fields[each * i + each - 1];
    const [w, h] = [width / part.cols, height / part.rows];
    const [across, down] = [cols[1] - cols[0] + 1, rows[1] - rows[0] + 1];
    context.rect(x + cols[0] * w, y + rows[0] * h, across * w, down * h);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Column} column of an image
 * @param {Region} region
 */
function tracePixels(context, { x, y, size }, { rows, cols }) {
  const [across, down] = [cols[1] - cols[0] + 1, rows[1] - rows[0] + 1];
  context.rect(x + cols[0] * size, y + rows[0] * size, across * size, down * size);
}

/** The kernels of a layer over several inputs: of every place the norm over them, as ink. */
class KernelNorms {
  /** @param {MapPanel} panel @param {Values} values */
  constructor(panel, values) {
    const { rows, cols } = panel.kernelShape;
    this.panel = panel;
    this.value = values.signal(panel.weight);
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
    const { rows, cols } = panel.kernelShape;
    let most = 0;
    for (let i = 0; i < norms.length; i += 1) {
      const row = Math.floor(i / cols);
      norms[i] = panel.normAt(signal.shown, Math.floor(row / rows), row % rows, i % cols);
      most = Math.max(most, norms[i]);
    }
    for (let i = 0; i < norms.length; i += 1) {
      atlas.pixels[i] = pick(colors, (DARKEST * norms[i]) / (most || 1));
    }
    atlas.flush();
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} gradient */
  paint(context, gradient) {
    const { panel, atlas } = this;
    const signal = gradient ? this.gradient : this.value;
    if (!signal?.entry) return;
    this.refresh(signal);
    const { rows, cols } = panel.kernelShape;
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

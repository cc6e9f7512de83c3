// @ts-check
// Turns numbers into colours. All of them come from the CSS tokens, so that both themes and every
// view agree. Hue means sign (blue positive, orange negative); numbers without a sign have no hue.

import { fromOklab, mix, toOklab } from "./oklab.js";

/** @import { Triple } from "./oklab.js" */

/**
 * @typedef {object} Palette the design tokens as colours a canvas accepts
 * @property {string} page
 * @property {string} panel
 * @property {string} hairline
 * @property {string} ink
 * @property {string} ink2
 * @property {string} ink3
 * @property {string} accent
 * @property {string} positive
 * @property {string} negative
 * @property {string} neutral
 * @property {string} error
 * @property {string[]} categories ten, in their fixed order
 * @property {string} text the font family of text
 * @property {string} mono the font family of numbers
 * @property {boolean} dark
 */

const LEVELS = 256;

/**
 * @typedef {{palette: Palette, diverging: Uint32Array, sequential: Uint32Array, css: string[]}} Table
 */
/** @type {Table | null} */
let table = null;
/** @type {Set<() => void>} */
const listeners = new Set();
let watching = false;

/** Starts with the first colour or listener, so that this module can be loaded without a page. */
function watchTheme() {
  if (watching) return;
  watching = true;
  new MutationObserver(themeChanged).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themeChanged);
}

function themeChanged() {
  table = null;
  for (const listener of listeners) listener();
}

/**
 * Calls `fn` after every change of the theme, when the colours are already the new ones.
 * @param {() => void} fn
 * @returns {() => void} stops it
 */
export function onThemeChange(fn) {
  watchTheme();
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/** @returns {Palette} the tokens of the current theme */
export function palette() {
  return current().palette;
}

/**
 * The CSS colour of a signed share of a range.
 * @param {number} share value / range; clamped to -1..1, not finite gives the error colour
 */
export function diverging(share) {
  const { css, palette: p } = current();
  return Number.isFinite(share) ? css[divergingIndex(share)] : p.error;
}

/**
 * The index in `divergingLUT()` of a signed share of a range.
 * @param {number} share -1..1, clamped
 */
export function divergingIndex(share) {
  return Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, share)));
}

/**
 * 256 pixels for the `Uint32Array` view of an ImageData: 0 is -range, between 127 and 128 lies 0,
 * 255 is +range. A change of the theme replaces it, so ask for it before every use.
 */
export function divergingLUT() {
  return current().diverging;
}

/** 256 pixels from nothing (0) to most (255), without hue, for magnitudes that have no sign. */
export function sequentialLUT() {
  return current().sequential;
}

/**
 * The colour of category i; past ten they repeat, so a label or a shape must tell them apart too.
 * @param {number} i
 */
export function category(i) {
  const { categories } = palette();
  return categories[i % categories.length];
}

/** @returns {Table} */
function current() {
  if (!table) table = build();
  return table;
}

/** @returns {Table} */
function build() {
  watchTheme();
  const tokens = readTokens();
  const pixel = pixelReader();
  const low = toOklab(pixel(tokens.negative));
  const zero = toOklab(pixel(tokens.neutral));
  const high = toOklab(pixel(tokens.positive));
  // Equal lightness at equal magnitude: both ends take the mean of the two.
  low[0] = high[0] = (low[0] + high[0]) / 2;
  const signed = ramp((t) => (t < 0 ? mix(zero, low, -t) : mix(zero, high, t)), -1, 1);
  const nothing = toOklab(pixel(tokens.neutral));
  const most = toOklab(pixel(tokens.ink));
  const unsigned = ramp((t) => mix(nothing, most, t), 0, 1);
  return {
    palette: tokens,
    diverging: pack(signed),
    sequential: pack(unsigned),
    css: signed.map(([r, g, b]) => `rgb(${r} ${g} ${b})`),
  };
}

/** @returns {Palette} */
function readTokens() {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("i");
  document.documentElement.append(probe);
  /** @param {string} name */
  const color = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const panel = color("panel");
  const tokens = {
    page: color("page"),
    panel,
    hairline: color("hairline"),
    ink: color("ink"),
    ink2: color("ink-2"),
    ink3: color("ink-3"),
    accent: color("accent"),
    positive: color("positive"),
    negative: color("negative"),
    neutral: color("neutral"),
    error: color("error"),
    categories: Array.from({ length: 10 }, (_, i) => color(`cat-${i}`)),
    text: style.getPropertyValue("--font-text") || "system-ui",
    mono: style.getPropertyValue("--font-mono") || "monospace",
    dark: toOklab(pixelReader()(panel))[0] < 0.5,
  };
  probe.remove();
  return tokens;
}

/** @returns {(color: string) => Triple} reads any CSS colour as red, green, blue 0..255 */
function pixelReader() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return () => [128, 128, 128];
  return (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b];
  };
}

/**
 * @param {(t: number) => Triple} at OKLab colour at t
 * @param {number} from
 * @param {number} to
 */
function ramp(at, from, to) {
  return Array.from({ length: LEVELS }, (_, i) =>
    fromOklab(at(from + ((to - from) * i) / (LEVELS - 1))),
  );
}

/** @param {Triple[]} colors */
function pack(colors) {
  const bytes = new Uint8ClampedArray(4 * colors.length);
  for (const [i, color] of colors.entries()) bytes.set([...color, 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}

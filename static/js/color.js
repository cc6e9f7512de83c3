// @ts-check
// The one place where numbers become colours. Everything comes from the CSS tokens, so that both
// themes and every view agree. Hue means sign (blue positive, orange negative); what has no sign
// is drawn without hue.

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

/** @typedef {[number, number, number]} Triple */

const LEVELS = 256;

/**
 * @typedef {{palette: Palette, diverging: Uint32Array, sequential: Uint32Array, css: string[]}} Table
 */
/** @type {Table | null} */
let table = null;
/** @type {Set<() => void>} */
const listeners = new Set();

function themeChanged() {
  table = null;
  for (const listener of listeners) listener();
}

new MutationObserver(themeChanged).observe(document.documentElement, {
  attributeFilter: ["data-theme"],
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themeChanged);

/**
 * Calls `fn` after every change of the theme, when the colours are already the new ones.
 * @param {() => void} fn
 * @returns {() => void} stops it
 */
export function onThemeChange(fn) {
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
 * Where a signed share of a range stands in `divergingLUT()`.
 * @param {number} share -1..1, clamped
 */
export function divergingIndex(share) {
  return Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, share)));
}

/**
 * 256 pixels for the `Uint32Array` view of an ImageData: 0 is -range, between 127 and 128 lies 0,
 * 255 is +range. Made anew when the theme changes, so ask for it before every use.
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

/**
 * @param {Triple} a
 * @param {Triple} b
 * @param {number} t
 * @returns {Triple}
 */
function mix(a, b, t) {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** @param {Triple[]} colors */
function pack(colors) {
  const bytes = new Uint8ClampedArray(4 * colors.length);
  for (const [i, color] of colors.entries()) bytes.set([...color, 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}

/**
 * sRGB bytes to OKLab. Matrices: B. Ottosson, "A perceptual color space for image processing", 2020.
 * @param {Triple} rgb
 * @returns {Triple}
 */
function toOklab(rgb) {
  const [r, g, b] = rgb.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * OKLab to sRGB bytes, clipped to the gamut.
 * @param {Triple} lab
 * @returns {Triple}
 */
function fromOklab([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const [red, green, blue] = linear.map((c) => {
    const v = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.max(0, Math.min(1, v)));
  });
  return [red, green, blue];
}

// @ts-check
// Numbers as text: three significant digits in pictures, all digits where a person reads them.

const MINUS = "\u2212";
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {string} text */
const trueMinus = (text) => text.replaceAll("-", MINUS);

/** @type {Map<number, Intl.NumberFormat>} making one costs far more than using it */
const formatters = new Map();

/**
 * Writes numbers with separators between thousands.
 * @param {number} digits after the point
 */
function grouped(digits) {
  let formatter = formatters.get(digits);
  if (!formatter) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formatter = new Intl.NumberFormat("en-US", options);
    formatters.set(digits, formatter);
  }
  return formatter;
}

/** @param {number} power */
function superscript(power) {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPT[Number(digit)]);
  return `${power < 0 ? "⁻" : ""}${digits.join("")}`;
}

/**
 * The text of a number that is not finite, or "" for a finite one.
 * @param {number} value
 */
function unusual(value) {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return "";
  return value > 0 ? "∞" : `${MINUS}∞`;
}

/**
 * A number with `digits` significant digits: plain from 0.001 up to 100,000, else as 1.2×10⁻⁴.
 * @param {number} value
 * @param {number} digits
 */
function significant(value, digits) {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -3 && power < Math.max(5, digits)) {
    return trueMinus(value.toFixed(Math.max(0, digits - 1 - power)));
  }
  return `${trueMinus(mantissa)}×10${superscript(power)}`;
}

/**
 * Three significant digits, for pictures and readouts: 0.123, −45.6, 1.20×10⁻⁴.
 * @param {number} value
 * @param {number} [digits]
 */
export function short(value, digits = 3) {
  return unusual(value) || significant(value, digits);
}

/**
 * A number of which NaN says only that it is not finite: the server sends null for NaN and for
 * infinities in lists, and a quantised picture has one code for both.
 * @param {number} value
 * @param {number} [digits]
 */
export function told(value, digits = 3) {
  return Number.isNaN(value) ? "not finite" : short(value, digits);
}

/**
 * A number at an axis, with the digits that distinguish it from the next: 0.05, 2,000, 2×10⁻⁶,
 * 10⁻⁶.
 * @param {number} value
 * @param {number} spacing from one number to the next
 */
export function tick(value, spacing) {
  if (value === 0) return "0";
  const unit = firstPower(spacing);
  const power = firstPower(value);
  if (unit >= -4 && power < 5) {
    const digits = Math.max(0, -unit);
    return trueMinus(grouped(digits).format(value));
  }
  const mantissa = trueMinus((value / 10 ** power).toFixed(Math.max(0, power - unit)));
  return `${mantissa === "1" ? "" : `${mantissa}×`}10${superscript(power)}`;
}

/**
 * A power of ten at an axis: 0.1, 1, 10⁻⁴.
 * @param {number} value
 */
export function powerTick(value) {
  const power = firstPower(value);
  return Math.abs(power) < 3 ? tick(value, value) : `10${superscript(power)}`;
}

/**
 * The power of ten of a number's first digit: 2 for 345.
 * @param {number} value not 0
 */
function firstPower(value) {
  return Math.floor(Math.log10(Math.abs(value)) + 1e-9);
}

/**
 * A number with every digit that distinguishes it from its neighbours, for the inspector.
 * @param {number} value
 * @param {string} [dtype] "float32" has about nine such digits, "float64" up to seventeen
 */
export function exact(value, dtype = "float64") {
  if (unusual(value)) return unusual(value);
  const text = dtype === "float32" ? String(Number(value.toPrecision(9))) : String(value);
  const [mantissa, exponent] = text.split("e");
  const power = exponent === undefined ? "" : `×10${superscript(Number(exponent))}`;
  return trueMinus(mantissa) + power;
}

/**
 * A whole number with separators between thousands: 12,345.
 * @param {number} value
 */
export function count(value) {
  return trueMinus(grouped(0).format(Math.round(value)));
}

/**
 * A share as a percentage: 97.5 %.
 * @param {number} share 0…1
 */
export function percent(share) {
  return unusual(share) || `${(100 * share).toFixed(1)} %`;
}

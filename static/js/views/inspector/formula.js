// @ts-check
// Formulas as MathML: with symbols, each operand a button, or with the numbers in their places.
//
// A line is made of pieces between which it may break, as browsers do not break MathML themselves.

import { exact, short } from "../../format.js";
import { HIDDEN } from "../../state/quiz.js";
import { numberOf } from "../../wire/protocol.js";
import { indexText } from "./names.js";

/** @import { AnswerNumber, BufferElement, FormulaNode } from "../../state/types.js" */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const DIGITS = 4;
/** Whole numbers below this are written as such. */
const MAX_WHOLE = 1e6;
const LOOSE = ["sum", "series", "cases", "negative"];
const TIGHT = [...LOOSE, "product", "quotient"];

/** Functions that are not written as name(argument): what stands before and after it. */
const AROUND = new Map(
  Object.entries({
    sigmoid: ["σ(", ")"],
    softplus: ["log(1+exp(", "))"],
    normal_cdf: ["Φ(", ")"],
    expm1: ["(exp(", ")−1)"],
    log1p: ["log(1+", ")"],
    abs: ["|", "|"],
  }),
);

/**
 * Makes a MathML element.
 * @param {string} tag
 * @param {{[name: string]: string | number}} [props]
 * @param {...(Node | string)} children
 * @returns {MathMLElement}
 */
function m(tag, props = {}, ...children) {
  const element = document.createElementNS(MATHML, tag);
  for (const [name, value] of Object.entries(props)) element.setAttribute(name, String(value));
  element.append(...children);
  return /** @type {MathMLElement} */ (element);
}

/**
 * A number in a formula: four digits, or a whole number as it is.
 * @param {number} value
 */
export function figure(value) {
  return Number.isInteger(value) && Math.abs(value) < MAX_WHOLE
    ? exact(value)
    : short(value, DIGITS);
}

/**
 * A buffer's symbol: W1 as W with an index, dZ2 as d before Z with an index.
 * @param {string} symbol
 * @returns {Node[]}
 */
function symbolNodes(symbol) {
  const parts = symbol.matchAll(/([dΔmv]?)([A-ZΑ-Ω]|b)(\d+)|([\p{L}\p{M}₀-₉]+)|(\d+)|(.)/gu);
  return [...parts].flatMap(([, before, letter, digits, word, figures, sign]) => {
    if (word) return [m("mi", {}, word)];
    if (figures) return [m("mn", {}, figures)];
    if (sign === " ") return [m("mspace", { width: "0.2em" })];
    if (sign) return [m("mo", { stretchy: "false" }, sign)];
    const indexed = m("msub", {}, m("mi", {}, letter), m("mn", {}, digits));
    return before ? [m("mi", {}, before), indexed] : [indexed];
  });
}

/**
 * An index behind a symbol.
 * @param {(number | string)[]} index
 * @returns {Node[]}
 */
function indexNodes(index) {
  if (index.length === 0) return [];
  const entries = index.flatMap((i, at) => [
    ...(at > 0 ? [m("mo", { separator: "true" }, ",")] : []),
    m(typeof i === "number" ? "mn" : "mi", {}, String(i)),
  ]);
  const bracket = (/** @type {string} */ sign) => m("mo", { stretchy: "false" }, sign);
  return [m("mrow", { class: "exp-index" }, bracket("["), ...entries, bracket("]"))];
}

/** A bracket, or a sign before what it belongs to. @param {string} text */
const operator = (text) => m("mo", { stretchy: "false" }, text);

/** A sign between two operands; at the start of a piece browsers would leave out its spaces. @param {string} text */
const infix = (text) => m("mo", { form: "infix", lspace: "0.22em", rspace: "0.22em" }, text);

/**
 * @typedef {object} Options
 * @property {boolean} numbers numbers instead of symbols
 * @property {((place: BufferElement, factor: number | null) => void) | null} follow what a click on an
 *   operand does
 * @property {(place: BufferElement) => boolean} hidden whether the exercise hides an element
 */

/** Writes formulas. */
export class Writer {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    /** The value of the current line, and the operands that it is a multiple of. */
    this.total = Number.NaN;
    /** @type {FormulaNode[]} */
    this.direct = [];
  }

  /**
   * One term of a sum, or a whole formula: an operand in it is followed with what multiplies it.
   * @param {FormulaNode} node
   * @returns {MathMLElement[]} pieces, each a `math` of its own
   */
  line(node) {
    const inner = node.kind === "negative" ? node.term : node;
    this.total = node.value ?? Number.NaN;
    this.direct = inner.kind === "product" ? inner.factors : [inner];
    return this.pieces(node).map((nodes) => {
      const row = m("mrow", {}, ...nodes);
      return m("math", { displaystyle: "true", alttext: row.textContent ?? "" }, row);
    });
  }

  /**
   * @param {FormulaNode} node
   * @returns {Node[][]}
   */
  pieces(node) {
    switch (node.kind) {
      case "element":
        return [[this.element(node)]];
      case "number":
        return [[this.number(node)]];
      case "choice":
        return this.pieces(node.found);
      case "sum":
        return this.sum(node);
      case "series":
        return this.series(node);
      case "negative":
        return glued(operator("−"), this.within(node.term, LOOSE));
      case "product":
        return this.product(node);
      case "cases":
        return this.options.numbers ? this.pieces(taken(node)) : [[this.cases(node)]];
      default:
        return [[this.stacked(node)]];
    }
  }

  /** @param {FormulaNode} node */
  row(node) {
    return m("mrow", {}, ...this.pieces(node).flat());
  }

  /**
   * In brackets if it is of one of these kinds or, in numbers, negative.
   * @param {FormulaNode} node
   * @param {string[]} kinds
   */
  within(node, kinds) {
    const pieces = this.pieces(node);
    const leaf = node.kind === "element" || node.kind === "number" || node.kind === "series";
    const written = this.options.numbers && leaf;
    const bracketed = written
      ? numberOf(/** @type {AnswerNumber} */ (node)) < 0
      : kinds.includes(node.kind);
    if (!bracketed) return pieces;
    pieces[0] = [operator("("), ...pieces[0]];
    pieces[pieces.length - 1] = [...pieces[pieces.length - 1], operator(")")];
    return pieces;
  }

  /** @param {FormulaNode} node */
  sum({ terms }) {
    const [first, ...rest] = /** @type {FormulaNode[]} */ (terms);
    return [
      ...this.pieces(first),
      ...rest.flatMap((term) =>
        term.kind === "negative"
          ? glued(infix("−"), this.within(term.term, LOOSE))
          : glued(infix("+"), this.within(term, ["cases"])),
      ),
    ];
  }

  /** @param {FormulaNode} node */
  series(node) {
    if (this.options.numbers) return [[digits(/** @type {AnswerNumber} */ (node))]];
    const letters = node.axes.map((/** @type {any} */ axis) => m("mi", {}, axis.letter));
    const sign = m(
      "munder",
      {},
      m("mo", { movablelimits: "false" }, "∑"),
      m("mrow", {}, ...letters),
    );
    return glued(sign, this.within(node.term, ["sum", "cases"]));
  }

  /** @param {FormulaNode} node */
  product({ factors }) {
    return /** @type {FormulaNode[]} */ (factors).flatMap((factor, i) => {
      const pieces = this.within(factor, LOOSE);
      return i > 0 ? glued(infix("·"), pieces) : pieces;
    });
  }

  /**
   * A part with height, such as a fraction: it is never broken across lines.
   * @param {FormulaNode} node
   */
  stacked(node) {
    if (node.kind === "quotient") {
      return m("mfrac", {}, this.row(node.numerator), this.row(node.denominator));
    }
    if (node.kind === "power") {
      const base = this.within(node.base, [...TIGHT, "power"]).flat();
      return m("msup", {}, m("mrow", {}, ...base), this.row(node.exponent));
    }
    if (node.name === "sqrt") return m("msqrt", {}, this.row(node.argument));
    const [before, after] = AROUND.get(node.name) ?? [`${node.name}(`, ")"];
    return m("mrow", {}, ...symbolNodes(before), this.row(node.argument), ...symbolNodes(after));
  }

  /**
   * The branches below one another, with the one that applies highlighted.
   * @param {FormulaNode} node
   */
  cases(node) {
    const rows = /** @type {any[]} */ (node.cases).map(({ formula, conditions }, i) => {
      const words = conditions.flatMap((/** @type {any} */ { left, relation, right }) => [
        operator(","),
        this.row(left),
        infix(relation),
        this.row(right),
      ]);
      return this.branch(formula, words, node.taken === i);
    });
    const last = this.branch(
      node.otherwise,
      [m("mtext", {}, ", else")],
      node.taken === rows.length,
    );
    return m("mtable", { class: "exp-cases" }, ...rows, last);
  }

  /** @param {FormulaNode} formula @param {Node[]} words @param {boolean} holds */
  branch(formula, words, holds) {
    const cell = m("mtd", {}, this.row(formula), ...words);
    return m("mtr", { class: holds ? "exp-taken" : "exp-branch" }, cell);
  }

  /** @param {FormulaNode} node */
  number(node) {
    const { symbol } = node;
    if (!this.options.numbers && symbol) return m("mrow", {}, ...symbolNodes(symbol));
    const { value } = node;
    if (Number.isInteger(value)) return m("mn", {}, figure(Number(value)));
    return digits(/** @type {AnswerNumber} */ (node));
  }

  /** @param {FormulaNode} node */
  element(node) {
    const { link, symbol, index } = node;
    const { numbers, follow, hidden } = this.options;
    const secret = link && hidden(link);
    const number = /** @type {AnswerNumber} */ (node);
    const known = link ? (secret ? HIDDEN : exact(numberOf(number))) : "";
    const content = numbers
      ? [secret ? m("mn", {}, HIDDEN) : digits(number)]
      : [...symbolNodes(symbol), ...indexNodes(index)];
    if (!link || !follow) return m("mrow", { class: "exp-general" }, ...content);
    const name = `${symbol}${indexText(index)} = ${known}`;
    const operand = m("mrow", { class: "exp-operand", "data-tip": name }, ...content);
    const factor = this.direct.includes(node)
      ? this.total / (node.value ?? Number.NaN)
      : Number.NaN;
    const run = () => follow(link, Number.isFinite(factor) ? factor : null);
    operand.onclick = run;
    if (!numbers) press(operand, `${name}: explain it`, `${link.buffer} ${link.index}`, run);
    return operand;
  }
}

/**
 * Makes an element of a formula a button.
 * @param {MathMLElement} element
 * @param {string} label
 * @param {string} key finds it again when the formula is written anew
 * @param {() => void} run
 */
function press(element, label, key, run) {
  element.setAttribute("role", "button");
  element.setAttribute("tabindex", "0");
  element.setAttribute("aria-label", label);
  element.setAttribute("data-key", key);
  element.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
}

/**
 * Four digits, underlined in the colour of the sign.
 * @param {AnswerNumber} number
 */
function digits(number) {
  const value = numberOf(number);
  const sign = value < 0 ? "negative" : value > 0 ? "positive" : "";
  return m("mn", { class: `exp-number ${sign}` }, figure(value));
}

/**
 * The branch that applies.
 * @param {FormulaNode} node
 * @returns {FormulaNode}
 */
function taken(node) {
  return node.cases[node.taken]?.formula ?? node.otherwise;
}

/**
 * A sign stays with what it stands before.
 * @param {Node} sign
 * @param {Node[][]} pieces
 */
function glued(sign, [first, ...rest]) {
  return [[sign, ...first], ...rest];
}

/**
 * The formula in plain text.
 * @param {FormulaNode} node
 * @returns {string}
 */
export function plain(node) {
  const all = (/** @type {FormulaNode[]} */ nodes, /** @type {string} */ between) =>
    nodes.map(plain).join(between);
  switch (node.kind) {
    case "element":
      return `${node.symbol}${indexText(node.index)}`;
    case "number":
      return node.symbol || figure(numberOf(/** @type {AnswerNumber} */ (node)));
    case "choice":
      return plain(node.found);
    case "sum":
      return all(node.terms, " + ");
    case "series":
      return `sum of ${plain(node.term)}`;
    case "negative":
      return `−${plain(node.term)}`;
    case "product":
      return all(node.factors, " · ");
    case "quotient":
      return `(${plain(node.numerator)}) / (${plain(node.denominator)})`;
    case "power":
      return `${plain(node.base)}^${plain(node.exponent)}`;
    case "cases":
      return plain(taken(node));
    default:
      return `${node.name}(${plain(node.argument)})`;
  }
}

/**
 * Remarks on the numbers and choices in a formula.
 * @param {FormulaNode} node
 * @returns {string[]}
 */
export function remarks(node) {
  const { kind, meaning, symbol, reason, by } = node;
  if (kind === "number" && meaning) return [symbol ? `${symbol}: ${meaning}` : meaning];
  if (kind === "choice") {
    const chosen = by.map((/** @type {FormulaNode} */ chooser) => {
      return `${plain(chooser)} = ${exact(numberOf(/** @type {AnswerNumber} */ (chooser)))}`;
    });
    return [`Chosen by ${chosen.join(", ")}: ${reason}.`];
  }
  return children(node).flatMap(remarks);
}

/**
 * @param {FormulaNode} node
 * @returns {FormulaNode[]}
 */
function children(node) {
  const { terms, factors, term, numerator, denominator, base, exponent, argument } = node;
  const single = [term, numerator, denominator, base, exponent, argument];
  const cases = (node.cases ?? []).flatMap((/** @type {any} */ { formula, conditions }) => [
    formula,
    ...conditions.flatMap((/** @type {any} */ { left, right }) => [left, right]),
  ]);
  const all = [...(terms ?? []), ...(factors ?? []), ...single, ...cases, node.otherwise];
  return all.filter((child) => child !== undefined && child !== null);
}

/**
 * All elements in a formula.
 * @param {FormulaNode} node
 * @returns {FormulaNode[]}
 */
export function elements(node) {
  if (node.kind === "element") return [node];
  if (node.kind === "choice") return elements(node.found);
  return children(node).flatMap(elements);
}

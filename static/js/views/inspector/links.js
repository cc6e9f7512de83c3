// @ts-check
// Links that select a layer, an instruction or a buffer.

import { h, setText } from "../../controls/dom.js";

/** @import { Context, InstructionInfo, Selection } from "../../state/types.js" */

/**
 * @param {Context} context
 * @param {string} text
 * @param {Selection} target
 */
export function link({ actions }, text, target) {
  const onclick = () => actions.select(target);
  return h("button", { type: "button", class: "ins-link", onclick }, text);
}

/**
 * Instructions with their formulas, each a link to itself.
 * @param {Context} context
 * @param {InstructionInfo[]} instructions
 * @param {(instruction: InstructionInfo) => string} [detail] a second line
 */
export function instructionLinks(context, instructions, detail) {
  const rows = instructions.map((instruction) => {
    const number = h("span", { class: "ins-index" }, String(instruction.index));
    const formula = h("span", { class: "ins-formula" }, instruction.formula);
    const target = /** @type {const} */ ({ kind: "instruction", index: instruction.index });
    const button = link(context, "", target);
    button.append(number, formula);
    const more = detail?.(instruction);
    return h("li", {}, button, more ? h("p", { class: "ins-formula" }, more) : null);
  });
  return h("ol", { class: "ins-instructions" }, ...rows);
}

/**
 * A part with its heading.
 * @param {string} title
 * @param {...(Node | null)} children
 */
export function part(title, ...children) {
  return h("section", { class: "ins-part" }, h("h3", {}, title), ...children);
}

/**
 * Facts that do not change while a program runs.
 * @param {[string, string | Node][]} rows
 */
export function facts(rows) {
  const items = rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return h("dl", { class: "ins-facts" }, ...items);
}

/**
 * A table with a heading for every column, and cells whose text can change.
 * @param {string[]} columns
 * @param {(string | Node)[]} rows headings
 * @param {string} [kind] class
 */
export function table(columns, rows, kind = "") {
  const cells = rows.map(() => columns.slice(1).map(() => h("td", {})));
  const head = columns.map((name) => h("th", { scope: "col" }, name));
  const body = rows.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), ...cells[i]));
  const element = h(
    "table",
    { class: `ins-table ${kind}` },
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...body),
  );
  return {
    element,
    /** @param {number} row @param {string[]} texts */
    show(row, texts) {
      cells[row].forEach((cell, i) => {
        setText(cell, texts[i] ?? "");
      });
    },
  };
}

// @ts-check
// What can be done at an instruction: run to it, stop there or at its layer, watch what it writes.

import { openMenu } from "../../controls/menu.js";
import { isAt, newPoint } from "../../state/breakpoints.js";

/** @import { Item } from "../../controls/menu.js" */
/** @import { Place } from "../../state/breakpoints.js" */
/** @import { Context, InstructionInfo, Point } from "../../state/types.js" */

export class RowMenu {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {import("../breakpoints/popover.js").PointPopover | null} */
    this.popover = null;
  }

  /**
   * @param {InstructionInfo} instruction
   * @param {Point[]} standing what stands at it
   * @param {DOMRect} box of its row, or of the pointer
   * @param {() => void} runTo
   */
  open(instruction, standing, box, runTo) {
    const { index, formula } = instruction;
    const groups = [
      [{ text: "Run to here", key: "Enter", run: runTo }, ...this.outItems(index)],
      this.breakpointItems(instruction, standing, box),
      this.headingItems(instruction),
      this.watchItems(instruction),
    ];
    openMenu(`Instruction ${index}, ${formula}`, groups, box);
  }

  /**
   * Opens a point's form, which is fetched when it is first needed.
   * @param {Parameters<import("../breakpoints/popover.js").PointPopover["open"]>} what
   */
  async edit(...what) {
    if (!this.popover) {
      const { PointPopover } = await import("../breakpoints/popover.js");
      this.popover ??= new PointPopover(this.context);
    }
    this.popover.open(...what);
  }

  /**
   * Out of the scopes around the next instruction.
   * @param {number} index
   * @returns {Item[]}
   */
  outItems(index) {
    const { store, actions } = this.context;
    const { run, model } = store.state;
    if (!run || !model || run.running || index !== run.pc) return [];
    const around = run.stack.slice(0, -1).reverse();
    return around.map(({ name, stop }) => ({
      text: `Step out of ${name}`,
      run: () => void actions.runTo(stop % model.instructions.length),
    }));
  }

  /**
   * @param {InstructionInfo} instruction
   * @param {Point[]} standing
   * @param {DOMRect} box
   * @returns {Item[]}
   */
  breakpointItems({ index }, standing, box) {
    const { stops } = this.context.actions;
    const place = { instruction: index, scope: null, phase: null };
    const edit = (/** @type {Point} */ point) => {
      this.edit(point, box, point.message === null ? "condition" : "message");
    };
    const toggle = { text: "Breakpoint", key: "F9", run: () => stops.toggle(place, standing) };
    if (standing.length > 0) {
      return standing.flatMap((point) => [
        { text: `Edit ${nameOf(point)}…`, run: () => edit(point) },
        {
          text: `Switch ${nameOf(point)} ${point.enabled ? "off" : "on"}`,
          run: () => stops.enable(point.name, !point.enabled),
        },
        { text: `Remove ${nameOf(point)}`, key: "F9", run: () => stops.remove(point.name) },
      ]);
    }
    const open = (/** @type {"condition" | "message"} */ field) => () => {
      const message = field === "message" ? "loss {loss}" : null;
      this.edit(newPoint({ ...place, message }), box, field);
    };
    return [
      { ...toggle, checked: false },
      { text: "Conditional breakpoint…", run: open("condition") },
      { text: "Logpoint…", run: open("message") },
    ];
  }

  /**
   * @param {InstructionInfo} instruction
   * @returns {Item[]}
   */
  headingItems({ scope, phase }) {
    const { stops } = this.context.actions;
    const [layer] = scope.split("/");
    const item = (/** @type {Place} */ place, /** @type {string} */ text) => ({
      text,
      checked: stops.list.some((point) => isAt(point, place)),
      run: () => stops.toggle(place),
    });
    return [
      item({ instruction: null, scope: layer, phase }, `Stop on entering ${layer}, ${phase}`),
      item({ instruction: null, scope: null, phase }, `Stop on entering ${phase}`),
    ];
  }

  /**
   * @param {InstructionInfo} instruction
   * @returns {Item[]}
   */
  watchItems({ writes }) {
    const { store, actions } = this.context;
    return writes.flatMap((id) => {
      const buffer = store.state.model?.bufferById.get(id);
      if (!buffer) return [];
      const text = buffer.shape.length > 0 ? `norm(${buffer.name})` : buffer.name;
      return [{ text: `Watch ${text}`, run: () => void actions.stops.watch(text) }];
    });
  }
}

/** @param {Point} point */
function nameOf({ name, message }) {
  return `${message === null ? "breakpoint" : "logpoint"} ${name}`;
}

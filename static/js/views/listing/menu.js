// @ts-check
// What can be done at an instruction: run to it, stop there or at its layer, watch what it writes.

import { openMenu } from "../../controls/menu.js";
import { styled } from "../../controls/styles.js";
import { isAt, newBreakpoint } from "../../state/breakpoints.js";

/** @import { Item } from "../../controls/menu.js" */
/** @import { Location } from "../../state/breakpoints.js" */
/** @import { Breakpoint, Context, InstructionInfo } from "../../state/types.js" */

export class RowMenu {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {import("../breakpoints/popover.js").BreakpointPopover | null} */
    this.popover = null;
  }

  /**
   * @param {InstructionInfo} instruction
   * @param {Breakpoint[]} standing what stands at it
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
   * Opens a breakpoint's form, which is fetched when it is first needed.
   * @param {Parameters<import("../breakpoints/popover.js").BreakpointPopover["open"]>} what
   */
  async edit(...what) {
    if (!this.popover) {
      const popover = styled("expression", import("../breakpoints/popover.js"));
      const { BreakpointPopover } = await styled("breakpoints", popover);
      this.popover ??= new BreakpointPopover(this.context);
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
   * @param {Breakpoint[]} standing
   * @param {DOMRect} box
   * @returns {Item[]}
   */
  breakpointItems({ index }, standing, box) {
    const { breakpoints } = this.context.actions;
    const location = { instruction: index, scope: null, phase: null };
    const edit = (/** @type {Breakpoint} */ breakpoint) => {
      this.edit(breakpoint, box, breakpoint.log_message === null ? "condition" : "log_message");
    };
    const toggle = {
      text: "Breakpoint",
      key: "F9",
      run: () => breakpoints.toggle(location, standing),
    };
    if (standing.length > 0) {
      return standing.flatMap((breakpoint) => [
        { text: `Edit ${nameOf(breakpoint)}…`, run: () => edit(breakpoint) },
        {
          text: `Switch ${nameOf(breakpoint)} ${breakpoint.enabled ? "off" : "on"}`,
          run: () => breakpoints.enable(breakpoint.name, !breakpoint.enabled),
        },
        {
          text: `Remove ${nameOf(breakpoint)}`,
          key: "F9",
          run: () => breakpoints.remove(breakpoint.name),
        },
      ]);
    }
    const open = (/** @type {"condition" | "log_message"} */ field) => () => {
      const log_message = field === "log_message" ? "loss {loss}" : null;
      this.edit(newBreakpoint({ ...location, log_message }), box, field);
    };
    return [
      { ...toggle, checked: false },
      { text: "Conditional breakpoint…", run: open("condition") },
      { text: "Logpoint…", run: open("log_message") },
    ];
  }

  /**
   * @param {InstructionInfo} instruction
   * @returns {Item[]}
   */
  headingItems({ scope, phase }) {
    const { breakpoints } = this.context.actions;
    const [layer] = scope.split("/");
    const item = (/** @type {Location} */ location, /** @type {string} */ text) => ({
      text,
      checked: breakpoints.list.some((breakpoint) => isAt(breakpoint, location)),
      run: () => breakpoints.toggle(location),
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
      return [{ text: `Watch ${text}`, run: () => void actions.breakpoints.watch(text) }];
    });
  }
}

/** @param {Breakpoint} breakpoint */
function nameOf({ name, log_message }) {
  return `${log_message === null ? "breakpoint" : "logpoint"} ${name}`;
}

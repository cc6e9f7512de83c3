// @ts-check
// The program: every instruction, the program counter, and the buffers that each one touches.

import { onThemeChange } from "../color.js";
import { h, icon } from "../controls/dom.js";
import { styled } from "../controls/styles.js";
import { displayScale } from "../display.js";
import { isHiddenAt } from "../state/quiz.js";
import { stopText } from "../state/watches.js";
import { arrange } from "./listing/arrangement.js";
import { Details } from "./listing/details.js";
import { Gutter } from "./listing/gutter.js";
import { walk } from "./listing/keyboard_navigation.js";
import { MAX_SHOWN, precisionOf, sizeOf } from "./listing/operand.js";
import { buildPhases } from "./listing/rows.js";

/** @import { State } from "../state/store.js" */
/** @import { Context, Model, RunState } from "../state/types.js" */
/** @import { Phase } from "./listing/rows.js" */

/** Up to this many instructions a second the mark is moved along. */
const MAX_WATCHED_RATE = 20;
/** At the base size of type, px. */
const ROW = 18;
const HEAD = 22;
/** From this width on the phases stand side by side, and from the other with the details. */
const MIN_WIDE = 480;
const MIN_DETAILED = 820;

/** A long press opens the menu after this time, ms: not every browser reports one. */
const LONG_PRESS = 500;

const [NEXT, DONE, LATER, BROKEN, STOPPED] = [1, 2, 4, 8, 16];

/**
 * Whether the run can be followed from one instruction to the next.
 * @param {RunState | null} run
 */
function isWatchable(run) {
  if (!run?.running) return true;
  return (
    run.speed.unit === "instruction" &&
    (run.speed.per_second ?? Number.POSITIVE_INFINITY) <= MAX_WATCHED_RATE
  );
}

/**
 * Fills the region with the program.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const view = new ListingView(element, context);
  return { destroy: () => view.destroy() };
}

class ListingView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.element = element;
    this.list = h("div", { class: "listing-phases", role: "listbox" });
    this.list.setAttribute(
      "aria-label",
      "Program. Up and down move between instructions, left and right between phases, Enter runs to the instruction, F9 sets a breakpoint, Shift F10 opens a menu.",
    );
    this.details = new Details();
    this.details.hides = (buffer, flat) => isHiddenAt(context.store.state, buffer, flat);
    this.gutter = new Gutter();
    /** @type {import("./listing/menu.js").RowMenu | null} fetched when it is first asked for */
    this.menu = null;
    this.more = h("span", { class: "listing-more", "aria-hidden": "true" }, icon("more"));
    /** A finger has rested on a row. */
    this.held = false;
    this.timer = 0;
    element.classList.add("listing");
    element.append(this.list, this.details.element);
    /** @type {Model | null} */
    this.model = null;
    /** @type {Phase[]} */
    this.phases = [];
    /** @type {HTMLElement[]} */
    this.rows = [];
    /** What is marked at each row. */
    this.marks = new Uint8Array(0);
    this.machine = { pc: -1, step: -1, watchable: false, broken: -1, stopped: false };
    /** The row pointed at or walked to, or -1. */
    this.pointed = -1;
    /** Whether the details must show another instruction. */
    this.turned = true;
    /** The row in the tab order. */
    this.stop = 0;
    this.wanted = "";
    this.visible = false;
    this.stops = this.listen();
    this.setModel();
  }

  listen() {
    const { list, context, element } = this;
    const { store, loop } = context;
    const observer = new ResizeObserver(() => this.arrange());
    observer.observe(element);
    list.addEventListener("pointerover", (event) => this.point(rowOf(event)));
    list.addEventListener("pointerleave", () => this.point(-1));
    list.addEventListener("focusin", (event) => this.point(rowOf(event)));
    list.addEventListener("focusout", () => this.point(-1));
    list.addEventListener("click", (event) => this.click(event));
    list.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("contextmenu", (event) => this.openMenu(event));
    this.listenToTouch();
    return [
      loop.onDraw((now) => this.draw(now)),
      onThemeChange(() => this.details.repaint()),
      store.on(["quiz"], () => this.details.repaint()),
      store.on(["model"], () => this.setModel()),
      store.on(["selection"], () => this.select()),
      store.on(["breakpoints"], () => this.paintBreakpoints()),
      store.on(["frame", "run"], loop.requestDraw),
      () => observer.disconnect(),
    ];
  }

  /** A long press opens the menu, as soon as the finger leaves. */
  listenToTouch() {
    const { list } = this;
    const end = () => clearTimeout(this.timer);
    list.addEventListener("pointerdown", (event) => {
      end();
      this.held = false;
      if (event.pointerType !== "touch") return;
      this.timer = window.setTimeout(() => {
        this.held = true;
      }, LONG_PRESS);
    });
    for (const type of ["pointerup", "pointercancel", "pointermove"]) {
      list.addEventListener(type, end);
    }
  }

  destroy() {
    for (const stop of this.stops) stop();
    this.context.actions.want("listing", []);
  }

  setModel() {
    const { model } = this.context.store.state;
    if (!model || model === this.model) return;
    this.model = model;
    this.phases = buildPhases(model);
    this.list.replaceChildren(...this.phases.map(({ element }) => element));
    this.rows = this.phases.flatMap(({ list }) =>
      [...list.children].map((row) => /** @type {HTMLElement} */ (row)),
    );
    this.list.style.setProperty("--digits", String(String(this.rows.length - 1).length));
    this.marks = new Uint8Array(this.rows.length);
    this.machine.pc = -1;
    this.pointed = -1;
    this.stop = 0;
    this.turned = true;
    this.moveStop(0);
    this.details.setProgram(this.phases, model);
    this.gutter.setProgram(this.list, this.rows);
    this.paintBreakpoints();
    this.arrange();
    this.select();
    this.context.loop.requestDraw();
  }

  /** How many columns there are, for the room there is. */
  arrange() {
    const { element, list, phases } = this;
    const scale = displayScale();
    const width = element.clientWidth / scale;
    this.visible = width > 0;
    this.turned = true;
    element.classList.toggle("wide", width >= MIN_WIDE);
    element.classList.toggle("detailed", width < MIN_WIDE || width >= MIN_DETAILED);
    if (width < MIN_WIDE) list.style.gridTemplateColumns = "";
    else {
      const padding = 2 * Number.parseFloat(getComputedStyle(element).paddingTop);
      const rows = Math.floor(((element.clientHeight - padding) / scale - HEAD) / ROW);
      const { columns, shares } = arrange(phases, rows, list.clientWidth / scale);
      for (const [i, { instructions, list: column }] of phases.entries()) {
        column.style.setProperty("--rows", String(Math.ceil(instructions.length / columns[i])));
      }
      list.style.gridTemplateColumns = shares.map((n) => `minmax(0, ${n}fr)`).join(" ");
    }
    this.context.loop.requestDraw();
  }

  /** @param {number} now ms */
  draw(now) {
    const { model, machine, details } = this;
    const { state } = this.context.store;
    if (!model || !this.visible) {
      this.want([]);
      return;
    }
    const moved = this.look(state, model);
    if (moved || this.turned) this.describe(model);
    details.paint(state.frame, now, machine.watchable);
    if (moved) this.mark();
  }

  /** Shows what one instruction does, and subscribes to its numbers. @param {Model} model */
  describe({ instructions }) {
    const { machine, details } = this;
    const at = this.subject();
    const shown = instructions.slice(at, at < 0 ? at : at + 1);
    if (shown.length > 0) details.show(shown[0], this.tagOf(at));
    else details.showCosts();
    // With those of the next one: they come with the step.
    const next = machine.watchable ? instructions.slice(machine.pc, machine.pc + 1) : [];
    this.want([...shown, ...next]);
    this.turned = false;
  }

  /**
   * Takes the position of the machine.
   * @param {State} state
   * @param {Model} model
   * @returns {boolean} whether that has changed
   */
  look({ frame, run }, model) {
    const { machine } = this;
    const current = frame?.generation === model.generation ? frame : run;
    const watchable = isWatchable(run);
    const broken = run?.non_finite?.instruction ?? -1;
    const stopped = stopText(run) !== null;
    const pc = current?.pc ?? 0;
    const step = current?.step ?? 0;
    const moved = pc !== machine.pc || step !== machine.step;
    const other =
      watchable !== machine.watchable || broken !== machine.broken || stopped !== machine.stopped;
    if (other || (watchable && moved)) {
      const walked = moved && machine.pc >= 0 && !run?.running;
      Object.assign(machine, { pc, step, watchable, broken, stopped });
      if (walked) this.point(-1);
      return true;
    }
    return false;
  }

  /** Marks the position of the machine: only rows that change are touched. */
  mark() {
    const { machine, rows, marks } = this;
    const { pc, watchable, broken, stopped } = machine;
    const last = this.executed();
    for (let i = 0; i < rows.length; i += 1) {
      let mark = i === broken ? BROKEN : 0;
      if (watchable) {
        if (i === pc) mark |= stopped ? NEXT | STOPPED : NEXT;
        else if (pc > 0 && i > pc) mark |= LATER;
        if (i === last) mark |= DONE;
      }
      if (mark === marks[i]) continue;
      marks[i] = mark;
      paintMark(rows[i], mark);
      this.describeRow(i);
    }
    if (!watchable) return;
    if (!this.list.contains(document.activeElement)) this.moveStop(pc);
    const reading = this.context.store.state.run?.running && this.element.matches(":hover");
    if (!reading) this.reveal(pc);
  }

  /** Shows the breakpoints. */
  paintBreakpoints() {
    this.gutter.paint(this.context.store.state.breakpoints);
    for (let i = 0; i < this.rows.length; i += 1) this.describeRow(i);
  }

  /** What a row has beside its instruction, in words. @param {number} index */
  describeRow(index) {
    const broken = this.marks[index] & BROKEN ? "It wrote a value that is not finite." : "";
    const words = [this.gutter.words(index), broken].filter(Boolean).join(" ");
    const row = this.rows[index];
    if (words === (row.getAttribute("aria-description") ?? "")) return;
    if (words) row.setAttribute("aria-description", words);
    else row.removeAttribute("aria-description");
  }

  /** @returns {number} the instruction just executed, or -1 */
  executed() {
    const { pc, step } = this.machine;
    if (step === 0 && pc === 0) return -1;
    return (pc - 1 + this.rows.length) % this.rows.length;
  }

  /** @returns {number} the instruction that the details are about, or -1 */
  subject() {
    const { pointed, machine } = this;
    if (pointed >= 0 || !machine.watchable) return pointed;
    const last = this.executed();
    return last >= 0 ? last : machine.pc;
  }

  /** Why that instruction is shown: "just executed", "next" or "". @param {number} index */
  tagOf(index) {
    const { machine } = this;
    if (!machine.watchable) return "";
    if (index === this.executed()) return "just executed";
    return index === machine.pc ? "next" : "";
  }

  /**
   * Subscribes to the buffers that some instructions touch.
   * @param {import("../state/types.js").InstructionInfo[]} instructions
   */
  want(instructions) {
    const { model, context } = this;
    const wanted = `${model?.generation} ${instructions.map(({ index }) => index)}`;
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    const ids = new Set(instructions.flatMap(({ reads, writes }) => [...reads, ...writes]));
    const buffers = [...ids].flatMap((id) => model?.bufferById.get(id) ?? []);
    const small = buffers.filter((buffer) => sizeOf(buffer) <= MAX_SHOWN);
    context.actions.want(
      "listing",
      small.map((buffer) => ({ name: buffer.name, dtype: precisionOf(buffer) })),
    );
  }

  /** @param {number} index or -1 */
  point(index) {
    if (index === this.pointed) return;
    const { store, actions, loop } = this.context;
    this.pointed = index;
    this.offerMenu(index);
    this.turned = true;
    if (index >= 0) actions.hover({ kind: "instruction", index });
    else if (store.state.hover?.kind === "instruction") actions.hover(null);
    loop.requestDraw();
  }

  /** A button for the menu, where it does not lie over the name of a layer. @param {number} index */
  offerMenu(index) {
    const row = this.rows[index];
    const [code, name] = row?.querySelectorAll("code, [data-scope]") ?? [];
    const covers = name instanceof HTMLElement && code instanceof HTMLElement;
    if (!row || (covers && name.offsetTop <= code.offsetTop + 4)) this.more.remove();
    else row.append(this.more);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {Element} */ (event.target);
    const heading = this.gutter.headingOf(event);
    const index = rowOf(event);
    if (this.held || target.closest(".listing-more")) this.openMenu(event);
    else if (heading) this.context.actions.breakpoints.toggle(heading);
    else if (target.closest("i")) this.toggle(index);
    else this.runTo(index);
  }

  /** Sets a breakpoint at a row, or removes the one there. @param {number} index */
  toggle(index) {
    const location = { instruction: index, scope: null, phase: null };
    this.context.actions.breakpoints.toggle(location, this.gutter.standing.get(index));
  }

  /** @param {Parameters<import("./listing/menu.js").RowMenu["open"]>} what */
  async offer(...what) {
    if (!this.menu) {
      const { RowMenu } = await styled("menu", import("./listing/menu.js"));
      this.menu ??= new RowMenu(this.context);
    }
    this.menu.open(...what);
  }

  /** @param {MouseEvent} event */
  openMenu(event) {
    const index = rowOf(event);
    const instruction = this.model?.instructions[index];
    this.held = false;
    if (!instruction || document.querySelector(".menu")) return;
    event.preventDefault();
    this.moveStop(index);
    this.rows[index].focus({ preventScroll: true });
    const box = this.rows[index].getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const inside = x > box.left && x < box.right && y > box.top && y < box.bottom;
    const at = inside ? new DOMRect(x, y, 0, 0) : box;
    const standing = this.gutter.standing.get(index) ?? [];
    this.offer(instruction, standing, at, () => this.runTo(index));
  }

  /** @param {number} index or -1 */
  runTo(index) {
    if (index < 0) return;
    this.context.actions.select({ kind: "instruction", index });
    this.context.actions.runTo(index);
  }

  /** Shows which row is selected. */
  select() {
    const { selection } = this.context.store.state;
    const index = selection?.kind === "instruction" ? selection.index : -1;
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    this.rows[index]?.setAttribute("aria-selected", "true");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = rowOf(event);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.runTo(at);
    else if (event.key === "F9" && !event.shiftKey) this.toggle(at);
    else {
      const to = walk(this.phases, at, event.key);
      if (to < 0) return;
      this.moveStop(to);
      this.rows[to].focus({ preventScroll: true });
      this.reveal(to);
    }
    event.preventDefault();
  }

  /** @param {number} index of the row that Tab leads to */
  moveStop(index) {
    this.rows[this.stop]?.setAttribute("tabindex", "-1");
    this.stop = index;
    this.rows[index]?.setAttribute("tabindex", "0");
  }

  /** Scrolls a row into view, if it is not. @param {number} index */
  reveal(index) {
    const { element, rows, details } = this;
    const row = rows[index];
    if (!row || element.scrollHeight <= element.clientHeight) return;
    const box = row.getBoundingClientRect();
    const view = element.getBoundingClientRect();
    const stacked = !element.classList.contains("wide");
    const top = view.top + 2 * box.height;
    const bottom = view.bottom - box.height - (stacked ? details.element.offsetHeight : 0);
    if (box.top < top) element.scrollTop -= top - box.top;
    else if (box.bottom > bottom) element.scrollTop += box.bottom - bottom;
  }
}

/**
 * The index of the row that an event happened in, or -1.
 * @param {Event} event
 */
function rowOf(event) {
  const row = /** @type {Element} */ (event.target).closest(".listing-row");
  return row ? Number(row.getAttribute("data-index")) : -1;
}

/**
 * @param {HTMLElement} row
 * @param {number} mark
 */
function paintMark(row, mark) {
  row.classList.toggle("next", (mark & NEXT) !== 0);
  row.classList.toggle("done", (mark & DONE) !== 0);
  row.classList.toggle("later", (mark & LATER) !== 0);
  row.classList.toggle("broken", (mark & BROKEN) !== 0);
  row.classList.toggle("stopped", (mark & STOPPED) !== 0);
  if (mark & NEXT) row.setAttribute("aria-current", "step");
  else row.removeAttribute("aria-current");
}

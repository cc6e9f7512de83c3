// @ts-check
// Kernels over several input channels: a choice of one of these, or of the norm over all. One
// select per layer in the legend; in the picture the page keys change it.

import { h, tip } from "../../controls/dom.js";

/** @import { Column, Scene } from "../../scene/layout.js" */
/** @import { Context, Selection } from "../../state/types.js" */

const KEYS = " Page up and page down choose the input channel of the kernels.";
const TELLS =
  "The kernels show the signed weights of this input channel, or, as ink, the norm of the weights over all input channels.";
/** On a phone the legend is one line: the choice is with the marks. */
const NARROW = "(max-width: 799px)";

export class Kernels {
  /**
   * @param {Context} context
   * @param {HTMLElement} legend
   * @param {HTMLElement} stage
   * @param {() => void} repaint
   */
  constructor({ store }, legend, stage, repaint) {
    this.store = store;
    this.legend = legend;
    this.stage = stage;
    this.repaint = repaint;
    this.help = stage.ariaLabel ?? "";
    this.element = h("div", { class: "net-kernels" });
    /** @type {{column: Column, select: HTMLSelectElement}[]} */
    this.choices = [];
    store.on(["kernelInputs"], () => this.follow());
  }

  /** @param {Scene} scene */
  show(scene) {
    const deep = scene.columns.filter(({ panel }) => panel && panel.inputs > 0);
    this.choices = deep.map((column) => ({ column, select: this.select(column) }));
    this.element.hidden = deep.length === 0;
    this.stage.ariaLabel = this.help + (deep.length > 0 ? KEYS : "");
    this.element.replaceChildren(
      h("b", {}, "kernels"),
      ...this.choices.map(({ column, select }) => h("label", {}, column.title, select)),
    );
    const marks = this.legend.querySelector(".net-marks");
    if (matchMedia(NARROW).matches) marks?.append(this.element);
    else marks?.before(this.element);
    this.follow();
  }

  /** @param {Column} column */
  select({ layer, title, panel }) {
    const select = h("select", { "aria-label": `Kernels of ${title}: input channel` });
    const count = panel?.inputs ?? 0;
    select.append(h("option", { value: "-1" }, `norm of ${count} inputs`));
    for (let i = 0; i < count; i += 1) select.append(h("option", { value: `${i}` }, `input ${i}`));
    select.onchange = () => this.choose(layer, Number(select.value));
    return tip(select, TELLS, "Page up or down in the picture");
  }

  /** @param {string} layer @param {number} input */
  choose(layer, input) {
    const kernelInputs = { ...this.store.state.kernelInputs, [layer]: input };
    this.store.set({ kernelInputs });
    this.follow();
  }

  /** The picture and the choices show what is chosen. */
  follow() {
    const { kernelInputs } = this.store.state;
    for (const { column, select } of this.choices) {
      const input = kernelInputs[column.layer] ?? -1;
      const known = input < (column.panel?.inputs ?? 0) ? input : -1;
      column.panel?.selectInput(known);
      select.value = String(known);
    }
    this.repaint();
  }

  /**
   * Chooses the next or previous input channel of the selected layer.
   * @param {Selection | null} at
   * @param {string} key
   * @returns {Selection | null} where one is, null if the key chooses nothing
   */
  turn(at, key) {
    const step = { PageUp: -1, PageDown: 1 }[key];
    const choice = this.choices.find(
      ({ column }) => at?.kind === "unit" && column.layer === at.layer,
    );
    if (!step || !choice) return null;
    const { options, selectedIndex } = choice.select;
    const next = (selectedIndex + step + options.length) % options.length;
    this.choose(choice.column.layer, Number(options[next].value));
    return at;
  }
}

// @ts-check
// The heading of every column: name, shape, activation (a select: choosing changes the network),
// parameters. Real elements, so that they are sharp, selectable and reachable.

import { h, icon, setIcon, tip } from "../../controls/dom.js";
import { openBottom } from "../../controls/frame.js";
import { layerOf } from "../diagnostics/picture_targets.js";

/** @import { Column, Scene } from "../../scene/layout.js" */
/** @import { Context, Model } from "../../state/types.js" */

export class ColumnHeadings {
  /** @param {HTMLElement} stage @param {Context} context */
  constructor(stage, context) {
    this.context = context;
    this.element = h("div", { class: "net-heads" });
    stage.append(this.element);
    /** @type {Map<string, HTMLElement>} the mark of findings, by layer */
    this.marks = new Map();
    context.store.on(["findings"], () => this.mark());
  }

  /** @param {EventTarget | null} target */
  contains(target) {
    return target instanceof Element && target.closest(".net-head") !== null;
  }

  /** @param {Scene} scene @param {Model} model */
  show(scene, model) {
    this.marks.clear();
    const heads = scene.columns.map((column) => {
      const head = this.head(column, model, scene);
      head.style.width = `${column.headWidth}px`;
      head.style.left = `${column.headX - column.headWidth / 2}px`;
      return head;
    });
    const loss = h("div", { class: "net-head" }, h("b", {}, "Loss"));
    tip(loss, `${model.description.loss.replaceAll("_", " ")} of the probe sample`);
    loss.style.left = `${scene.loss.x - 30}px`;
    loss.style.width = "60px";
    this.element.style.height = `${scene.area.y}px`;
    this.element.replaceChildren(...heads, loss);
    this.mark();
  }

  /** Marks the layers that have findings. */
  mark() {
    const { model, findings } = this.context.store.state;
    if (!model) return;
    for (const [layer, mark] of this.marks) {
      const found = findings.filter((finding) => layerOf(model, finding) === layer);
      mark.hidden = found.length === 0;
      if (mark.hidden) continue;
      const titles = found.map(({ title }) => title).join(", ");
      mark.setAttribute("aria-label", `${layer}: ${titles}. Opens the diagnostics`);
      setIcon(mark, found[0].severity);
      tip(mark, titles);
    }
  }

  /** @param {string} layer */
  makeMark(layer) {
    const mark = h("button", { type: "button", class: "net-finding", hidden: true }, icon("note"));
    mark.onclick = (event) => {
      event.stopPropagation();
      this.context.store.set({ tab: "diagnostics" });
      openBottom();
    };
    this.marks.set(layer, mark);
    return mark;
  }

  /**
   * @param {Column} column
   * @param {Model} model
   * @param {Scene} scene
   */
  head(column, model, scene) {
    const count = column.parameters.toLocaleString("en");
    const fits = (/** @type {number} */ letters) =>
      column.headWidth > 6.7 * letters * scene.area.scale;
    const wide = fits(
      Math.max(count.length + 11, column.shape.length + column.activation.length + 2),
    );
    const parameters = column.parameters ? (wide ? `${count} parameters` : count) : "";
    const shaped = wide || (!column.activation && fits(column.shape.length));
    const shape = h("span", { class: "net-shape" }, shaped ? column.shape : "");
    const second = h("span", {}, shape, this.activation(column, model));
    const head = h(
      "div",
      { class: "net-head" },
      h("b", {}, column.title, column.layer === "input" ? null : this.makeMark(column.layer)),
      second,
      h("i", {}, parameters),
    );
    const shapes = column.panel
      ? `${column.layer}: ${count} parameters`
      : `W ${column.shape}, b ${column.count}: ${count} parameters`;
    return column.parameters ? tip(head, shapes) : head;
  }

  /** @param {Column} column @param {Model} model */
  activation(column, model) {
    const { store, actions } = this.context;
    if (!column.activation) return null;
    const outer = model.layers.filter(({ name }) => !name.includes("/"));
    const index = outer.findIndex((layer) => layer.name === column.layer);
    const tied = column.output && /cross_entropy/.test(model.description.loss);
    const known = store.state.catalogue?.activations ?? [];
    const offered = known.filter(({ hidden }) => hidden || column.output);
    const title = offered.find((a) => a.name === column.activation)?.title;
    if (tied || !title) return h("span", {}, title ?? column.activation);
    const select = h("select", { "aria-label": `Activation of ${column.layer}` });
    for (const { name, title } of offered) select.append(h("option", { value: name }, title));
    select.value = column.activation;
    select.onchange = () =>
      actions.edit((draft) => {
        draft.layers[index].activation = select.value;
      });
    return select;
  }
}

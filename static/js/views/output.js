// @ts-check
// What the network makes of its data, drawn as the kind of data asks for, and the choice of the
// probe sample.

import { h, setText } from "../controls/dom.js";
import { percent, short } from "../format.js";
import { Classes } from "./output/classes.js";
import { Line } from "./output/line.js";
import { Plane } from "./output/plane.js";
import { ProbeBar } from "./output/probe.js";
import { Scatter } from "./output/scatter.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {import("../types.js").Context} Context */
/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../types.js").Model} Model */
/** @typedef {import("./network/wants.js").Want} Want */
/** @typedef {import("./output/moment.js").Moment} Moment */

/**
 * A picture of the outputs for one kind of data.
 * @typedef {{element: HTMLElement, title: string, wants: Want[], destroy: () => void,
 *   show: (moment: Moment, now: number) => void}} Picture
 */

/** @type {{[kind: string]: new (context: Context, model: Model) => Picture}} */
const KINDS = { plane: Plane, line: Line };

/** @param {DataInfo} data */
function kindOf(data) {
  const drawn = data.points ? KINDS[data.kind] : null;
  return drawn ?? (data.task === "classification" ? Classes : Scatter);
}

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const { store, loop, actions } = context;
  const title = h("h2", {}, "Output");
  const quality = h("span", { class: "out-quality-now" });
  const body = h("div", { class: "out-body" });
  const probe = new ProbeBar(context);
  const head = h("header", { class: "out-head" }, title, quality);
  element.append(h("div", { class: "out" }, head, body, probe.element));
  /** @type {Picture | null} */
  let picture = null;
  let visible = false;

  function configure() {
    const { model } = store.state;
    if (!model) return;
    picture?.destroy();
    picture = new (kindOf(model.data))(context, model);
    setText(title, picture.title);
    body.replaceChildren(picture.element);
    probe.show();
    subscribe();
  }

  /** Nothing is sent for a folded panel. */
  function subscribe() {
    visible = element.clientWidth > 0;
    actions.want("output", visible && picture ? picture.wants : []);
    loop.requestDraw();
  }

  /** @param {number} now */
  function draw(now) {
    const { frame, model, run } = store.state;
    if (!visible) return;
    setText(quality, qualityOf(store.state));
    if (!picture || !frame || !model || !run || frame.generation !== model.generation) return;
    picture.show({ frame, model, run }, now);
  }

  store.on(["model"], configure);
  store.on(["run", "model"], () => probe.show());
  store.on(["frame", "run", "losses"], loop.requestDraw);
  loop.onDraw(draw);
  new ResizeObserver(subscribe).observe(element);
  configure();
}

/**
 * How good the answers on the test set are, as of the last evaluation.
 * @param {State} state
 */
function qualityOf({ losses, model }) {
  const last = losses.length - 1;
  if (last < 0 || !model) return "";
  if (model.data.task === "classification")
    return `${percent(losses.testAccuracy[last])} right on test`;
  return `test loss ${short(losses.test[last])}`;
}

// @ts-check
// What the network makes of its data, drawn as the kind of data asks for, and the choice of the
// probe sample.

import { h, setText } from "../controls/dom.js";
import { percent, short } from "../format.js";
import { ProbeBar } from "./output/probe.js";

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

/**
 * The kind of picture for a kind of data, fetched when there are such data.
 * @param {DataInfo} data
 * @returns {Promise<new (context: Context, model: Model) => Picture>}
 */
async function kindOf(data) {
  if (data.points && data.kind === "plane") return (await import("./output/plane.js")).Plane;
  if (data.points && data.kind === "line") return (await import("./output/line.js")).Line;
  if (data.task === "classification") return (await import("./output/classes.js")).Classes;
  return (await import("./output/scatter.js")).Scatter;
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

  async function configure() {
    const { model } = store.state;
    if (!model) return;
    const Kind = await kindOf(model.data);
    if (model !== store.state.model) return; // another network has come meanwhile
    picture?.destroy();
    picture = new Kind(context, model);
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
function qualityOf({ losses, model, frame }) {
  const last = losses.last(frame?.step ?? 0);
  if (last < 0 || !model) return "";
  if (model.data.task === "classification")
    return `${percent(losses.testAccuracy[last])} right on test`;
  return `test loss ${short(losses.test[last])}`;
}

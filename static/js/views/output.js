// @ts-check
// The picture of the network's outputs, by kind of data, and the choice of the probe sample.

import { h, setText, tip } from "../controls/dom.js";
import { styled } from "../controls/styles.js";
import { percent, told } from "../format.js";
import { BaselineNote } from "./output/parts/baseline.js";
import { ProbeBar } from "./output/parts/probe.js";
import { Tabs } from "./output/parts/tabs.js";

/** @import { State } from "../state/store.js" */
/** @import { Context, DataInfo, Model } from "../state/types.js" */
/** @import { Want } from "./network/wants.js" */
/** @import { Moment } from "./output/parts/moment.js" */

/**
 * A picture of the outputs for one kind of data.
 * @typedef {{element: HTMLElement, title: string, wants: Want[], destroy: () => void,
 *   show: (moment: Moment, now: number) => void}} Picture
 */

/**
 * A kind of picture, for some kinds of data; loaded when it is first shown.
 * @typedef {{title: string, about: string, fits: (data: DataInfo, model: Model) => boolean,
 *   load: () => Promise<new (context: Context, model: Model) => Picture>}} Kind
 */

const use = (/** @type {string} */ name) => (/** @type {DataInfo} */ data) =>
  data.uses.includes(name);

/** @type {Kind[]} the one that is shown first stands first */
const KINDS = [
  {
    title: "Road",
    about: "A car that the network steers, live.",
    fits: use("drive"),
    load: async () => (await styled("simulators", import("./output/road.js"))).Road,
  },
  {
    title: "Codes",
    about:
      "The plane of the autoencoder's two code numbers, and the image decoded from each point.",
    fits: use("decode"),
    load: async () => (await styled("simulators", import("./output/code.js"))).CodePlane,
  },
  {
    title: "Days",
    about: "Predicted and actual prices on later days.",
    fits: ({ task, extras }) => task === "regression" && "date" in extras.test,
    load: async () => (await styled("simulators", import("./output/prices.js"))).Prices,
  },
  {
    title: "Days",
    about: "The later days on which the network was right, and how often.",
    fits: ({ task, extras }) => task === "classification" && "date" in extras.test,
    load: async () => (await styled("simulators", import("./output/direction.js"))).Direction,
  },
  {
    title: "Map",
    about:
      "The learned film vectors as a map, next to the simulator's true ones, which training never saw.",
    fits: ({ kind }, model) => kind === "ratings" && hasMap(model),
    load: async () => (await styled("simulators", import("./output/map.js"))).EmbeddingMap,
  },
  {
    title: "Text",
    about: "Text that the network writes, one token at a time.",
    fits: use("sample_text"),
    load: async () => (await styled("live", import("./output/text.js"))).Text,
  },
  {
    title: "Words",
    about: "The network's predictions for the words of the probe sample, and for your own.",
    fits: use("classify_text"),
    load: async () => (await styled("live", import("./output/words.js"))).Words,
  },
  {
    title: "Sound",
    about: "The vowel that the network predicts for the probe sample, and for your own voice.",
    fits: use("classify_sound"),
    load: async () => (await styled("live", import("./output/sound.js"))).Sound,
  },
  {
    title: "Reconstruction",
    about: "The image of the probe sample, next to the network's reconstruction.",
    fits: (data) => data.kind === "image" && data.task === "regression",
    load: async () => (await styled("live", import("./output/reconstruction.js"))).Reconstruction,
  },
  {
    title: "Decision",
    about: "The network's prediction at every point of the plane.",
    fits: (data) => data.points !== null && data.kind === "plane",
    load: async () => (await import("./output/plane.js")).Plane,
  },
  {
    title: "Curve",
    about: "The network's predictions along the line.",
    fits: (data) => data.points !== null && data.kind === "line",
    load: async () => (await import("./output/line.js")).Line,
  },
  {
    title: "Threshold",
    about: "The predictions at a chosen threshold, and the calibration of the probabilities.",
    fits: ({ points, kind }, { bufferByName }) =>
      points === null && kind !== "text" && bufferByName.has("view/thresholds"),
    load: async () => (await styled("simulators", import("./output/threshold.js"))).Threshold,
  },
  {
    title: "Classes",
    about: "The probe sample's classes, and the confusion matrix of the test set.",
    fits: (data) => data.points === null && hasClasses(data),
    load: async () => (await import("./output/classes.js")).Classes,
  },
  {
    title: "Draw",
    about: "Your own drawing, classified while you draw and while the network trains.",
    fits: use("classify_pixels"),
    load: async () => (await styled("live", import("./output/pad.js"))).Pad,
  },
  {
    title: "Scatter",
    about: "Predicted against true values in the test set.",
    fits: ({ kind, task, points }) => task === "regression" && kind !== "image" && points === null,
    load: async () => (await import("./output/scatter.js")).Scatter,
  },
  {
    title: "Map",
    about:
      "The learned vectors of the tokens as a map. Tokens that the network treats alike lie close together.",
    fits: ({ kind }, model) => kind !== "ratings" && hasMap(model),
    load: async () => (await styled("simulators", import("./output/map.js"))).EmbeddingMap,
  },
];

/** Whether vectors are learned for tokens, people or films. @param {Model} model */
function hasMap({ buffers }) {
  return buffers.some(({ name }) => name.startsWith("view/map/"));
}

/** Whether every sample has one class. @param {DataInfo} data */
function hasClasses(data) {
  return data.task === "classification" && !data.uses.includes("sample_text");
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
  const baseline = new BaselineNote();
  const origin = h("p", { class: "out-origin" });
  const probe = new ProbeBar(context);
  const tabs = new Tabs((index) => {
    chosen = kinds[index].title;
    configure();
  });
  const head = h("header", { class: "out-head" }, title, tabs.element, quality);
  element.append(h("div", { class: "out" }, head, body, baseline.element, origin, probe.element));
  /** @type {Picture | null} */
  let picture = null;
  /** @type {Model | null} what it is a picture of: until the next one is fetched, the last model */
  let pictured = null;
  /** @type {Kind[]} that fit the data */
  let kinds = [];
  /** The title of the kind that was chosen last: it stays where the next network has it too. */
  let chosen = "";
  let calls = 0;
  let visible = false;

  async function configure() {
    const { model } = store.state;
    if (!model) return;
    calls += 1;
    const call = calls;
    kinds = KINDS.filter(({ fits }) => fits(model.data, model));
    const index = Math.max(
      0,
      kinds.findIndex(({ title }) => title === chosen),
    );
    const Kind = await kinds[index].load();
    if (call !== calls) return; // the network or the choice has changed meanwhile
    picture?.destroy();
    picture = new Kind(context, model);
    pictured = model;
    setText(title, picture.title);
    const { source, licence } = model.data;
    const data = `Data: ${source}. Licence: ${licence}.`;
    setText(tip(origin, data), data);
    tabs.show(kinds, index);
    head.classList.toggle("tabbed", kinds.length > 1);
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
    baseline.show(store.state);
    if (!picture || !frame || !model || !run || pictured !== model) return;
    if (frame.generation !== model.generation) return;
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
 * How good the predictions on the test set are, at the last evaluation.
 * @param {State} state
 */
function qualityOf({ losses, model, frame }) {
  const last = losses.last(frame?.step ?? 0);
  if (last < 0 || !model) return "";
  if (model.data.task === "classification")
    return `test accuracy ${percent(losses.testAccuracy[last])}`;
  return `test loss ${told(losses.test[last])}`;
}

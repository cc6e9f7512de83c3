// @ts-check
// Data that the user provides: a text to learn from, or a curve drawn by hand.

import { palette } from "../color.js";
import { h, tip } from "./dom.js";
import { errorSlot } from "./fields.js";

/** @import { Content } from "../state/types.js" */

/** The least distance between two points of a stroke, as a share of the width. */
const MIN_GAP = 1 / 240;

/**
 * @param {Content} content
 * @param {(value: any) => void} change
 * @returns {{element: HTMLElement, show: (value: any) => void}}
 */
export function contentField(content, change) {
  return content.control === "text" ? textField(content, change) : drawingField(content, change);
}

/**
 * @param {Content} content
 * @param {(value: string) => void} change
 */
function textField({ name, title, minimum, maximum }, change) {
  const area = h("textarea", {
    rows: 6,
    minlength: minimum,
    maxlength: maximum,
    spellcheck: "false",
    "aria-label": title,
  });
  const count = h("small", {});
  const tell = () => {
    const short = area.value.length < minimum;
    const needed = short ? `, at least ${minimum} are needed` : "";
    count.textContent = `${area.value.length.toLocaleString("en")} characters${needed}`;
    return !short;
  };
  area.oninput = tell;
  area.onchange = () => {
    if (tell()) change(area.value);
  };
  tip(
    area,
    "Paste or type a text; the network learns to continue it. It is used as soon as you leave the field.",
  );
  const props = { class: "field stacked", "data-field": `data.${name}` };
  const element = h("div", props, h("span", { class: "label" }, title), area, count, errorSlot());
  const show = (/** @type {string} */ text) => {
    if (document.activeElement !== area) area.value = text;
    tell();
  };
  return { element, show };
}

/**
 * A pad on which points are drawn with the pointer.
 * @param {Content} content
 * @param {(value: [number, number][]) => void} change
 */
function drawingField({ name, title, minimum, maximum, domain, default: usual }, change) {
  const [[left, right], [low, high]] = domain ?? [
    [-1, 1],
    [-1, 1],
  ];
  const canvas = h("canvas", { class: "drawing-pad", role: "img", "aria-label": title });
  tip(canvas, "Draw a curve here. Each of its points becomes a training or test sample.");
  /** @type {[number, number][]} */
  let points = [];
  const paint = () => paintPoints(canvas, points, [left, right], [low, high]);
  /** @param {PointerEvent} event @returns {[number, number]} */
  const pointAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = left + ((event.clientX - box.left) / box.width) * (right - left);
    const y = high - ((event.clientY - box.top) / box.height) * (high - low);
    const within = (/** @type {number} */ v, /** @type {number} */ a, /** @type {number} */ b) =>
      Number(Math.min(b, Math.max(a, v)).toFixed(3));
    return [within(x, left, right), within(y, low, high)];
  };
  const gap = MIN_GAP * (right - left);
  let drawing = false;
  const put = (/** @type {PointerEvent} */ event) => {
    const [x, y] = pointAt(event);
    // A curve has one height at every x, so a new point replaces the old ones there.
    points = points.filter(([other]) => Math.abs(other - x) > gap);
    if (points.length < maximum) points.push([x, y]);
    paint();
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    put(event);
  };
  canvas.onpointermove = (event) => {
    if (drawing) put(event);
  };
  canvas.onpointerup = () => {
    drawing = false;
    if (points.length >= minimum) change(points);
  };
  const clear = h("button", { type: "button", class: "add" }, "Clear");
  clear.onclick = () => {
    points = [];
    paint();
  };
  const reset = h("button", { type: "button", class: "add" }, "Default curve");
  reset.onclick = () => change(usual);
  const props = { class: "field stacked", "data-field": `data.${name}` };
  const buttons = h("div", { class: "adders" }, clear, reset);
  const label = h("span", { class: "label" }, "Draw a curve");
  const element = h("div", props, label, canvas, buttons, errorSlot());
  new ResizeObserver(paint).observe(canvas);
  const show = (/** @type {[number, number][]} */ value) => {
    if (drawing) return;
    points = structuredClone(value);
    paint();
  };
  return { element, show };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {[number, number][]} points
 * @param {[number, number]} across
 * @param {[number, number]} up
 */
function paintPoints(canvas, points, [left, right], [low, high]) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  const { hairline, positive } = palette();
  context.strokeStyle = hairline;
  context.beginPath();
  context.moveTo(0, (high / (high - low)) * height);
  context.lineTo(width, (high / (high - low)) * height);
  context.stroke();
  context.fillStyle = positive;
  for (const [x, y] of points) {
    context.beginPath();
    const at = ((x - left) / (right - left)) * width;
    context.arc(at, ((high - y) / (high - low)) * height, 1.6, 0, 2 * Math.PI);
    context.fill();
  }
}

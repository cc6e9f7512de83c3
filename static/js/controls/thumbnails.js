// @ts-check
// The small pictures of the data sets: real points or one real image, drawn on a canvas.

import { category, palette } from "../color.js";

/** @import { DatasetInfo, Thumbnail } from "../state/types.js" */

/** @type {HTMLCanvasElement | undefined} the canvas that all thumbnails are drawn on */
let canvas;

/**
 * Makes a data set's thumbnail the background of an element, in the page's current colours. As
 * images they cost nothing; every canvas of a page goes to the compositor again with each frame.
 * @param {HTMLElement} element sized by CSS
 * @param {Thumbnail} thumbnail
 * @param {DatasetInfo} info
 */
export function drawThumbnail(element, thumbnail, info) {
  canvas ??= document.createElement("canvas");
  draw(canvas, element.clientWidth || 48, thumbnail, info);
  element.style.backgroundImage = `url(${canvas.toDataURL()})`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} size CSS px
 * @param {Thumbnail} thumbnail
 * @param {DatasetInfo} info
 */
function draw(canvas, size, thumbnail, info) {
  const ratio = Math.min(3, devicePixelRatio || 1);
  canvas.width = Math.round(size * ratio);
  canvas.height = canvas.width;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  if (thumbnail.image.length > 0) drawImage(context, size, thumbnail.image);
  else if (thumbnail.text) drawText(context, size, thumbnail.text);
  else drawPoints(context, size, thumbnail.points, info);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {number[][]} image rows of ink, 0…1
 */
function drawImage(context, size, image) {
  const pixel = size / image.length;
  context.fillStyle = palette().ink;
  image.forEach((inks, y) => {
    inks.forEach((ink, x) => {
      context.globalAlpha = ink;
      // Cells overlap by half a pixel, so that no seams show between them.
      context.fillRect(x * pixel, y * pixel, pixel + 0.5, pixel + 0.5);
    });
  });
}

/**
 * The beginning of a text, as large as it stays legible.
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {string} text
 */
function drawText(context, size, text) {
  const height = Math.max(8, size / 5);
  context.fillStyle = palette().ink2;
  context.font = `${height}px ui-monospace, monospace`;
  context.textBaseline = "top";
  const most = Math.floor((size - 6) / context.measureText("m").width);
  const lines = text
    .split("\n")
    .flatMap((line) => line.match(new RegExp(`.{1,${most}}`, "g")) ?? []);
  lines.slice(0, Math.floor((size - 4) / (1.15 * height))).forEach((line, i) => {
    context.fillText(line, 3, 3 + i * 1.15 * height);
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {[number, number, number][]} points in [-3, 3]², with a class or a target
 * @param {DatasetInfo} info
 */
function drawPoints(context, size, points, info) {
  const classes = info.task === "classification";
  const { negative, positive } = palette();
  const signed = [negative, positive];
  const to = (/** @type {number} */ v) => ((v + 3) / 6) * (size - 6) + 3;
  const radius = info.kind === "line" ? 1.2 : 1.5;
  for (const [x, y, value] of points) {
    context.fillStyle = classes ? category(value) : signed[value >= 0 ? 1 : 0];
    context.globalAlpha = classes ? 1 : Math.min(1, 0.25 + Math.abs(value));
    if (info.kind === "line") context.globalAlpha = 1;
    context.beginPath();
    context.arc(to(x), size - to(y), radius, 0, 2 * Math.PI);
    context.fill();
  }
}

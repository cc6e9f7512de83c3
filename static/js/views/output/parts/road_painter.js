// @ts-check
// The road from above: its edges, the car with its sensors, and its trail.

import { palette } from "../../../color.js";

/** @import { Entry } from "../../../state/types.js" */

/** Of the sensors, from left to right: degrees from the heading. */
const ANGLES = [90, 60, 35, 15, 0, -15, -35, -60, -90];
/** Metres a sensor sees. */
const MAX_DISTANCE = 40;
/** Metres: the car behind and before its rear axle, and to the side; its axles apart. */
const [BACK, FRONT, SIDE, WHEELBASE] = [0.9, 3.4, 0.9, 2.5];
/** Radians that the front wheels turn at full lock. */
const MAX_WHEEL_ANGLE = 0.5;
const MARGIN = 6; // CSS px around the track
const NEAR = 7; // CSS px a metre where the view follows the car
const MIN_CAR_SCALE = 4.4; // CSS px a metre that the car is drawn at, however small the road is

/** Where metres lie on the canvas. */
export class Camera {
  constructor() {
    this.scale = 1;
    this.left = 0;
    this.top = 0;
  }

  /**
   * The whole track. @param {Entry} track (side, point, xy)
   * @param {number} width CSS px @param {number} height
   */
  fit(track, width, height) {
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (let i = 0; i < track.data.length; i += 1) {
      low[i % 2] = Math.min(low[i % 2], track.at(i));
      high[i % 2] = Math.max(high[i % 2], track.at(i));
    }
    const across = (width - 2 * MARGIN) / (high[0] - low[0]);
    this.scale = Math.min(across, (height - 2 * MARGIN) / (high[1] - low[1]));
    this.centre((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, width, height);
  }

  /**
   * The surroundings of a position.
   * @param {number} x metres @param {number} y
   * @param {number} width CSS px @param {number} height
   */
  follow(x, y, width, height) {
    this.scale = NEAR;
    this.centre(x, y, width, height);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  centre(x, y, width, height) {
    this.left = width / 2 - this.scale * x;
    this.top = height / 2 + this.scale * y;
  }

  /** @param {number} x metres */
  x(x) {
    return this.left + this.scale * x;
  }

  /** @param {number} y metres, upwards */
  y(y) {
    return this.top - this.scale * y;
  }
}

/**
 * The tarmac between both edges.
 * @param {CanvasRenderingContext2D} canvas @param {Camera} camera
 * @param {Entry} track (side, point, xy)
 */
export function paintTrack(canvas, camera, track) {
  const { neutral, ink3 } = palette();
  const points = track.shape[1];
  canvas.beginPath();
  for (let side = 0; side < 2; side += 1) {
    for (let i = 0; i < points; i += 1) {
      const at = 2 * (side * points + i);
      const [x, y] = [camera.x(track.at(at)), camera.y(track.at(at + 1))];
      if (i === 0) canvas.moveTo(x, y);
      else canvas.lineTo(x, y);
    }
    canvas.closePath();
  }
  canvas.fillStyle = neutral;
  canvas.fill("evenodd");
  canvas.strokeStyle = ink3;
  canvas.lineWidth = 1.25;
  canvas.stroke();
}

/**
 * The trail of the car, fading, up to its shown position.
 * @param {CanvasRenderingContext2D} canvas @param {Camera} camera
 * @param {Entry} trail (tick, xy), NaN before the start
 * @param {Float64Array} car x, y, heading, ...
 */
export function paintTrail(canvas, camera, trail, car) {
  const count = trail.shape[0];
  const [ahead, aside] = [Math.cos(car[2]), Math.sin(car[2])];
  canvas.strokeStyle = palette().ink;
  canvas.lineWidth = 1.5;
  for (let i = 1; i < count; i += 1) {
    const [x, y] = [trail.at(2 * i), trail.at(2 * i + 1)];
    const before = trail.at(2 * i - 2);
    if (Number.isNaN(before)) continue;
    const isLate = i > count - 12;
    if (isLate && (x - car[0]) * ahead + (y - car[1]) * aside > 0) break;
    canvas.globalAlpha = 0.55 * (i / count) ** 1.5;
    canvas.beginPath();
    canvas.moveTo(camera.x(before), camera.y(trail.at(2 * i - 1)));
    canvas.lineTo(camera.x(x), camera.y(y));
    canvas.stroke();
  }
  canvas.globalAlpha = 1;
}

/**
 * The distances that are the network's inputs, the more ink the nearer the edge is.
 * @param {CanvasRenderingContext2D} canvas @param {Camera} camera
 * @param {Float64Array} car x, y, heading, ...
 * @param {Float64Array} sensors metres
 */
export function paintSensors(canvas, camera, car, sensors) {
  const { ink } = palette();
  const [x, y] = [camera.x(car[0]), camera.y(car[1])];
  canvas.strokeStyle = canvas.fillStyle = ink;
  canvas.lineWidth = 1;
  ANGLES.forEach((degrees, ray) => {
    const angle = car[2] + (degrees * Math.PI) / 180;
    const reach = camera.scale * sensors[ray];
    const [endX, endY] = [x + reach * Math.cos(angle), y - reach * Math.sin(angle)];
    canvas.globalAlpha = 0.22 + 0.5 * Math.max(0, 1 - sensors[ray] / MAX_DISTANCE) ** 3;
    canvas.beginPath();
    canvas.moveTo(x, y);
    canvas.lineTo(endX, endY);
    canvas.stroke();
    if (sensors[ray] >= MAX_DISTANCE) return;
    canvas.beginPath();
    canvas.arc(endX, endY, 1.8, 0, 2 * Math.PI);
    canvas.fill();
  });
  canvas.globalAlpha = 1;
}

/**
 * The car with its front wheels turned; crossed out where it has crashed.
 * @param {CanvasRenderingContext2D} canvas @param {Camera} camera
 * @param {Float64Array} car x, y, heading, steering, ...
 * @param {boolean} crashed
 */
export function paintCar(canvas, camera, car, crashed) {
  const colors = palette();
  const size = Math.max(camera.scale, MIN_CAR_SCALE);
  canvas.save();
  canvas.translate(camera.x(car[0]), camera.y(car[1]));
  canvas.rotate(-car[2]);
  canvas.scale(size, size);
  paintWheels(canvas, car[3]);
  canvas.beginPath();
  canvas.roundRect(-BACK, -SIDE, BACK + FRONT, 2 * SIDE, 0.5);
  canvas.fillStyle = crashed ? colors.error : colors.ink;
  canvas.strokeStyle = colors.panel;
  canvas.lineWidth = 1.5 / size;
  canvas.stroke();
  canvas.fill();
  canvas.beginPath();
  canvas.roundRect(1.3, -0.65, 0.8, 1.3, 0.2); // the windscreen: which end is the front
  canvas.fillStyle = colors.panel;
  canvas.fill();
  canvas.restore();
  if (crashed) paintCrash(canvas, camera, car);
}

/** @param {CanvasRenderingContext2D} canvas in metres @param {number} steering -1..1 */
function paintWheels(canvas, steering) {
  canvas.fillStyle = palette().ink2;
  for (const side of [-1, 1]) {
    canvas.fillRect(-0.45, side * SIDE - 0.2, 0.9, 0.4);
    canvas.save();
    canvas.translate(WHEELBASE, side * SIDE);
    canvas.rotate(-steering * MAX_WHEEL_ANGLE);
    canvas.fillRect(-0.5, -0.22, 1, 0.44);
    canvas.restore();
  }
}

/** @param {CanvasRenderingContext2D} canvas @param {Camera} camera @param {Float64Array} car */
function paintCrash(canvas, camera, car) {
  const [x, y, r] = [camera.x(car[0]), camera.y(car[1]), 10];
  canvas.beginPath();
  canvas.moveTo(x - r, y - r);
  canvas.lineTo(x + r, y + r);
  canvas.moveTo(x + r, y - r);
  canvas.lineTo(x - r, y + r);
  canvas.strokeStyle = palette().error;
  canvas.lineWidth = 2;
  canvas.stroke();
}

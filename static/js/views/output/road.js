// @ts-check
// A car that the network steers by its distance sensors, as it trains.

import { h, setText, tip } from "../../controls/dom.js";
import { selectBox } from "../../controls/fields.js";
import { count, short } from "../../format.js";
import { entryOf } from "./parts/moment.js";
import { Motion } from "./parts/motion.js";
import { Plot } from "./parts/plot.js";
import { Camera, paintCar, paintSensors, paintTrack, paintTrail } from "./parts/road_painter.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const TRACK = "view/track";
const CAR = "view/car";
const SENSORS = "view/car/sensors";
const TRAIL = "view/car/trail";
const TRACKS = ["bends", "oval", "hairpins"];
/** Indices of the numbers in `view/car`. */
const [STEERING, ROUND, LAPS, CRASHES, CRASHED, EXPERT] = [3, 4, 5, 6, 7, 8];
const MOVING = 4; // of them: x, y, heading, steering
const RAYS = 9;
/** A larger change between two frames is a restart, metres. */
const MAX_MOVE = 12;

export class Road {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.context = context;
    this.title = "Road";
    this.wants = [TRACK, CAR, SENSORS, TRAIL].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f32"),
    }));
    this.camera = new Camera();
    this.car = new Motion(MOVING);
    this.sensors = new Motion(RAYS);
    this.following = false;
    this.crashed = false;
    /** @type {Entry | null} */
    this.state = null;
    /** @type {Entry | null} */
    this.track = null;
    /** @type {Entry | null} */
    this.trail = null;
    this.plot = new Plot(context, {
      kind: "sim-road",
      name: "The track from above, and the car that the network steers",
      role: "img",
      paint: (canvas, width, height) => this.paint(canvas, width, height),
    });
    this.network = new Gauge(
      "Network",
      "The network's steering for the nine measured distances, live.",
    );
    this.expert = new Gauge(
      "Expert",
      "The steering of the expert, who knows the middle of the road. The loss is the mean square of the difference over the recorded samples.",
    );
    this.laps = h("dd", {});
    this.crashes = h("dd", {});
    const { track } = /** @type {{track?: string}} */ (model.description.data);
    this.element = h(
      "div",
      { class: "sim" },
      this.plot.element,
      h("div", { class: "sim-gauges" }, this.network.element, this.expert.element),
      h("div", { class: "sim-bar" }, this.counts(), this.controls(track ?? TRACKS[0])),
    );
  }

  destroy() {
    this.plot.destroy();
  }

  counts() {
    const laps = h("div", {}, h("dt", {}, "Laps"), this.laps);
    const crashes = h("div", {}, h("dt", {}, "Crashes"), this.crashes);
    tip(
      laps,
      "Full laps since the last restart. The number after the plus is the fraction of the present lap.",
    );
    tip(crashes, "How often the car has left the track since the last restart.");
    return h("dl", { class: "sim-counts" }, laps, crashes);
  }

  /** @param {string} track where the car begins */
  controls(track) {
    const choices = TRACKS.map((name) => ({ name, title: name }));
    const { select, box } = selectBox(choices, (name) => this.drive(name));
    select.value = track;
    select.setAttribute("aria-label", "Track");
    tip(select, "The track that the car drives on. The network still learns from its own track.");
    const follow = h(
      "button",
      { type: "button", class: "button", "aria-pressed": "false" },
      "Follow",
    );
    tip(follow, "Follows the car closely, so that its sensors can be seen.");
    follow.onclick = () => {
      this.following = !this.following;
      follow.setAttribute("aria-pressed", String(this.following));
      this.plot.invalidate();
    };
    const restart = h("button", { type: "button", class: "button" }, "Restart");
    tip(
      restart,
      "Puts the car back at the start and resets the counts. The weights stay as they are.",
    );
    restart.onclick = () => this.drive(null);
    return h("div", { class: "sim-controls" }, box, follow, restart);
  }

  /** @param {string | null} track null for the present one */
  async drive(track) {
    if (!(await this.context.actions.send("drive", { track }))) return;
    this.context.store.set({ announce: `The car is at the start of ${track ?? "the track"}.` });
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const [track, state, sensors, trail] = [TRACK, CAR, SENSORS, TRAIL].map((name) =>
      entryOf(moment, name),
    );
    if (!track || !state || !sensors || !trail) return;
    if (track !== this.track || trail !== this.trail) this.plot.surface.dirty = true;
    this.track = track;
    this.trail = trail;
    if (state !== this.state) this.take(state, sensors, now);
    const moves = [this.car.advance(now), this.sensors.advance(now)].some(Boolean);
    if (moves) this.plot.invalidate();
    this.plot.draw();
  }

  /**
   * @param {Entry} state
   * @param {Entry} sensors
   * @param {number} now
   */
  take(state, sensors, now) {
    const distance = Math.hypot(state.at(0) - this.car.to[0], state.at(1) - this.car.to[1]);
    const jump = this.state === null || distance > MAX_MOVE;
    this.state = state;
    this.car.take((i) => state.at(i), now, jump);
    this.sensors.take((i) => sensors.at(i), now, jump);
    this.plot.surface.dirty = true;
    this.crashed = state.at(CRASHED) > 0;
    this.network.show(state.at(STEERING));
    this.expert.show(state.at(EXPERT));
    const round = state.at(ROUND);
    setText(this.laps, `${count(state.at(LAPS))} + ${(round - Math.floor(round)).toFixed(2)}`);
    setText(this.crashes, count(state.at(CRASHES)));
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { camera, track, trail } = this;
    const car = this.car.shown;
    if (!track || !trail) return;
    if (this.following) camera.follow(car[0], car[1], width, height);
    else camera.fit(track, width, height);
    paintTrack(canvas, camera, track);
    paintTrail(canvas, camera, trail, car);
    paintSensors(canvas, camera, car, this.sensors.shown);
    paintCar(canvas, camera, car, this.crashed);
  }
}

/** A steering angle as a bar from the middle: to the left is positive. */
class Gauge {
  /** @param {string} name @param {string} about */
  constructor(name, about) {
    this.bar = h("i", {});
    this.value = h("span", { class: "sim-value" });
    const track = h("span", { class: "sim-steering" }, this.bar);
    this.element = h("p", { class: "sim-gauge" }, h("span", {}, name), track, this.value);
    tip(this.element, about);
  }

  /** @param {number} steering -1 to the right .. 1 to the left */
  show(steering) {
    this.bar.style.setProperty("--share", Math.min(1, Math.abs(steering)).toFixed(3));
    this.bar.classList.toggle("right", steering < 0);
    const side = steering < 0 ? "right" : "left";
    setText(
      this.value,
      Math.abs(steering) < 0.005 ? "straight" : `${short(Math.abs(steering), 2)} ${side}`,
    );
  }
}

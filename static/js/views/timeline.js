// @ts-check
// The timeline: every step since the start, the branches, and the position of the machine.

import { onThemeChange } from "../color.js";
import { h, tip } from "../controls/dom.js";
import { displayScale, lineScale } from "../display.js";
import { count } from "../format.js";
import { Surface } from "../renderer/surface.js";
import { endOf, nowOf } from "../state/branches.js";
import { Bubble } from "./timeline/bubble.js";
import { ComparisonLine } from "./timeline/comparison.js";
import { Lanes } from "./timeline/lanes.js";
import { Names } from "./timeline/names.js";
import { Painter } from "./timeline/painter.js";
import { Scrubber } from "./timeline/scrubber.js";
import { branchText } from "./timeline/words.js";

/** @import { Context } from "../state/types.js" */

const RUNNING_EVERY = 100; // milliseconds between two drawings of a run: nobody can read more
const SPOKEN_EVERY = 1000;

/**
 * Fills the region with the strip.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const view = new TimelineView(element, context);
  return { destroy: () => view.destroy() };
}

class TimelineView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.track = h("div", {
      class: "time-track",
      role: "slider",
      tabindex: 0,
      "aria-label": "Step",
      "aria-valuemin": 0,
      "aria-orientation": "horizontal",
    });
    this.surface = new Surface(this.track);
    this.lanes = new Lanes();
    this.painter = new Painter();
    this.names = new Names(context);
    this.bubble = new Bubble();
    this.scrubber = new Scrubber(this.track, context, this.lanes, () => this.touch());
    this.body = h("div", { class: "time-body" }, this.names.element, this.track);
    this.size = { width: 0, height: 0 };
    this.dirty = true;
    this.drawn = 0;
    /** The lane that was last scrolled to. */
    this.revealed = 0;
    this.spoken = 0;
    element.classList.add("time");
    element.append(
      h("div", { class: "time-main" }, this.body, goTo(context)),
      new ComparisonLine(context).element,
      this.bubble.element,
    );
    this.stops = this.listen();
  }

  listen() {
    const { store, loop } = this.context;
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.track);
    const keys = /** @type {const} */ (["run", "branches", "hits", "zoom", "compared", "model"]);
    return [
      loop.onDraw((now) => this.draw(now)),
      onThemeChange(() => this.touch()),
      store.on([...keys], () => this.touch()),
      store.on(["frame"], loop.requestDraw),
      () => observer.disconnect(),
    ];
  }

  destroy() {
    for (const stop of this.stops) stop();
  }

  touch() {
    this.dirty = true;
    this.context.loop.requestDraw();
  }

  resize() {
    const { size, track, painter } = this;
    size.width = track.clientWidth;
    size.height = track.clientHeight;
    painter.scale = displayScale();
    painter.lines = lineScale();
    this.surface.resize(size.width, size.height);
    this.touch();
  }

  /** Draws what has changed; while the machine runs, ten times a second. @param {number} now */
  draw(now) {
    const { state } = this.context.store;
    const running = state.run?.running ?? false;
    if (!this.dirty && !(running && now - this.drawn >= RUNNING_EVERY)) return;
    if (state.branches.length === 0 || this.size.width === 0) return;
    this.dirty = false;
    this.drawn = now;
    const { lanes, size, scrubber } = this;
    lanes.take(state, size.width);
    this.arrange();
    const pointer = scrubber.x;
    this.painter.paint(this.surface.begin(), lanes, { ...size, pointer });
    this.bubble.show(state, lanes, scrubber, this.track);
    if (!running || now - this.spoken >= SPOKEN_EVERY) this.speak(now);
  }

  /** A lane for every branch. */
  arrange() {
    const { lanes, body, names, size } = this;
    const rows = String(lanes.rows.length);
    if (body.style.getPropertyValue("--lanes") !== rows) {
      body.style.setProperty("--lanes", rows);
      body.classList.toggle("single", lanes.rows.length < 2);
      this.resize();
    }
    const axis = Number.parseFloat(getComputedStyle(this.track).paddingBottom);
    lanes.height = (size.height - axis) / lanes.rows.length;
    names.show(lanes.rows);
    this.reveal();
  }

  /** Scrolls to the lane that the machine has come to. */
  reveal() {
    const { lanes, body } = this;
    if (lanes.nowRow === this.revealed) return;
    this.revealed = lanes.nowRow;
    const top = lanes.nowRow * lanes.height;
    const least = top + lanes.height - body.clientHeight;
    if (body.scrollTop > top || body.scrollTop < least) body.scrollTop = top - lanes.height / 2;
  }

  /** Where the machine is, for screen readers. @param {number} now */
  speak(now) {
    const { track, context } = this;
    const { state } = context.store;
    const { branch, moment } = nowOf(state);
    const [end] = endOf(state, branch);
    this.spoken = now;
    track.setAttribute("aria-valuemax", String(end));
    track.setAttribute("aria-valuenow", String(moment[0]));
    const name = branchText(state.branches[branch] ?? state.branches[0], state.model);
    const where = state.branches.length > 1 ? `, branch ${branch}, ${name}` : "";
    const text = `step ${count(moment[0])} of ${count(end)}${where}`;
    track.setAttribute("aria-valuetext", text);
  }
}

/**
 * A field for the number of a step to go to.
 * @param {Context} context
 */
function goTo({ actions }) {
  const field = h("input", {
    type: "number",
    min: 0,
    step: 1,
    class: "time-to",
    placeholder: "step…",
    "aria-label": "Go to step",
  });
  tip(
    field,
    "Goes to this step of the branch. Past the end of the branch, it trains up to that step.",
    "G",
  );
  field.onkeydown = (event) => {
    if (event.key === "Escape") field.blur();
    if (event.key !== "Enter" || !field.reportValidity() || field.value === "") return;
    actions.travel.goto([field.valueAsNumber, 0]);
    field.value = "";
    field.blur();
  };
  return field;
}

// @ts-check
// The bar at the top: run and pause, stepping, speed, and where the machine is.

import { count, told } from "../format.js";
import { endOf, nowOf, order } from "../state/branches.js";
import { h, icon, iconButton, setIcon, setText, tip } from "./dom.js";
import { mountScenes } from "./scenes.js";
import { notchOf, SPEEDS, speedText } from "./speeds.js";

/** @import { Context, StepUnit } from "../state/types.js" */

/** @type {{unit: StepUnit, key: string, does: string, undoes: string}[]} */
export const STEP_UNITS = [
  {
    unit: "instruction",
    key: "I",
    does: "Executes one instruction",
    undoes: "Undoes the last instruction",
  },
  {
    unit: "layer",
    key: "L",
    does: "Runs to the next layer",
    undoes: "Goes back to the start of this layer, or of the previous one",
  },
  {
    unit: "phase",
    key: "P",
    does: "Runs to the next phase: forward, loss, backward, update",
    undoes: "Goes back to the start of this phase, or of the previous one",
  },
  {
    unit: "step",
    key: "U",
    does: "Finishes one step: one update of all parameters",
    undoes: "Goes back to the start of this step, or of the previous one",
  },
  {
    unit: "epoch",
    key: "E",
    does: "Finishes one epoch: one pass over the training set, in whole batches",
    undoes: "Goes back to the start of this epoch, or of the previous one",
  },
];

/** What the transport's buttons can ask of the rest of the page. */
/** @typedef {{copyLink: () => void, cycleTheme: () => void, togglePresent: () => void,
 *   showHelp: () => void}} PageActions */

/** A click with the mouse leaves the focus where it was, so that Space still runs and pauses. */
function keepFocus(/** @type {Event} */ event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("button") && event.cancelable) event.preventDefault();
}

/** @returns {number} a seed of at most six digits */
function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
}

/** @param {Context} context */
export function reseed({ actions }) {
  return actions.reseed(newSeed());
}

/** @param {Context} context */
function runButton({ store, actions }) {
  const button = h(
    "button",
    { type: "button", class: "run", onclick: () => actions.toggle() },
    icon("play"),
  );
  const show = () => {
    const running = store.state.run?.running ?? false;
    const ready = store.state.connection === "open" && store.state.model !== null;
    button.disabled = !ready;
    button.setAttribute("aria-label", running ? "Pause" : "Run");
    button.classList.toggle("running", running);
    setIcon(button, running ? "pause" : "play");
    tip(
      button,
      running ? "Stops before the next instruction." : "Runs the program again and again.",
      "Space",
    );
  };
  store.on(["run", "connection", "model"], show);
  show();
  return button;
}

/**
 * A button that moves through time; where it would do nothing it looks disabled but keeps the
 * focus.
 * @param {Context} context
 * @param {{name: string, label: string, does: string, key: string, go: () => void,
 *   leads: (state: import("../state/store.js").State) => boolean}} verb
 */
function timeButton({ store }, { name, label, does, key, go, leads }) {
  const button = iconButton(name, label, does, key, () => leads(store.state) && go());
  const show = () => {
    const { connection, model } = store.state;
    const idle = connection !== "open" || model === null || !leads(store.state);
    button.setAttribute("aria-disabled", String(idle));
  };
  store.on(["run", "branches", "connection", "model"], show);
  show();
  return button;
}

/**
 * A step by the chosen unit.
 * @param {Context} context
 * @param {"step" | "back"} direction
 */
function stepButton(context, direction) {
  const { store, actions } = context;
  const back = direction === "back";
  const button = timeButton(context, {
    name: direction,
    label: "",
    does: "",
    key: "",
    leads: back ? isPast : () => true,
    go: () => (back ? actions.travel.stepBack() : actions.step()),
  });
  const show = () => {
    const { stepUnit } = store.state;
    const chosen = STEP_UNITS.find(({ unit }) => unit === stepUnit);
    button.setAttribute("aria-label", `${back ? "Step back" : "Step"}: one ${stepUnit}`);
    tip(button, `${(back ? chosen?.undoes : chosen?.does) ?? ""}.`, back ? "Shift S" : "S");
  };
  store.on(["stepUnit"], show);
  show();
  return button;
}

/** Whether the machine is not at the start. @param {import("../state/store.js").State} state */
function isPast({ run }) {
  return run !== null && (run.running || run.step > 0 || run.pc > 0);
}

/** Whether the branch continues from here. @param {import("../state/store.js").State} state */
function hasFuture(state) {
  const { branch, moment } = nowOf(state);
  return order(endOf(state, branch), moment) > 0;
}

/** @param {Context} context */
function backGroup(context) {
  const { travel } = context.actions;
  const start = timeButton(context, {
    name: "start",
    label: "To the start",
    key: "Home",
    leads: isPast,
    does: "Goes to step 0 (the run is kept).",
    go: () => travel.start(),
  });
  const reverse = timeButton(context, {
    name: "reverse",
    label: "Reverse continue",
    key: "Shift F8",
    leads: isPast,
    does: "Runs back to the breakpoint that was hit last before this moment, or else to the start.",
    go: () => travel.reverseContinue(),
  });
  const parts = [start, reverse, stepButton(context, "back")];
  return h("div", { class: "time-group", role: "group", "aria-label": "Back" }, ...parts);
}

/** @param {Context} context */
function stepGroup(context) {
  const { travel } = context.actions;
  const end = timeButton(context, {
    name: "end",
    label: "To the end",
    key: "End",
    leads: hasFuture,
    does: "Goes to the latest moment trained on this branch.",
    go: () => travel.end(),
  });
  const parts = [stepButton(context, "step"), end];
  return h("div", { class: "time-group", role: "group", "aria-label": "Step" }, ...parts);
}

/** @param {Context} context */
function unitSelect({ store }) {
  const select = h("select", { "aria-label": "Unit of a step" });
  select.onchange = () => store.set({ stepUnit: /** @type {StepUnit} */ (select.value) });
  select.append(...STEP_UNITS.map(({ unit }) => h("option", { value: unit }, unit)));
  tip(select, "How far one step goes, forwards or back.", "I L P U E");
  const show = () => {
    if (select.value !== store.state.stepUnit) select.value = store.state.stepUnit;
  };
  store.on(["stepUnit"], show);
  show();
  return h("span", { class: "select unit" }, select, icon("down"));
}

/** @param {Context} context */
function speedSlider({ store, actions }) {
  const slider = h("input", {
    type: "range",
    min: 0,
    max: SPEEDS.length - 1,
    step: 1,
    "aria-label": "Speed",
  });
  tip(slider, "How many instructions or steps are executed per second.", ", .");
  const text = h("output", { class: "speed-text" });
  const show = () => {
    const speed = store.state.run?.speed ?? { unit: "step", per_second: null };
    const notch = notchOf(speed);
    if (slider.valueAsNumber !== notch) slider.value = String(notch);
    slider.style.setProperty("--at", String(notch / (SPEEDS.length - 1)));
    slider.setAttribute("aria-valuetext", speedText(speed));
    setText(text, speedText(speed));
  };
  slider.oninput = () => {
    const { unit, per_second } = SPEEDS[slider.valueAsNumber];
    actions.speed(unit, per_second);
  };
  store.on(["run"], show);
  show();
  return h("div", { class: "speed" }, slider, text);
}

/**
 * @param {Context} context
 * @param {number} by notches
 */
export function changeSpeed({ store, actions }, by) {
  const { run } = store.state;
  if (!run) return;
  const notch = Math.min(SPEEDS.length - 1, Math.max(0, notchOf(run.speed) + by));
  const { unit, per_second } = SPEEDS[notch];
  actions.speed(unit, per_second);
  store.set({ announce: `Speed: ${speedText(SPEEDS[notch])}` });
}

/**
 * @param {string} label
 * @param {string} name class
 * @param {string} hint
 */
function readout(label, name, hint) {
  const value = h("dd", {}, "–");
  const element = tip(h("div", { class: `readout ${name}` }, h("dt", {}, label), value), hint);
  return { element, value };
}

/**
 * Where the machine is. A text is written at most once per drawn frame, and only if it differs.
 * @param {Context} context
 */
function readouts({ store, loop }) {
  const step = readout("step", "", "Number of updates so far.");
  const epoch = readout(
    "epoch",
    "narrow",
    "Passes over the training set so far: samples trained / training samples.",
  );
  const train = readout("train loss", "", "The loss over the training set.");
  const test = readout("test loss", "", "The loss over the test set, which training never uses.");
  const show = () => {
    const { frame, run, losses, model } = store.state;
    const now = frame ?? run;
    if (!now || !model) return;
    const last = losses.last(now.step);
    setText(step.value, count(now.step));
    setText(
      epoch.value,
      now.epoch < 1000
        ? (Math.floor(now.epoch * 10) / 10).toFixed(1)
        : count(Math.floor(now.epoch)),
    );
    for (const [value, loss] of /** @type {const} */ ([
      [train.value, losses.train[last]],
      [test.value, losses.test[last]],
    ])) {
      setText(value, last < 0 ? "–" : told(loss));
      value.classList.toggle("words", Number.isNaN(loss));
    }
  };
  loop.onDraw(show);
  const redraw = () => loop.requestDraw();
  store.on(["run", "losses", "model", "frame"], redraw);
  const elements = [step, epoch, train, test].map((r) => r.element);
  return h("dl", { class: "readouts", "aria-label": "Progress" }, ...elements);
}

/**
 * The button that ends the page of a script or notebook; the script waits for it.
 * @param {Context} context
 */
function doneButton({ actions }) {
  const props = { type: "button", class: "button done", onclick: () => actions.finish() };
  const words = "Pauses, returns the machine to Python in its present state, and ends this page.";
  return tip(h("button", props, icon("check"), "Done"), words);
}

/**
 * Fills the bar.
 * @param {HTMLElement} element
 * @param {Context} context
 * @param {PageActions} page
 */
export function mount(element, context, page) {
  const { store, actions } = context;
  const brand = h("div", { class: "brand" }, icon("brand"), h("h1", {}, "Backstep"));
  const scenes = mountScenes(context);
  const reset = iconButton(
    "reset",
    "Reset",
    "Restarts training with the same initial weights and discards all branches.",
    "R",
    () => actions.reset(),
  );
  const seed = iconButton(
    "dice",
    "New seed",
    "Restarts training with new initial weights and discards all branches.",
    "Shift R",
    () => reseed(context),
  );
  const link = iconButton(
    "link",
    "Copy link",
    "Copies a link that reproduces this network, its data, its seed and, if they are few, all edits.",
    "C",
    page.copyLink,
  );
  const theme = iconButton(
    "theme-auto",
    "Theme",
    "Switches between automatic, light and dark.",
    "T",
    page.cycleTheme,
  );
  const present = iconButton(
    "present",
    "Present",
    "Folds the panels and enlarges everything, for a projector.",
    "F",
    page.togglePresent,
  );
  const help = iconButton(
    "help",
    "Help and keys",
    "Lists the keys and explains the symbols of the picture.",
    "?",
    page.showHelp,
  );
  const showTheme = () => {
    setIcon(theme, `theme-${store.state.theme}`);
    theme.setAttribute("aria-label", `Theme: ${store.state.theme}`);
  };
  store.on(["theme"], showTheme);
  store.on(["present"], () => present.setAttribute("aria-pressed", String(store.state.present)));
  showTheme();
  const start = h("div", { class: "bar-start" }, brand, scenes);
  const controls = h(
    "div",
    { class: "bar-controls", role: "toolbar", "aria-label": "Transport" },
    h("div", { class: "bar-reset" }, reset, seed),
    backGroup(context),
    runButton(context),
    stepGroup(context),
    unitSelect(context),
    speedSlider(context),
  );
  const done = document.body.hasAttribute("data-embedded") ? doneButton(context) : null;
  const end = h("div", { class: "bar-end" }, link, theme, present, help, done);
  element.replaceChildren(start, controls, readouts(context), end);
  element.addEventListener("mousedown", keepFocus);
}

// @ts-check
// The bar at the top: run and pause, stepping, speed, and where the machine is.

import { count, short } from "../format.js";
import { h, icon, iconButton, setIcon, setText, tip } from "./dom.js";
import { mountScenes } from "./scenes.js";
import { notchOf, SPEEDS, speedText } from "./speeds.js";

/** @typedef {import("../types.js").Context} Context */
/** @typedef {import("../types.js").StepUnit} StepUnit */

/** @type {{unit: StepUnit, key: string, does: string}[]} */
export const STEP_UNITS = [
  { unit: "instruction", key: "I", does: "Executes one instruction" },
  { unit: "layer", key: "L", does: "Goes on to the next layer" },
  { unit: "phase", key: "P", does: "Goes on to the next phase: forward, loss, backward, update" },
  { unit: "step", key: "U", does: "Finishes one step: one update of all parameters" },
  { unit: "epoch", key: "E", does: "Finishes one epoch: one pass over the training set" },
];

/** What the rest of the page offers the transport's buttons. */
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
      running ? "Stops before the next instruction." : "Executes the program again and again.",
      "Space",
    );
  };
  store.on(["run", "connection", "model"], show);
  show();
  return button;
}

/** @param {Context} context */
function stepGroup({ store, actions }) {
  const select = h("select", { "aria-label": "Unit of a step" });
  select.onchange = () => store.set({ stepUnit: /** @type {StepUnit} */ (select.value) });
  select.append(...STEP_UNITS.map(({ unit }) => h("option", { value: unit }, unit)));
  tip(select, "How far the step button goes.", "I L P U E");
  const button = h(
    "button",
    { type: "button", class: "step-button", onclick: () => actions.step() },
    icon("step"),
    "Step",
  );
  const show = () => {
    const { stepUnit } = store.state;
    if (select.value !== stepUnit) select.value = stepUnit;
    const does = STEP_UNITS.find(({ unit }) => unit === stepUnit)?.does ?? "";
    button.setAttribute("aria-label", `Step: one ${stepUnit}`);
    button.disabled = store.state.connection !== "open" || store.state.model === null;
    tip(button, `${does}.`, "S");
  };
  store.on(["stepUnit", "connection", "model"], show);
  show();
  const unit = h("span", { class: "select" }, select, icon("down"));
  return h("div", { class: "step-group", role: "group", "aria-label": "Step" }, button, unit);
}

/** @param {Context} context */
function speedSlider({ store, actions }) {
  const slider = h("input", {
    ...{ type: "range", min: 0, max: SPEEDS.length - 1, step: 1, "aria-label": "Speed" },
  });
  tip(slider, "How many instructions or steps are executed a second.", ", .");
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
 * Where the machine is; written once a drawn frame and only where a text differs.
 * @param {Context} context
 */
function readouts({ store, loop }) {
  const step = readout("step", "", "Updates finished so far.");
  const epoch = readout("epoch", "narrow", "Passes over the training set.");
  const train = readout("loss train", "", "The loss over the training set.");
  const test = readout("test", "", "The loss over the test set, of which no gradient is taken.");
  const show = () => {
    const { frame, run, losses, model } = store.state;
    const now = frame ?? run;
    if (!now || !model) return;
    const last = losses.length - 1;
    setText(step.value, count(now.step));
    setText(
      epoch.value,
      now.epoch < 1000
        ? (Math.floor(now.epoch * 10) / 10).toFixed(1)
        : count(Math.floor(now.epoch)),
    );
    setText(train.value, last < 0 ? "–" : short(losses.train[last]));
    setText(test.value, last < 0 ? "–" : short(losses.test[last]));
  };
  loop.onDraw(show);
  const redraw = () => loop.requestDraw();
  store.on(["run", "losses", "model", "frame"], redraw);
  const elements = [step, epoch, train, test].map((r) => r.element);
  return h("dl", { class: "readouts", "aria-label": "Progress" }, ...elements);
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
    "Goes back to step 0 with the same first weights.",
    "R",
    () => actions.reset(),
  );
  const seed = iconButton(
    "dice",
    "New seed",
    "Goes back to step 0 and draws other first weights.",
    "Shift R",
    () => reseed(context),
  );
  const link = iconButton(
    "link",
    "Copy link",
    "Copies a link that reproduces this network, its data and its seed.",
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
    "Lists the keys and what the picture means.",
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
    runButton(context),
    stepGroup(context),
    speedSlider(context),
  );
  const end = h("div", { class: "bar-end" }, link, theme, present, help);
  element.replaceChildren(start, controls, readouts(context), end);
  element.addEventListener("mousedown", keepFocus);
}

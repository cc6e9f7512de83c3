// @ts-check
// The key bindings. The help lists them in this order.

import { quizAnything } from "../state/quiz.js";
import { foldPanel } from "./frame.js";
import { changeSpeed, reseed, STEP_UNITS } from "./transport.js";

/** @import { Binding } from "../keyboard.js" */
/** @import { Context } from "../state/types.js" */

/**
 * @param {Context} context
 * @returns {Binding[]}
 */
function runBindings(context) {
  const { store, actions } = context;
  const group = "Run and step";
  const does = (/** @type {string} */ unit) => `Step one ${unit} and choose this unit`;
  return [
    {
      keys: [" ", "F8"],
      shown: "Space F8",
      group,
      does: "Run or pause",
      run: () => actions.toggle(),
    },
    {
      keys: ["s", "ArrowRight"],
      shown: "S →",
      group,
      does: "Step by the chosen unit",
      repeats: true,
      run: () => actions.step(),
    },
    ...STEP_UNITS.map(({ unit, key }) => ({
      keys: [key.toLowerCase()],
      shown: key,
      group,
      does: does(unit),
      repeats: true,
      run: () => {
        store.set({ stepUnit: unit });
        actions.step(unit);
      },
    })),
    {
      keys: ["F10"],
      shown: "F10",
      group,
      does: "Step over: one layer",
      repeats: true,
      run: () => actions.step("layer"),
    },
    {
      keys: ["F11"],
      shown: "F11",
      group,
      does: "Step into: one instruction",
      repeats: true,
      run: () => actions.step("instruction"),
    },
    {
      keys: ["x", "Shift+F11"],
      shown: "X",
      group,
      repeats: true,
      does: "Step out of the layer",
      run: () => actions.travel.out(),
    },
    {
      keys: ["F9"],
      shown: "F9",
      group,
      run: () => actions.breakpoints.toggleHere(),
      does: "Breakpoint at the hovered instruction, or at the next one",
    },
    {
      keys: ["."],
      shown: ".",
      group,
      does: "Faster",
      repeats: true,
      run: () => changeSpeed(context, 1),
    },
    {
      keys: [","],
      shown: ",",
      group,
      does: "Slower",
      repeats: true,
      run: () => changeSpeed(context, -1),
    },
    { keys: ["r"], shown: "R", group, does: "Reset to step 0", run: () => actions.reset() },
    {
      keys: ["Shift+r"],
      shown: "Shift R",
      group,
      does: "Reset with a new seed",
      run: () => reseed(context),
    },
  ];
}

/**
 * Bindings that step back by a unit or move through the history.
 * @param {Context} context
 * @returns {Binding[]}
 */
function timeBindings({ store, actions }) {
  const { travel } = actions;
  const group = "Back in time";
  return [
    {
      keys: ["Shift+s", "ArrowLeft", "Shift+ArrowLeft"],
      shown: "Shift S ←",
      group,
      does: "Step back by the chosen unit",
      repeats: true,
      run: () => travel.stepBack(),
    },
    ...STEP_UNITS.map(({ unit, key }, i) => ({
      keys: [`Shift+${key.toLowerCase()}`],
      shown: i === 0 ? "Shift I…E" : "",
      group,
      does: "Step back by that unit and choose it",
      repeats: true,
      run: () => {
        store.set({ stepUnit: unit });
        travel.stepBack(unit);
      },
    })),
    {
      keys: ["Shift+F8"],
      shown: "Shift F8",
      group,
      run: () => travel.reverseContinue(),
      does: "Reverse continue: run back to the last breakpoint",
    },
    {
      keys: ["Home"],
      shown: "Home",
      group,
      run: () => travel.start(),
      does: "Go to step 0 (the run is kept)",
    },
    {
      keys: ["End"],
      shown: "End",
      group,
      run: () => travel.end(),
      does: "Go to the end of this branch",
    },
    {
      keys: ["g"],
      shown: "G",
      group,
      does: "Go to a step by its number",
      run: () => /** @type {HTMLElement} */ (document.querySelector(".time-to")).focus(),
    },
    {
      keys: ["[", "Shift+ArrowUp"],
      shown: "[",
      group,
      does: "Switch to the branch above",
      run: () => travel.switchBy(-1),
    },
    {
      keys: ["]", "Shift+ArrowDown"],
      shown: "]",
      group,
      does: "Switch to the branch below",
      run: () => travel.switchBy(1),
    },
    {
      keys: ["v"],
      shown: "V",
      group,
      run: () => travel.toggleComparison(),
      does: "Compare with another branch, or stop comparing",
    },
  ];
}

/**
 * Questions about the numbers.
 * @param {Context} context
 * @returns {Binding[]}
 */
function questionBindings(context) {
  const { questions } = context.actions;
  const group = "Ask";
  return [
    {
      keys: ["w"],
      shown: "W",
      group,
      run: () => questions.explainSelected(),
      does: "Explain the gradient of the selection, or the loss if nothing is selected",
    },
    {
      keys: ["Backspace"],
      shown: "⌫",
      group,
      run: () => questions.back(),
      does: "Return to the previous explanation",
    },
    {
      keys: ["q"],
      shown: "Q",
      group,
      run: () => quizAnything(context),
      does: "Quiz me: hide a number and ask me for it",
    },
  ];
}

/**
 * All keys of the page.
 * @param {Context} context
 * @param {import("./transport.js").PageActions} page
 * @returns {Binding[]}
 */
export function bindings(context, page) {
  const { store, actions } = context;
  const group = "View";
  const modes = /** @type {const} */ (["weight", "gradient", "update", "difference"]);
  const open = () => /** @type {HTMLElement} */ (document.querySelector(".scene-button")).click();
  const leave = () => {
    if (store.state.trail.length > 0) actions.questions.close();
    else if (store.state.selection) actions.select(null);
    else if (store.state.present) page.togglePresent();
  };
  return [
    ...runBindings(context),
    ...timeBindings(context),
    ...questionBindings(context),
    ...modes.map((edgeMode, i) => ({
      keys: [`${i + 1}`],
      shown: `${i + 1}`,
      group,
      does: `Lines show the ${edgeMode}`,
      run: () => actions.showEdges(edgeMode),
    })),
    { keys: ["d"], shown: "D", group, does: "Fold data and model", run: () => foldPanel("left") },
    { keys: ["o"], shown: "O", group, does: "Fold output and loss", run: () => foldPanel("right") },
    { keys: ["b"], shown: "B", group, does: "Fold the program", run: () => foldPanel("program") },
    {
      keys: ["f"],
      shown: "F",
      group,
      does: "Present: large type, panels folded",
      run: page.togglePresent,
    },
    { keys: ["n"], shown: "N", group, does: "Start from another network", run: open },
    { keys: ["c"], shown: "C", group, does: "Copy the link", run: page.copyLink },
    { keys: ["t"], shown: "T", group, does: "Switch the theme", run: page.cycleTheme },
    { keys: ["Escape"], shown: "Esc", group, does: "Clear the selection", run: leave },
    { keys: ["?"], shown: "?", group, does: "Show this help", run: page.showHelp },
  ];
}

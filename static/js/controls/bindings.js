// @ts-check
// Which key does what. The help lists them in this order.

import { foldPanel } from "./frame.js";
import { changeSpeed, reseed, STEP_UNITS } from "./transport.js";

/** @typedef {import("../types.js").Context} Context */
/** @typedef {import("../keyboard.js").Binding} Binding */

/**
 * @param {Context} context
 * @returns {Binding[]}
 */
function runBindings(context) {
  const { store, actions } = context;
  const group = "Run and step";
  const does = (/** @type {string} */ unit) => `Step by one ${unit}, and keep that unit`;
  return [
    { keys: [" "], shown: "Space", group, does: "Run or pause", run: () => actions.toggle() },
    {
      ...{ keys: ["s", "ArrowRight"], shown: "S →", group, does: "Step by the chosen unit" },
      ...{ repeats: true, run: () => actions.step() },
    },
    ...STEP_UNITS.map(({ unit, key }) => ({
      ...{ keys: [key.toLowerCase()], shown: key, group, does: does(unit), repeats: true },
      run: () => {
        store.set({ stepUnit: unit });
        actions.step(unit);
      },
    })),
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
 * All keys of the page.
 * @param {Context} context
 * @param {import("./transport.js").PageActions} page
 * @returns {Binding[]}
 */
export function bindings(context, page) {
  const { store, actions } = context;
  const group = "View";
  const modes = /** @type {const} */ (["weight", "gradient", "update"]);
  const open = () => /** @type {HTMLElement} */ (document.querySelector(".scene-button")).click();
  const leave = () => {
    if (store.state.selection) actions.select(null);
    else if (store.state.present) page.togglePresent();
  };
  return [
    ...runBindings(context),
    ...modes.map((edgeMode, i) => ({
      ...{ keys: [`${i + 1}`], shown: `${i + 1}`, group, does: `Lines show the ${edgeMode}` },
      run: () => store.set({ edgeMode, announce: `Lines show the ${edgeMode}` }),
    })),
    { keys: ["d"], shown: "D", group, does: "Fold data and model", run: () => foldPanel("left") },
    { keys: ["o"], shown: "O", group, does: "Fold output and loss", run: () => foldPanel("right") },
    { keys: ["b"], shown: "B", group, does: "Fold the program", run: () => foldPanel("program") },
    {
      keys: ["f"],
      shown: "F",
      group,
      does: "Present: big type, panels folded",
      run: page.togglePresent,
    },
    { keys: ["n"], shown: "N", group, does: "Start from another network", run: open },
    { keys: ["c"], shown: "C", group, does: "Copy the link", run: page.copyLink },
    { keys: ["t"], shown: "T", group, does: "Theme", run: page.cycleTheme },
    { keys: ["Escape"], shown: "Esc", group, does: "Select nothing", run: leave },
    { keys: ["?"], shown: "?", group, does: "This help", run: page.showHelp },
  ];
}

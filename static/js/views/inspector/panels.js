// @ts-check
// The panels of single things; loaded when the first one is opened.

export { cellPanel } from "./cell.js";
export { explanationPanel } from "./explanation.js";
export { instructionPanel } from "./instruction.js";
export { layerPanel } from "./layer.js";
export { parameterPanel } from "./parameter.js";
export { unitPanel } from "./unit.js";

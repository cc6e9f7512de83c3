// @ts-check
// All that the inspector shows of single things; fetched when the first one is asked for.

export { cellPanel } from "./cell.js";
export { explanationPanel } from "./explanation.js";
export { instructionPanel } from "./instruction.js";
export { layerPanel } from "./layer.js";
export { parameterPanel } from "./parameter.js";
export { unitPanel } from "./unit.js";

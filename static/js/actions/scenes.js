// @ts-check
// The server's scenes: ready-made networks with their data.

import { addProblem } from "../state/events.js";

/** @import { Store } from "../state/store.js" */
/** @import { Scene } from "../state/types.js" */
/** @import { Actions } from "./actions.js" */

/** @type {Promise<Scene[]> | null} */
let loading = null;

/**
 * All scenes, in the server's order; none if they cannot be loaded.
 * @param {Store} store
 * @returns {Promise<Scene[]>}
 */
export function loadScenes(store) {
  loading ??= fetchScenes().catch((error) => {
    loading = null;
    const message = `The list of scenes could not be loaded: ${error}. Try again.`;
    addProblem(store, { code: "scenes", field: "", message });
    return [];
  });
  return loading;
}

async function fetchScenes() {
  const answer = await fetch("/api/scenes");
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

/**
 * Configures a scene and runs it. The page shows what to watch in it until the next network.
 * @param {Store} store
 * @param {Actions} actions
 * @param {Scene} scene
 */
export async function startScene(store, actions, scene) {
  if (!(await actions.configure(scene.description))) return;
  store.set({ scene });
  await actions.run();
}

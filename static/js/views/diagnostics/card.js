// @ts-check
// One finding: what it is and means, the numbers that show it, and what to try about it.

import { h, icon, tip } from "../../controls/dom.js";
import { count, short } from "../../format.js";
import { selectionAt } from "./picture_targets.js";
import { isSpoilt, stepBefore } from "./recovery.js";

/** @import { Context, Evidence, Finding, Remedy } from "../../state/types.js" */

const WORDS = { note: "Note", warning: "Warning", error: "Error" };

/**
 * @param {Context} context
 * @param {Finding} finding
 */
export function card(context, finding) {
  const { severity, title, subject, text, meaning, source, step } = finding;
  const of = h("span", { class: "finding-subject" }, subject);
  const head = h(
    "h3",
    {},
    h("span", { class: "finding-severity" }, icon(severity), WORDS[severity]),
    title,
    subject ? of : null,
    stepLink(context, step),
  );
  const why = h(
    "details",
    { class: "finding-source" },
    h("summary", {}, "Source of the rule"),
    h("p", {}, source),
  );
  const details = h(
    "div",
    { class: "finding-told" },
    head,
    h("p", {}, `${sentence(text)}.`),
    h("p", { class: "finding-meaning" }, meaning),
    source ? why : null,
  );
  const shown = h(
    "div",
    { class: "finding-shown" },
    h("h4", {}, "Evidence"),
    h("ul", {}, ...finding.evidence.map((evidence) => evidenceLine(context, finding, evidence))),
  );
  const tried = h(
    "div",
    { class: "finding-tried" },
    h("h4", {}, "What to try"),
    h("ul", {}, ...finding.remedies.map((remedy) => remedyLine(context, finding, remedy))),
  );
  return h(
    "li",
    { class: `finding ${severity}` },
    details,
    finding.evidence.length > 0 ? shown : null,
    finding.remedies.length > 0 ? tried : null,
  );
}

/** @param {Context} context @param {number} step */
function stepLink({ actions }, step) {
  const onclick = () => actions.travel.goto([step, 0]);
  const button = h("button", { type: "button", class: "link-button finding-step", onclick });
  button.append(`go to step ${count(step)}`);
  return tip(button, "Goes to the moment of the finding.");
}

/**
 * @param {Context} context
 * @param {Finding} finding
 * @param {Evidence} evidence
 */
function evidenceLine(context, finding, { buffer, index, value, text, step }) {
  const number = h("b", {}, value === null ? "not finite" : short(value));
  const words = h("span", {}, text);
  const when = step === finding.step ? null : stepLink(context, step);
  return h("li", {}, buffer ? placeLink(context, buffer, index) : null, number, words, when);
}

/**
 * A buffer or a part of it: selects its unit, edge or layer in the picture.
 * @param {Context} context
 * @param {string} buffer
 * @param {Evidence["index"]} index
 */
function placeLink({ store, actions }, buffer, index) {
  const { model } = store.state;
  const part = index?.length ? `[${index.map((i) => i ?? ":").join(", ")}]` : "";
  const name = `${buffer}${part}`;
  const selection = model && selectionAt(model, buffer, index);
  if (buffer === "loss/L") {
    const onclick = () => actions.questions.explain({ buffer, index: [] });
    return h("button", { type: "button", class: "finding-place", onclick }, name);
  }
  if (!selection) return h("code", { class: "finding-place" }, name);
  const onclick = () => actions.select(selection);
  const button = h("button", { type: "button", class: "finding-place", onclick }, name);
  return tip(button, "Selects it in the picture and shows it in the inspector.");
}

/**
 * @param {Context} context
 * @param {Finding} finding
 * @param {Remedy} remedy
 */
function remedyLine({ store, actions }, finding, { text, changes, live }) {
  const { health } = actions;
  const step = stepBefore(finding, store.state.losses);
  const buttons = h("span", { class: "finding-buttons" });
  const add = (
    /** @type {string} */ name,
    /** @type {string} */ does,
    /** @type {() => void} */ onclick,
  ) => {
    const props = { type: "button", class: "button", onclick, "aria-label": `${name}: ${text}` };
    buttons.append(tip(h("button", props, name), does));
  };
  if (live) {
    const back = `Goes back to step ${count(step)}, sets ${settings(live)} and runs on a new branch.`;
    const here = `Sets ${settings(live)} now and runs. In the past this starts a new branch.`;
    add(`Try as a branch from step ${count(step)}`, back, () => health.attempt(live, [step, 0]));
    if (!isSpoilt(finding)) add("Try from here", here, () => health.attempt(live, null));
  }
  if (changes.length > 0) {
    const does = `Makes a network with ${changes.map(({ path, value }) => `${path} = ${JSON.stringify(value)}`).join(", ")}. Training begins at step 0.`;
    add(live ? "Restart with this change" : "Apply to the description", does, () =>
      health.apply(changes),
    );
  }
  return h("li", {}, h("span", {}, sentence(text)), buttons);
}

/** @param {{[name: string]: number}} live */
function settings(live) {
  const each = Object.entries(live).map(
    ([name, value]) => `${name.replaceAll("_", " ")} = ${short(value)}`,
  );
  return each.join(", ");
}

/** With a capital, unless it begins with the name of a thing. @param {string} text */
function sentence(text) {
  const word = /^[a-z]+(?=[ ,])/.test(text);
  return word ? text[0].toUpperCase() + text.slice(1) : text;
}

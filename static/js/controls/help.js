// @ts-check
// The dialog that lists the keys and says what the picture means.

import { h, icon } from "./dom.js";

const PICTURE = [
  ["Fill", "activation a: blue is positive, orange is negative"],
  ["Ring", "gradient dL/da or dL/dz: a wider ring is a larger gradient"],
  [
    "Line",
    "weight, gradient or last update, as chosen on the canvas: width shows the size, colour the sign",
  ],
  ["Dash", "what the last update changed"],
  ["Dots", "how much a weight differs from the same weight of the other branch"],
  ["Violet", "what is selected, focused, or executed next"],
];

/**
 * Makes the dialog.
 * @param {import("../keyboard.js").Binding[]} bindings
 * @returns {HTMLDialogElement} to be shown with `showModal`
 */
export function helpDialog(bindings) {
  const groups = [...new Set(bindings.map((b) => b.group))].map((group) =>
    h(
      "section",
      {},
      h("h3", {}, group),
      h(
        "dl",
        {},
        ...bindings
          .filter((b) => b.group === group && b.shown)
          .flatMap((b) => [
            h("dt", {}, ...b.shown.split(" ").map((key) => h("kbd", {}, key))),
            h("dd", {}, b.does),
          ]),
      ),
    ),
  );
  const picture = h(
    "dl",
    { class: "picture" },
    ...PICTURE.flatMap(([a, b]) => [h("dt", {}, a), h("dd", {}, b)]),
  );
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close" },
    icon("close"),
  );
  const title = h("h2", { id: "help-title" }, "Keys and symbols");
  const lead = h(
    "p",
    {},
    "A network is compiled into a program of instructions, and training runs this program again and again. Pause and step through it: every number on the page is what the machine has just computed.",
  );
  const dialog = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    h("header", {}, title, close),
    lead,
    h(
      "div",
      { class: "columns" },
      ...groups,
      h("section", {}, h("h3", {}, "The symbols"), picture),
    ),
  );
  close.onclick = () => dialog.close();
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  document.body.append(dialog);
  return dialog;
}

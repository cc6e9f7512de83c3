// @ts-check
// The page's keys. They do nothing while the user types, and leave keys to the focused control that
// needs them.

/**
 * @typedef {object} Binding
 * @property {string[]} keys values of KeyboardEvent.key; letters in lower case, "Shift+r" with it
 * @property {string} shown keys as the help shows them, separated by spaces; "" to hide them
 * @property {string} group heading in the help
 * @property {string} does description of its effect
 * @property {() => void} run
 * @property {boolean} [repeats] a held key repeats it
 */

const TYPING = "input:not([type=range], [type=checkbox]), select, textarea, [contenteditable]";
const PRESSED_BY_SPACE = "button, a[href], summary, input[type=checkbox], [role=menuitem]";
const USES_ARROWS =
  "input[type=range], [role=radiogroup] *, [role=menu] *, [role=application], [role=application] *, [role=grid] *, [role=listbox] *, [role=listbox], canvas[tabindex]";

/** The controls without a handler that would have prevented the default. */
const USES_ENDS = "input[type=range]";

/**
 * Whether the focused element needs a key.
 * @param {Element} focused
 * @param {string} key
 */
function isTaken(focused, key) {
  if (focused.matches(TYPING)) return !/^F\d/.test(key);
  if (key === " " || key === "Enter") return focused.matches(PRESSED_BY_SPACE);
  if (/^(Page|Home|End)/.test(key)) return focused.matches(USES_ENDS);
  return key.startsWith("Arrow") && focused.matches(USES_ARROWS);
}

/**
 * The key of an event as bindings name it. Shift counts for letters, arrows and F keys only; other
 * characters depend on the user's keyboard anyway.
 * @param {KeyboardEvent} event
 */
export function keyOf(event) {
  const { key, shiftKey } = event;
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  return shiftKey && (letter || /^(Arrow|F\d)/.test(key)) ? `Shift+${name}` : name;
}

/**
 * Listens to the keys of the bindings until the page is closed.
 * @param {Binding[]} bindings
 */
export function listen(bindings) {
  /** @type {Map<string, Binding>} */
  const byKey = new Map(bindings.flatMap((b) => b.keys.map((key) => [key, b])));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], [popover=auto]:popover-open")) return;
    const binding = byKey.get(keyOf(event));
    const focused = document.activeElement ?? document.body;
    if (!binding || isTaken(focused, event.key) || (event.repeat && !binding.repeats)) return;
    event.preventDefault();
    binding.run();
  });
}

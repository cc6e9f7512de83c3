// @ts-check
// The page's keys. They are silent while something is typed, and leave alone the keys that the
// focused control needs for itself.

/**
 * @typedef {object} Binding
 * @property {string[]} keys values of KeyboardEvent.key; letters in lower case, "Shift+r" with it
 * @property {string} shown keys as the help shows them, with spaces between; "" for not at all
 * @property {string} group heading in the help
 * @property {string} does what it does, in words
 * @property {() => void} run
 * @property {boolean} [repeats] a held key repeats it
 */

const TYPING = "input:not([type=range], [type=checkbox]), select, textarea, [contenteditable]";
const PRESSED_BY_SPACE = "button, a[href], summary, input[type=checkbox], [role=menuitem]";
const USES_ARROWS =
  "input[type=range], [role=radiogroup] *, [role=menu] *, [role=application], [role=application] *, [role=grid] *, [role=listbox] *, [role=listbox], canvas[tabindex]";

/** The only ones that do without a handler of their own, which would have prevented the default. */
const USES_ENDS = "input[type=range]";

/**
 * Whether the focused element needs a key for itself.
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
 * The key of an event as bindings name it. Shift counts for letters, arrows and F keys only: other
 * characters are what they are on the keyboard at hand.
 * @param {KeyboardEvent} event
 */
export function keyOf(event) {
  const { key, shiftKey } = event;
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  return shiftKey && (letter || /^(Arrow|F\d)/.test(key)) ? `Shift+${name}` : name;
}

/**
 * Listens to the keys of the bindings until the page goes.
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

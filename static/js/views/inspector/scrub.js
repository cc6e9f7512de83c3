// @ts-check
// Dragging a number: to the right it grows, to the left it shrinks, by a share of its size.

/** How far the pointer moves before a drag begins, CSS px. */
const MIN_DRAG = 3;
/** What one px is worth, as a share of the number at the start; small ones count as `MIN_VALUE`. */
const SHARE = 0.01;
const MIN_VALUE = 0.1;

/**
 * Lets a number field be dragged while it is not being typed in; a click still types.
 * @param {HTMLInputElement} input
 * @param {(value: number) => Promise<void>} write is called again only when it is done
 */
export function scrub(input, write) {
  /** @type {{x: number, start: number, moved: boolean} | null} */
  let held = null;
  /** @type {number | null} the newest value that has not been written */
  let next = null;
  let writing = false;

  async function flush() {
    if (writing) return;
    writing = true;
    while (next !== null) {
      const value = next;
      next = null;
      await write(value);
    }
    writing = false;
  }

  input.addEventListener("pointerdown", (event) => {
    const start = Number.parseFloat(input.value);
    if (event.button !== 0 || document.activeElement === input || !Number.isFinite(start)) return;
    event.preventDefault();
    held = { x: event.clientX, start, moved: false };
    input.setPointerCapture(event.pointerId);
  });
  input.addEventListener("pointermove", (event) => {
    if (!held) return;
    const far = event.clientX - held.x;
    if (!held.moved && Math.abs(far) < MIN_DRAG) return;
    held.moved = true;
    const value = held.start + far * SHARE * Math.max(MIN_VALUE, Math.abs(held.start));
    next = Number(value.toPrecision(4));
    input.value = String(next);
    flush();
  });
  const drop = () => {
    if (held && !held.moved) {
      input.focus();
      input.select();
    }
    held = null;
  };
  input.addEventListener("pointerup", drop);
  input.addEventListener("pointercancel", drop);
}

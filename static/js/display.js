// @ts-check
// The scale of type and lines, from the styles of the page: present mode enlarges both.

/** The root font size in px to which the sizes in the scripts refer. */
export const BASE_FONT_SIZE = 13;

/** The size of type, and of all that scales with it, relative to the base font size. */
export function displayScale() {
  return Number.parseFloat(rootStyle().fontSize) / BASE_FONT_SIZE || 1;
}

/** The width of lines, relative to that outside present mode. */
export function lineScale() {
  return Number(rootStyle().getPropertyValue("--line-scale")) || 1;
}

function rootStyle() {
  return getComputedStyle(document.documentElement);
}

// @ts-check
// How much larger than on a desk everything is, from the styles of the page: present mode enlarges
// type and lines.

/** The root font size in px at which the sizes in the scripts are meant. */
export const BASE_FONT_SIZE = 13;

/** How many times as large as at the base font size type and what belongs to it are. */
export function displayScale() {
  return Number.parseFloat(rootStyle().fontSize) / BASE_FONT_SIZE || 1;
}

/** How many times as wide as on a desk lines are. */
export function lineScale() {
  return Number(rootStyle().getPropertyValue("--line-scale")) || 1;
}

function rootStyle() {
  return getComputedStyle(document.documentElement);
}

// @ts-check
// The shapes of points: every class has its own, so that colour is never needed to tell them apart.

/** Corners of a regular polygon. @param {number} count @param {number} turn in turns @param {number} r */
function polygon(count, turn, r) {
  return Array.from({ length: count }, (_, i) => {
    const angle = 2 * Math.PI * (turn + i / count);
    return [r * Math.sin(angle), -r * Math.cos(angle)];
  });
}

/** @param {number} arms @param {number} inner */
function star(arms, inner) {
  return polygon(2 * arms, 0, 1.35).map(([x, y], i) =>
    i % 2 === 0 ? [x, y] : [x * inner, y * inner],
  );
}

/** A cross of two bars: the same three corners in every quarter. @param {number} turn in turns */
function plus(turn) {
  const arm = [
    [-0.42, -1.2],
    [0.42, -1.2],
    [0.42, -0.42],
  ];
  return [0, 0.25, 0.5, 0.75].flatMap((quarter) => {
    const angle = 2 * Math.PI * (turn + quarter);
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    return arm.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
  });
}

/** Outlines of about equal area around 0, 0, in the order of the categories. */
const SHAPES = [
  polygon(24, 0, 1),
  polygon(4, 0.125, 1.25),
  polygon(3, 0, 1.4),
  polygon(4, 0, 1.3),
  polygon(3, 0.5, 1.4),
  plus(0),
  star(5, 0.45),
  plus(0.125),
  polygon(6, 0, 1.1),
  polygon(5, 0, 1.15),
];

/** The shape of values: no class, no corners. */
export const ROUND = 0;

/**
 * Adds a shape to the path.
 * @param {CanvasRenderingContext2D} context
 * @param {number} shape
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
export function trace(context, shape, x, y, r) {
  const corners = SHAPES[shape % SHAPES.length];
  context.moveTo(x + r * corners[0][0], y + r * corners[0][1]);
  for (let i = 1; i < corners.length; i += 1) {
    context.lineTo(x + r * corners[i][0], y + r * corners[i][1]);
  }
  context.closePath();
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A shape for a legend.
 * @param {number} shape
 * @param {"filled" | "hollow" | "ringed"} kind
 * @param {number} [category] its colour; ink if left out
 */
export function swatch(shape, kind, category) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-2 -2 4 4");
  svg.setAttribute("class", `out-swatch ${kind}`);
  svg.setAttribute("aria-hidden", "true");
  if (category !== undefined) svg.style.setProperty("--color", `var(--cat-${category % 10})`);
  const outline = document.createElementNS(SVG, "polygon");
  outline.setAttribute("points", SHAPES[shape % SHAPES.length].join(" "));
  svg.append(outline);
  if (kind === "ringed") {
    const ring = document.createElementNS(SVG, "circle");
    ring.setAttribute("r", "1.7");
    svg.append(ring);
  }
  return svg;
}

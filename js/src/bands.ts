/** Filled contours: which colour a loss has, and the shapes that the colours fill. */

import { type Grid, readBetween } from "./grid.ts";
import type { Scale, Tick } from "./scale.ts";

const LEAST_BANDS = 15; // fewer, and a basin has no form

/**
 * Places (0 to 1) at which one colour ends and the next begins, increasing: the ticks of the colour bar, at which
 * the level lines lie, with as many steps between two of them as make `LEAST_BANDS` of the whole.
 */
export function bandEdges(colors: Scale, ticks: readonly Tick[]): number[] {
  const places = ticks.map(({ value }) => colors.place(value));
  const [first, second] = [places[0] ?? 0, places[1] ?? 1];
  const last = places[places.length - 1] ?? 1;
  const steps = Math.max(1, Math.ceil(LEAST_BANDS * Math.min(second - first, 1)));
  const beyond = (second - first) / steps;
  const edges: number[] = [];
  for (let at = first - beyond; at > 0; at -= beyond) edges.unshift(at);
  places.forEach((from, k) => {
    const to = places[k + 1] ?? from;
    for (let step = 0; step < (to > from ? steps : 1); step++)
      edges.push(from + ((to - from) * step) / steps);
  });
  for (let at = last + beyond; at < 1; at += beyond) edges.push(at);
  return edges.filter((place) => place > 1e-9 && place < 1 - 1e-9);
}

/** The place whose colour a band has: its middle, the ends of the scale for the first and the last. */
export function bandPlace(edges: readonly number[], place: number): number {
  let band = 0;
  while (band < edges.length && place >= (edges[band] as number)) band++;
  return bandColor(edges, band);
}

export function bandColor(edges: readonly number[], band: number): number {
  return edges.length === 0 ? 0.5 : band / edges.length;
}

/** Calls back with the outline, as `[row, column, ...]` in index units, of each piece that is not below a level. */
export function piecesAbove(grid: Grid, level: number, add: (outline: readonly number[]) => void): void {
  for (let row = 0; row < grid.rows - 1; row++) {
    let from = -1; // where a run of squares began that are wholly above
    for (let column = 0; column < grid.columns; column++) {
      const corners = column < grid.columns - 1 ? cornersOf(grid, row, column) : [];
      const isWhole = corners.length > 0 && corners.every((value) => value >= level);
      if (isWhole && from < 0) from = column;
      if (isWhole) continue;
      if (from >= 0) add([row, from, row, column, row + 1, column, row + 1, from]);
      from = -1;
      const outline = partAbove(corners, level, row, column);
      if (outline.length >= 6) add(outline);
    }
  }
}

/** Clockwise from the first row; none where one is not finite. */
function cornersOf(grid: Grid, row: number, column: number): number[] {
  const corners = [
    readBetween(grid, row, column),
    readBetween(grid, row, column + 1),
    readBetween(grid, row + 1, column + 1),
    readBetween(grid, row + 1, column),
  ];
  return corners.every(Number.isFinite) ? corners : [];
}

const STEPS = [
  [0, 0],
  [0, 1],
  [1, 1],
  [1, 0],
] as const;

/** The square cut off where it goes below the level, straight from side to side. */
function partAbove(corners: readonly number[], level: number, row: number, column: number): number[] {
  const outline: number[] = [];
  corners.forEach((from, k) => {
    const to = corners[(k + 1) % 4] as number;
    const [a, b] = [STEPS[k], STEPS[(k + 1) % 4]] as [readonly [number, number], readonly [number, number]];
    if (from >= level) outline.push(row + a[0], column + a[1]);
    if (from >= level === to >= level) return;
    const share = (level - from) / (to - from);
    outline.push(row + a[0] + share * (b[0] - a[0]), column + a[1] + share * (b[1] - a[1]));
  });
  return outline;
}

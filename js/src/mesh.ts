/** A surface as triangles: heights, where its points stand, and which of them make a triangle. */

import { BOX, type Point } from "./camera.ts";
import type { Scale } from "./scale.ts";

/** Stands for a loss that is not finite; no height comes near it. */
export const HOLE = -1e4;
/** Heights are kept within so many heights of the box: float32 and the depth buffer have their limits. */
const FAR = 50;

/** From values to places in the box, 0 to 1. */
export interface Scales {
  across: Scale;
  up: Scale;
  away: Scale;
}

export interface Mesh {
  columns: number;
  rows: number;
  /** `[A]`, `[B]`: 0 to 1 along the box; beyond them where it lies partly outside. */
  across: Float32Array;
  away: Float32Array;
  /** `[B * A]`: 0 at the floor of the box, 1 at its lid; `HOLE` where there is none. */
  heights: Float32Array;
}

export interface Samples {
  alphas: Float32Array;
  betas: Float32Array;
  losses: Float32Array;
}

export function makeMesh({ alphas, betas, losses }: Samples, { across, up, away }: Scales): Mesh {
  const heights = new Float32Array(losses.length);
  for (let k = 0; k < losses.length; k++) heights[k] = heightOf(losses[k] as number, up);
  return {
    columns: alphas.length,
    rows: betas.length,
    across: alphas.map(across.place),
    away: betas.map(away.place),
    heights,
  };
}

function heightOf(loss: number, up: Scale): number {
  if (!Number.isFinite(loss)) return HOLE;
  const place = up.place(loss);
  return place < -FAR ? -FAR : place > FAR ? FAR : place; // -Infinity too: a loss of 0 on a log scale
}

/** Two triangles a square. A Uint16Array would wrap silently beyond 65 536 points. */
export function makeIndices(columns: number, rows: number): Uint16Array | Uint32Array {
  const size = 6 * (columns - 1) * (rows - 1);
  const indices = columns * rows > 65_536 ? new Uint32Array(size) : new Uint16Array(size);
  let at = 0;
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const a = row * columns + column;
      // The diagonal changes from square to square: else all ridges would lean one way.
      const corners =
        (row + column) % 2 === 0
          ? [a, a + 1, a + columns, a + 1, a + columns + 1, a + columns]
          : [a, a + 1, a + columns + 1, a, a + columns + 1, a + columns];
      for (const corner of corners) indices[at++] = corner;
    }
  }
  return indices;
}

/** `[B * A * 3]`: height and its slopes across and away, by the whole length of each axis; from both neighbours, or one. */
export function makeRelief({ columns, rows, heights }: Mesh): Float32Array {
  const relief = new Float32Array(3 * heights.length);
  for (let row = 0, k = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, k++) {
      relief[3 * k] = heights[k] as number;
      relief[3 * k + 1] = slopeAt(heights, k, 1, column, columns - 1);
      relief[3 * k + 2] = slopeAt(heights, k, columns, row, rows - 1);
    }
  }
  return relief;
}

/** `step` leads to the next of the points 0 to `last` of a line, on which this one is `index`. */
function slopeAt(heights: Float32Array, k: number, step: number, index: number, last: number): number {
  const own = heights[k] as number;
  if (own === HOLE) return 0;
  const before = index > 0 ? (heights[k - step] as number) : HOLE;
  const after = index < last ? (heights[k + step] as number) : HOLE;
  const steps = Number(before !== HOLE) + Number(after !== HOLE);
  const rise = (after === HOLE ? own : after) - (before === HOLE ? own : before);
  return steps && (rise / steps) * last;
}

/** `[bands]`: the level nearest to the middle of each band of heights from 0 to 1; one far away where there is none. */
export function nearestLevels(levels: readonly number[], bands: number): Float32Array {
  return Float32Array.from({ length: bands }, (_, k) => {
    const middle = (k + 0.5) / bands;
    return levels.reduce((best, one) => (Math.abs(one - middle) < Math.abs(best - middle) ? one : best), FAR);
  });
}

/** `[S * 4 * 6]`: both ends of each segment, once for each corner of the strip that is drawn for it. */
export function makeEnds(points: readonly Point[]): Float32Array {
  const ends = new Float32Array(12 * points.length);
  for (let k = 0; k < points.length; k += 2) {
    const [from, to] = [points[k] as Point, points[k + 1] as Point];
    for (let corner = 0; corner < 4; corner++) {
      ends.set(from, 12 * k + 6 * corner);
      ends.set(to, 12 * k + 6 * corner + 3);
    }
  }
  return ends;
}

/** Two triangles a strip of four corners: the first two stand at its beginning. */
export function makeStrips(count: number): Uint32Array {
  const corners = [0, 1, 2, 1, 3, 2] as const;
  return Uint32Array.from(
    { length: 6 * count },
    (_, k) => 4 * Math.floor(k / 6) + (corners[k % 6] as number),
  );
}

/** `[B * A * 2]`: across and away of each point. */
export function makePlaces({ columns, rows, across, away }: Mesh): Float32Array {
  const places = new Float32Array(2 * columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      places[2 * (row * columns + column)] = across[column] as number;
      places[2 * (row * columns + column) + 1] = away[row] as number;
    }
  }
  return places;
}

/** Where a point of the surface lies in the scene, from its places in the box (0 to 1). */
export function inBox(across: number, height: number, away: number): Point {
  return [(across - 0.5) * BOX[0], (height - 0.5) * BOX[1], (0.5 - away) * BOX[2]];
}

/** Which square a place lies in, as the index of its lower end, and how far in it. */
function locate(axis: Float32Array, place: number): [number, number] {
  let low = 0;
  let high = axis.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((axis[middle] as number) <= place) low = middle;
    else high = middle;
  }
  const from = axis[low] as number;
  return [low, (place - from) / ((axis[low + 1] as number) - from)];
}

/** The height at a place from 0 to 1 along both axes, bilinear; NaN at a hole. */
export function heightAt(mesh: Mesh, across: number, away: number): number {
  const [column, u] = locate(mesh.across, across);
  const [row, v] = locate(mesh.away, away);
  const at = row * mesh.columns + column;
  const { heights, columns } = mesh;
  const low = mix(heights[at] as number, heights[at + 1] as number, u);
  const high = mix(heights[at + columns] as number, heights[at + columns + 1] as number, u);
  return mix(low, high, v);
}

/** At an end only that end counts, so that a hole does not spread along its neighbours. */
function mix(from: number, to: number, share: number): number {
  if (share <= 0) return from > -FAR * 2 ? from : Number.NaN;
  if (share >= 1) return to > -FAR * 2 ? to : Number.NaN;
  return from > -FAR * 2 && to > -FAR * 2 ? from + share * (to - from) : Number.NaN;
}

/** Points on the surface along a straight line between two places, cut into pieces at holes and at the box's ends. */
export function lineOn(mesh: Mesh, from: [number, number], to: [number, number], count: number): Point[][] {
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (let k = 0; k <= count; k++) {
    const across = from[0] + (k / count) * (to[0] - from[0]);
    const away = from[1] + (k / count) * (to[1] - from[1]);
    const height = heightAt(mesh, across, away);
    if (height >= 0 && height <= 1) piece.push(inBox(across, height, away));
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces.filter(({ length }) => length > 1);
}

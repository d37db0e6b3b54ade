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

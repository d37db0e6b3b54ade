/**
 * Losses along any plane or line through what is known.
 *
 * Along its own axes an interpolant is one sum an axis. A turned plane is not separable, and a point costs the
 * product of all node counts: so it is read exactly at Chebyshev nodes of its own axes, and from there separably.
 */

import { type Axis, cutAt, type Interpolant, nodesOf, readGrid, readPoints } from "./chebyshev.ts";

/** The axes of a picture in those of the interpolant: `[k][K]`. */
export type Steps = readonly (readonly number[])[];

/** Polynomials of n nodes an axis, turned, need at most 2 n - 1; where n is large they have converged. */
const MOST_NODES = 33;

/** `[A]` or `[B, A]`: losses at `alpha * steps[0] + beta * steps[1]`; the grid's axes are increasing. */
export function readAlong(known: Interpolant, steps: Steps, grid: readonly Float64Array[]): Float64Array {
  if (isAligned(steps, known.axes.length)) return readGrid(known, grid);
  const nodes = grid.map((axis) => nodeAxis(known, axis));
  const isFine = grid.every((axis, k) => axis.length <= (nodes[k] as Axis).count);
  if (isFine || grid.length === 1) return readExactly(known, steps, grid);
  const values = readExactly(known, steps, nodes.map(nodesOf));
  return readGrid({ axes: nodes, values }, grid);
}

/** Whether the steps are the interpolant's own axes, all of them. */
function isAligned(steps: Steps, count: number): boolean {
  return (
    steps.length === count && steps.every((step, row) => step.every((part, k) => part === Number(k === row)))
  );
}

function nodeAxis({ axes }: Interpolant, axis: Float64Array): Axis {
  const [low, high] = [axis[0] as number, axis[axis.length - 1] as number];
  const most = axes.reduce((count, own) => Math.max(count, own.count), 0);
  const strength = axes.reduce((strongest, own) => Math.max(strongest, own.strength), 0);
  return { low, high, count: Math.min(2 * most - 1, MOST_NODES), strength };
}

function readExactly(known: Interpolant, steps: Steps, grid: readonly Float64Array[]): Float64Array {
  const [first, second] = steps as [readonly number[], readonly number[] | undefined];
  const [alphas, betas] = grid as [Float64Array, Float64Array | undefined];
  if (!second || !betas) return readPoints(known, pointsAlong(first, alphas, first, 0));
  const losses = new Float64Array(alphas.length * betas.length);
  const last = known.axes.length - 1;
  const isFlat = last === 2 && first[2] === 0; // each row lies in a plane of its own: cut it out once
  for (let b = 0; b < betas.length; b++) {
    const beta = betas[b] as number;
    const part = isFlat ? cutAt(known, beta * (second[2] as number)) : known;
    losses.set(readPoints(part, pointsAlong(first, alphas, second, beta)), b * alphas.length);
  }
  return losses;
}

/** One array a coordinate. */
function pointsAlong(
  first: readonly number[],
  alphas: Float64Array,
  second: readonly number[],
  beta: number,
): Float64Array[] {
  return first.map((part, k) => alphas.map((alpha) => alpha * part + beta * (second[k] as number)));
}

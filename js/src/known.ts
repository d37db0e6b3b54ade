/** Curves and surfaces of any mixing angle and span, read off what is known as `widget/reading.py` does. */

import type { KnownFrame, KnownPart, Turn } from "./known_frames.ts";
import { readAlong, type Steps } from "./plane.ts";
import { createScratch, type Scratch } from "./scratch.ts";

const SAME = 1e-9; // in spans: a point that lies so far outside does so by rounding

/** What knows a picture best, and where the picture's axes lie in it. */
export interface Found {
  part: KnownPart;
  steps: Steps;
}

/** For `count` axes (1: the curve, 2: the surface) over (-span, span); null where that is not known. */
export function findPart(known: KnownFrame, count: number, mixing: number, span: number): Found | null {
  let best: Found | null = null;
  for (const part of known.parts) {
    const steps = stepsIn(part, known.mixing, mixing)?.slice(0, count);
    if (steps?.length !== count || !covers(part, steps, span)) continue;
    if (!best || part.error < best.part.error) best = { part, steps };
  }
  return best;
}

/** Both axes of the picture in a plane or volume, the one axis in a line; null where it holds at another angle. */
function stepsIn({ interpolant, turn }: KnownPart, own: number, mixing: number): Steps | null {
  const angle = (mixing * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  if (turn === true)
    return mixing === 0
      ? ALIGNED[2]
      : [
          [cos, sin],
          [-sin, cos],
        ];
  if (turn !== false) return stepsInVolume(turn, cos, sin);
  return mixing === own ? (ALIGNED[interpolant.axes.length as 1 | 2] ?? null) : null;
}

const ALIGNED: Record<1 | 2, Steps> = {
  1: [[1]],
  2: [
    [1, 0],
    [0, 1],
  ],
};

/** The second axis is C without its part along the first, as `widget/volumes.py` makes it. */
function stepsInVolume({ inner, third, keeps_length }: Turn, cos: number, sin: number): Steps {
  const first = [cos, sin, 0];
  const share = product(third, first, inner) / product(first, first, inner);
  const left = third.map((part, k) => part - share * (first[k] as number));
  const length = keeps_length ? 1 : Math.sqrt(product(third, third, inner) / product(left, left, inner));
  return [first, left.map((part) => part * length)];
}

function product(a: readonly number[], b: readonly number[], inner: readonly number[]): number {
  return a.reduce((sum, part, k) => sum + part * (b[k] as number) * (inner[k] as number), 0);
}

function covers({ interpolant }: KnownPart, steps: Steps, span: number): boolean {
  return interpolant.axes.every(({ low, high }, k) => {
    const reach = span * steps.reduce((sum, step) => sum + Math.abs(step[k] as number), 0);
    return reach <= Math.min(-low, high) * (1 + SAME);
  });
}

/** An error as large as what is drawn would be a picture of nothing. */
export function isWorthy({ part }: Found, { low, high }: { low: number; high: number }): boolean {
  return part.error < high - low;
}

/** `[A]` or `[B, A]`, the scratch's own: the losses on these axes; what is nowhere negative is not drawn negative. */
export function readLosses(
  { part, steps }: Found,
  grid: readonly Float64Array[],
  scratch: Scratch = createScratch(),
): Float32Array {
  const exact = readAlong(part.interpolant, steps, grid, scratch);
  const losses = scratch.floats("losses", exact.length);
  for (let k = 0; k < losses.length; k++) {
    const loss = exact[k] as number;
    losses[k] = loss < 0 && !part.is_signed ? 0 : loss;
  }
  return losses;
}

/** Evenly spaced from -span to span; 0 is one of them where the count is odd. */
export function evenly(span: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => span * ((2 * k) / (count - 1) - 1));
}

/** `[C]`: the computed points of the line, in lengths of its step, increasing. */
export function nodesAlong({ part, steps }: Found, span: number): Float64Array {
  const step = steps[0] as readonly number[];
  const { nodes } = part;
  const square = step.reduce((sum, value) => sum + value * value, 0);
  const found: number[] = [];
  for (let from = 0; from < nodes.length; from += step.length) {
    const along = step.reduce((sum, value, k) => sum + value * (nodes[from + k] as number), 0) / square;
    const apart = step.reduce(
      (most, value, k) => Math.max(most, Math.abs(along * value - (nodes[from + k] as number))),
      0,
    );
    if (apart <= NODE_SAME * span && Math.abs(along) <= span * (1 + NODE_SAME)) found.push(along);
  }
  return Float64Array.from(found).sort();
}

const NODE_SAME = 1e-6; // nodes travel as float32

/** `[M, 2]`: the computed points of a plane, along both steps; null where it is a volume's. */
export function nodesOn({ part: { nodes }, steps }: Found, span: number): Float32Array | null {
  const [[a = 0, b = 0] = [], [c = 0, d = 0] = [], more] = [...steps];
  if (more || steps[0]?.length !== 2) return null;
  const found: number[] = [];
  for (let k = 0; k < nodes.length; k += 2) {
    const [x, y] = [nodes[k] as number, nodes[k + 1] as number];
    const at = [(d * x - c * y) / (a * d - b * c), (a * y - b * x) / (a * d - b * c)];
    if (at.every((value) => Math.abs(value) <= span * (1 + NODE_SAME))) found.push(...at);
  }
  return Float32Array.from(found);
}

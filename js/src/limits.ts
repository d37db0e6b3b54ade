/** Ends of a loss axis that stay put during a drag, and relax at rest: what `widget/limits.py` does. */

import type { ScaleName } from "./frames.ts";
import { makeScale } from "./scale.ts";

export type Limits = [number, number];

/** Shares of an axis that the data may take; beyond them it is fitted anew. */
const [LEAST_SHARE, LARGEST_SHARE] = [0.25, 0.95];
const PADDING = 0.08; // of the data's range, above and below, once fitted

/** The same limits where the losses suit them, else fitted ones. `rise`: above the lowest, it is cut there. */
export function relaxed(limits: Limits, losses: Float32Array, name: ScaleName, rise: number | null): Limits {
  const ends = extent(losses, name === "log");
  if (!ends) return limits;
  const [low, high] = [ends[0], Math.min(ends[1], ends[0] + (rise ?? Infinity))];
  const scale = makeScale(name, ...limits);
  const [from, to] = [scale.place(low), scale.place(high)];
  const share = to - from;
  const suits = from >= 0 && to <= 1 && share >= LEAST_SHARE && share <= LARGEST_SHARE;
  return suits ? limits : fittedOn(name, low, high);
}

/** Limits of an axis that was of another scale, up to `top`; null where there is nothing to show on it. */
export function refitted(losses: Float32Array, name: ScaleName, top: number): Limits | null {
  const ends = extent(losses, name === "log");
  return ends && ends[0] < top ? fittedOn(name, ends[0], Math.min(ends[1], top)) : null;
}

function fittedOn(name: ScaleName, low: number, high: number): Limits {
  return name === "log" ? fittedLog(low, high) : fitted(low, high);
}

/** What is nowhere negative gets no negative end. */
function fitted(low: number, high: number): Limits {
  const room = PADDING * (high - low) || 0.05 * Math.abs(high) || 1;
  return [low >= 0 ? Math.max(low - room, 0) : low - room, high + room];
}

function fittedLog(low: number, high: number): Limits {
  const factor = Math.max((high / low) ** PADDING, 1.05);
  return [low / factor, high * factor];
}

/** Smallest and largest finite (and, if asked, positive) loss; null where there is none. */
function extent(losses: Float32Array, isPositive: boolean): Limits | null {
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < losses.length; k++) {
    const loss = losses[k] as number;
    if (!Number.isFinite(loss) || (isPositive && loss <= 0)) continue;
    if (loss < low) low = loss;
    if (loss > high) high = loss;
  }
  return low <= high ? [low, high] : null;
}

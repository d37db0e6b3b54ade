/** What a view needs from a picture, whether curve or map. */

import type { Frame } from "./frames.ts";
import { formatNumber } from "./scale.ts";
import type { Theme } from "./theme.ts";

export interface Size {
  width: number;
  height: number;
  /** Device pixels a CSS pixel. */
  ratio: number;
}

/** A place that pointer or keys point at, in alpha and beta (0 on a curve). */
export interface Place {
  alpha: number;
  beta: number;
}

export interface Plot {
  frame: Frame;
  draw(context: CanvasRenderingContext2D, theme: Theme, size: Size, place: Place | null): void;
  /** The nearest point of the picture last drawn; null outside it. */
  pick(x: number, y: number): Place | null;
  /** The neighbour of a place in steps along alpha and beta; from null the middle. */
  step(place: Place | null, alphas: number, betas: number): Place;
  /** The point nearest to a place, in words. */
  read(place: Place): string;
  /** The picture in words. */
  describe(): string;
  /** What must be said of this picture beside its caption. */
  notes(): string[];
}

export function countHoles(frame: Frame): number {
  let holes = 0;
  for (let k = 0; k < frame.losses.length; k++) {
    if (frame.computed[k] === 1 && !Number.isFinite(frame.losses[k])) holes++;
  }
  return holes;
}

/** Smallest and largest finite loss, and where; null when there is none. */
export function extremes(losses: Float32Array): { low: number; high: number; lowAt: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let lowAt = -1;
  for (let k = 0; k < losses.length; k++) {
    const loss = losses[k] as number;
    if (!Number.isFinite(loss)) continue;
    if (loss < low) [low, lowAt] = [loss, k];
    if (loss > high) high = loss;
  }
  return lowAt < 0 ? null : { low, high, lowAt };
}

/** "cut at 4.8, reaches 62" where the losses leave their limits. */
export function clipNotes(frame: Frame): string[] {
  const found = extremes(frame.losses);
  if (!found) return [];
  const [low, high] = frame.loss_limits;
  const notes = [];
  // A hair beyond the limit is rounding to float32, not a cut.
  if (found.high > high + 1e-6 * Math.abs(high)) {
    notes.push(`▲ cut at ${formatNumber(high)}, reaches ${formatNumber(found.high)}`);
  }
  if (found.low < low - 1e-6 * Math.abs(low)) {
    notes.push(`▼ cut at ${formatNumber(low)}, reaches ${formatNumber(found.low)}`);
  }
  return notes;
}

export function holeNote(frame: Frame, mark: string): string[] {
  const holes = countHoles(frame);
  return holes === 0 ? [] : [`${mark} ${holes} ${holes === 1 ? "point" : "points"} not finite`];
}

/** "linear between points", once at least one point is known. */
export function pointNote(frame: Frame): string {
  let known = 0;
  for (let k = 0; k < frame.computed.length; k++) known += frame.computed[k] as number;
  return known < frame.computed.length
    ? `${known} of ${frame.computed.length} points computed, linear between them`
    : `${known} points, linear between them`;
}

/** What a view needs from a picture, whether curve or map. */

import type { Frame, SliceFrame } from "./frames.ts";
import type { Pen } from "./pen.ts";
import { type AxisName, formatNumber } from "./scale.ts";
import type { Grip } from "./slice_line.ts";
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
  draw(pen: Pen, theme: Theme, size: Size, place: Place | null): void;
  /** The nearest point of the picture last drawn; null outside it. */
  pick(x: number, y: number): Place | null;
  /** The neighbour of a place in steps along alpha and beta; from null the middle. */
  step(place: Place | null, alphas: number, betas: number): Place;
  /** The point nearest to a place, in words. */
  read(place: Place): string;
  /** The picture in words. */
  describe(): string;
  /** Where the slice line of a map lies in the picture last drawn. */
  grip?(): Grip | null;
  /** What must be said of this picture beside its caption. */
  notes(): string[];
}

/** Smallest and largest finite loss, and where; null when there is none. */
export function extremes(losses: Float32Array): { low: number; high: number; lowAt: number } | null {
  let [low, high, lowAt] = [Infinity, -Infinity, -1];
  for (let k = 0; k < losses.length; k++) {
    const loss = losses[k] as number;
    if (loss - loss !== 0) continue; // NaN or infinite: many times faster than isFinite
    if (loss < low) {
      low = loss;
      lowAt = k;
    }
    if (loss > high) high = loss;
  }
  return lowAt < 0 ? null : { low, high, lowAt };
}

/** The lowest, the highest loss where they lie outside the limits. A hair beyond is rounding to float32. */
export function cutLosses({ losses, loss_limits: [low, high] }: SliceFrame): {
  below?: number;
  above?: number;
} {
  const found = extremes(losses);
  if (!found) return {};
  return {
    ...(found.low < low - 1e-6 * Math.abs(low) && { below: found.low }),
    ...(found.high > high + 1e-6 * Math.abs(high) && { above: found.high }),
  };
}

/** "▲ cut at 4.8, reaches 62" where the losses leave their limits; the remark first. */
export function cutNotes(frame: SliceFrame): string[] {
  const [low, high] = frame.loss_limits.map(formatNumber);
  const { below, above } = cutLosses(frame);
  const notes = frame.remark ? [frame.remark] : [];
  if (above !== undefined) notes.push(`▲ cut at ${high}, reaches ${formatNumber(above)}`);
  if (below !== undefined) notes.push(`▼ cut at ${low}, reaches ${formatNumber(below)}`);
  return notes;
}

/** The loss of one point in words, and whether it is that point's own. */
export function readLoss({ losses, computed }: SliceFrame, index: number, error = 0): string {
  const loss = losses[index] as number;
  if (computed[index] === 1) return `loss ${formatNumber(loss)} · exact`;
  if (Number.isNaN(loss)) return "not computed yet";
  const band = error > 0 ? ` ± ${formatNumber(Number(error.toPrecision(2)))}` : "";
  return `loss ${formatNumber(loss)}${band} · interpolated`;
}

/** Name of the loss axis or of the colours. */
export function lossLabel({ loss_label, scale }: SliceFrame, name: AxisName = scale): string {
  return name === "linear" ? loss_label : `${loss_label} (${name})`;
}

/** Losses that were computed and are not finite; `mark` is how they are drawn. */
export function holeNote(frame: SliceFrame, mark: string): string[] {
  const { holes } = countsOf(frame);
  return holes === 0 ? [] : [`${mark} ${holes} ${holes === 1 ? "point" : "points"} not finite`];
}

/** How many points there are and how the picture goes on between them. */
export function pointNote(frame: SliceFrame): string {
  if (frame.view === "map" && frame.nodes?.length) {
    return `${frame.nodes.length / 2} points computed, interpolated between`;
  }
  const { computed: known } = countsOf(frame);
  const { length } = frame.computed;
  return `${known < length ? `${known} of ${length} drawn` : known} points computed, interpolated between`;
}

/** Points that were computed, and those of them whose loss is not finite. */
function countsOf({ losses, computed }: SliceFrame): { computed: number; holes: number } {
  let [known, holes] = [0, 0];
  for (let k = 0; k < computed.length; k++) {
    if (computed[k] !== 1) continue;
    known++;
    if (!Number.isFinite(losses[k])) holes++;
  }
  return { computed: known, holes };
}

/** How a curve is looked at: which part, on which axis, with what beside it. */

import type { CurveFrame, Metric } from "./frames.ts";
import { type Limits, relaxed } from "./limits.ts";
import { extremes } from "./plot.ts";
import type { AxisName } from "./scale.ts";

export type Range = readonly [number, number];

export interface Look {
  /** The part of the axis that is shown; null: all of it. */
  zoom: Range | null;
  /** The part that is being chosen. */
  brush: Range | null;
  isSymlog: boolean;
  hasQuadratic: boolean;
  /** Place of the metric among those of the frame; -1: none. */
  metric: number;
  /** Pixels that the metric's axis took last: a frame without one leaves it free, so that nothing jumps. */
  metricRoom: number;
  /** Kept for comparison, oldest first. */
  kept: readonly CurveFrame[];
}

export function plainLook(): Look {
  return {
    zoom: null,
    brush: null,
    isSymlog: false,
    hasQuadratic: false,
    metric: 0,
    metricRoom: 0,
    kept: [],
  };
}

export const MOST_KEPT = 3; // as many as there are colours and dashes to tell them apart

/** The range that is shown: the zoom, as far as it lies in the curve. */
export function shownRange({ alphas }: CurveFrame, { zoom }: Look): Range {
  const [low, high] = [alphas[0] as number, alphas[alphas.length - 1] as number];
  if (high === low) return [low - 0.5, low + 0.5]; // a single point still needs an axis
  if (!zoom) return [low, high];
  const part = [Math.max(zoom[0], low), Math.min(zoom[1], high)] as const;
  return part[0] < part[1] ? part : [low, high];
}

/** A range shrunk (or, with a factor above 1, grown) about a place inside it, within `whole`; null: all of it. */
export function rescaled([low, high]: Range, about: number, factor: number, whole: Range): Range | null {
  const part = [about + (low - about) * factor, about + (high - about) * factor] as const;
  const isAll = part[0] <= whole[0] && part[1] >= whole[1];
  const isDust = part[1] - part[0] < 1e-4 * (whole[1] - whole[0]); // float32 axes end there
  if (isAll) return null;
  return isDust ? [low, high] : [Math.max(part[0], whole[0]), Math.min(part[1], whole[1])];
}

export function metricOf({ metrics }: CurveFrame, { metric }: Look): Metric | null {
  return metrics[metric] ?? null;
}

/** The loss axis: symlog where asked for, or where a log axis would have to leave losses out. */
export function lossAxis(frame: CurveFrame, look: Look): { name: AxisName; limits: Limits } {
  const curves = [frame, ...look.kept];
  const lowest = Math.min(...curves.map(({ losses }) => extremes(losses)?.low ?? Infinity));
  const name = look.isSymlog || (frame.scale === "log" && lowest <= 0) ? "symlog" : frame.scale;
  const ends = curves.map(({ loss_limits }) => loss_limits);
  let low = Math.min(...ends.map((pair) => pair[0]));
  const high = Math.max(...ends.map((pair) => pair[1]));
  if (name === "log" && low <= 0) low = lowest;
  if (name === "symlog" && frame.scale === "log") low = Math.min(low, lowest <= 0 ? 1.1 * lowest : 0);
  const limits: Limits = [low, high];
  return { name, limits: look.zoom ? zoomedLimits(frame, look, name, limits) : limits };
}

/** Fitted to the part that is shown, once it takes little of the axis. */
function zoomedLimits(frame: CurveFrame, look: Look, name: AxisName, limits: Limits): Limits {
  const [from, to] = shownRange(frame, look);
  const seen = [frame, ...look.kept].flatMap(({ alphas, losses }) =>
    [...losses].filter((_, k) => (alphas[k] as number) >= from && (alphas[k] as number) <= to),
  );
  const fitted = relaxed(limits, Float32Array.from(seen), name === "log" ? "log" : "linear", null);
  return [Math.max(fitted[0], limits[0]), Math.min(fitted[1], limits[1])];
}

/** Between each two neighbouring valleys the highest place. */
export function barriersOf({ alphas, losses, valleys }: CurveFrame): Range[] {
  const places = valleys.map(([alpha]) => alpha).sort((a, b) => a - b);
  return places.slice(1).flatMap((right, k) => {
    const left = places[k] as number;
    let best = -1;
    for (let at = 0; at < alphas.length; at++) {
      const [alpha, loss] = [alphas[at] as number, losses[at] as number];
      if (alpha > left && alpha < right && Number.isFinite(loss) && !(loss <= (losses[best] as number)))
        best = at;
    }
    return best < 0 ? [] : [[alphas[best] as number, losses[best] as number] as const];
  });
}

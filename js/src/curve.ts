/** A curve as a view sees it: draws, points, speaks. */

import { type Axes, makeAxes } from "./axes.ts";
import { drawPicture, drawPointer } from "./curve_drawing.ts";
import type { CurveFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import type { Pen } from "./pen.ts";
import {
  cutNotes,
  extremes,
  holeNote,
  type Place,
  type Plot,
  pointNote,
  readLoss,
  type Size,
} from "./plot.ts";
import { formatNumber, makeScale } from "./scale.ts";
import type { Theme } from "./theme.ts";

export function curvePlot(frame: CurveFrame): Plot {
  const { alphas, losses } = frame;
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  const at = (index: number): Place => ({ alpha: alphas[index] as number, beta: 0 });
  return {
    frame,
    draw(pen, theme, size, place) {
      axes = layOut(pen, theme, size, frame);
      drawPicture(pen, theme, axes, frame);
      if (!place) return;
      const index = nearestIndex(alphas, place.alpha);
      drawPointer(pen, theme, axes, alphas[index] as number, losses[index] as number);
    },
    pick(x, y) {
      if (!axes) return null;
      const { area, across } = axes;
      const isInside = x >= area.left && x <= area.left + area.width && y >= 0 && y <= area.top + area.height;
      return isInside ? at(nearestIndex(alphas, across.value((x - area.left) / area.width))) : null;
    },
    step(place, steps) {
      const from = nearestIndex(alphas, place ? place.alpha : 0);
      return at(place ? Math.min(Math.max(from + steps, 0), alphas.length - 1) : from);
    },
    read(place) {
      const index = nearestIndex(alphas, place.alpha);
      return `alpha ${formatNumber(alphas[index] as number)} · ${readLoss(frame, index)}`;
    },
    describe: () => describe(frame),
    notes: () => [...cutNotes(frame), ...holeNote(frame, "×"), pointNote(frame)],
  };
}

function layOut(pen: Pen, theme: Theme, size: Size, frame: CurveFrame): Axes {
  const { alphas, loss_limits, scale } = frame;
  const [low, high] = [alphas[0] as number, alphas[alphas.length - 1] as number];
  const pad = high > low ? 0 : 0.5; // a single point still needs an axis
  const across = makeScale("linear", low - pad, high + pad);
  return makeAxes(pen, theme, size, { across, up: makeScale(scale, ...loss_limits) }, 18);
}

function describe(frame: CurveFrame): string {
  const found = extremes(frame.losses);
  if (!found) return "loss curve without a finite loss";
  const span = `alpha ${formatNumber(frame.alphas[0] as number)} to ${formatNumber(frame.alphas[frame.alphas.length - 1] as number)}`;
  const lowest = `lowest ${formatNumber(found.low)} at alpha ${formatNumber(frame.alphas[found.lowAt] as number)}`;
  const center = frame.center_loss === null ? "" : ` · center ${formatNumber(frame.center_loss)}`;
  return `${span} · ${lowest}${center}`;
}

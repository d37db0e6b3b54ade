/** A run of mining as a view sees it: draws, points, speaks. */

import type { Axes } from "./axes.ts";
import { nearestIndex } from "./grid.ts";
import { drawPicture, drawPointer, layOut } from "./history_drawing.ts";
import type { HistoryFrame, Line } from "./history_frames.ts";
import type { Place, Plot } from "./plot.ts";
import { formatNumber } from "./scale.ts";

/** A place on it counts in steps: they stand in for alpha. */
export function historyPlot(frame: HistoryFrame): Plot {
  const steps = longest(frame.lines);
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  const at = (index: number): Place => ({ alpha: steps[index] as number, beta: 0 });
  return {
    frame,
    draw(pen, theme, size, place) {
      axes = layOut(pen, theme, size, frame);
      drawPicture(pen, theme, axes, size, frame);
      if (place) drawPointer(pen, theme, axes, frame, place.alpha);
    },
    pick(x) {
      if (!axes || steps.length === 0) return null;
      const { area, across } = axes;
      const isInside = x >= area.left && x <= area.left + area.width;
      return isInside ? at(nearestIndex(steps, across.value((x - area.left) / area.width))) : null;
    },
    step(place, count) {
      if (steps.length === 0) return { alpha: 0, beta: 0 };
      const from = nearestIndex(steps, place ? place.alpha : frame.shown);
      return at(place ? Math.min(Math.max(from + count, 0), steps.length - 1) : from);
    },
    read: (place) => read(frame, place.alpha),
    describe: () =>
      steps.length === 0 ? "nothing mined yet" : read(frame, steps[steps.length - 1] as number),
    notes: () => [],
  };
}

function longest(lines: readonly Line[]): Float32Array {
  let most = new Float32Array(0) as Float32Array;
  for (const { steps } of lines) if (steps.length > most.length) most = steps;
  return most;
}

/** Every line at its last point up to a step. */
function read(frame: HistoryFrame, step: number): string {
  const values = frame.lines.flatMap((line) => {
    const loss = upTo(line, step);
    return loss === null ? [] : [`${line.words} ${formatNumber(loss)}`];
  });
  return [`step ${formatNumber(step)} of ${formatNumber(frame.target)}`, ...values].join(" · ");
}

/** Growth is measured now and then only: what was measured last still holds. */
export function upTo({ steps, losses }: Line, step: number): number | null {
  let found: number | null = null;
  for (let k = 0; k < steps.length && (steps[k] as number) <= step; k++) found = losses[k] as number;
  return found;
}

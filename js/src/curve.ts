/** A curve as a view sees it: draws, points, speaks. */

import { type Axes, makeAxes } from "./axes.ts";
import { legendEntries, metricAxes, metricRoom } from "./curve_beside.ts";
import { drawPicture, drawPointer } from "./curve_drawing.ts";
import { barriersOf, type Look, lossAxis, metricOf, plainLook, shownRange } from "./curve_look.ts";
import type { CurveFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { type Legend, layLegend } from "./legend.ts";
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

export interface CurvePlot extends Plot {
  frame: CurveFrame;
  /** Alpha under a place across the picture last drawn, not beyond its axis; null before the first. */
  alphaAt(x: number): number | null;
}

/** The look is read at every drawing: it may change between two. */
export function curvePlot(frame: CurveFrame, look: Look = plainLook()): CurvePlot {
  const { alphas, losses } = frame;
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  const at = (index: number): Place => ({ alpha: alphas[index] as number, beta: 0 });
  const alphaAt = (x: number) => {
    if (!axes) return null;
    const { area, across } = axes;
    return across.value(Math.min(Math.max((x - area.left) / area.width, 0), 1));
  };
  return {
    frame,
    draw(pen, theme, size, place) {
      const { legend, ...rest } = layOut(pen, theme, size, frame, look);
      axes = rest;
      drawPicture(pen, theme, axes, frame, look);
      legend.draw();
      if (!place) return;
      const index = nearestIndex(alphas, place.alpha);
      drawPointer(pen, theme, axes, alphas[index] as number, losses[index] as number);
    },
    pick(x, y) {
      if (!axes) return null;
      const { left, top, width, height } = axes.area;
      const isInside = x >= left && x <= left + width && y >= 0 && y <= top + height;
      return isInside ? at(nearestIndex(alphas, alphaAt(x) as number)) : null;
    },
    step(place, steps) {
      const from = nearestIndex(alphas, place ? place.alpha : 0);
      const range = shownRange(frame, look);
      const [first, last] = range.map((end) => nearestIndex(alphas, end)) as [number, number];
      return at(Math.min(Math.max(place ? from + steps : from, first), last));
    },
    read: (place) => read(frame, look, nearestIndex(alphas, place.alpha)),
    describe: () => describe(frame),
    notes: () => [
      ...zoomNote(look),
      ...cutNotes(frame),
      ...holeNote(frame, "×"),
      ...markNotes(frame),
      pointNote(frame),
    ],
    alphaAt,
  };
}

function layOut(
  pen: Pen,
  theme: Theme,
  size: Size,
  frame: CurveFrame,
  look: Look,
): Axes & { legend: Legend } {
  const { name, limits } = lossAxis(frame, look);
  const scales = {
    across: makeScale("linear", ...shownRange(frame, look)),
    up: makeScale(name, ...limits),
  };
  const entries = legendEntries(pen, theme, frame, look);
  const right = rightRoom(pen, theme, size, frame, look, scales);
  const top = layLegend(pen, theme, 4, size.width - 4, entries).height + 14;
  const axes = makeAxes(pen, theme, size, scales, right, top);
  return { ...axes, legend: layLegend(pen, theme, 4, size.width - 4, entries) };
}

/** What the axis of a metric takes; where there is none, as much as before. */
function rightRoom(
  pen: Pen,
  theme: Theme,
  size: Size,
  frame: CurveFrame,
  look: Look,
  scales: Pick<Axes, "across" | "up">,
): number {
  const metric = metricOf(frame, look);
  const area = { left: 0, top: 0, width: size.width, height: size.height };
  if (metric) look.metricRoom = metricRoom(pen, theme, metricAxes({ area, ...scales }, metric));
  return look.metric >= 0 && look.metricRoom > 0 ? look.metricRoom : 18;
}

function read(frame: CurveFrame, look: Look, index: number): string {
  const { alphas, errors, spread } = frame;
  const metric = metricOf(frame, look)?.values[index] ?? Number.NaN;
  const words = [`alpha ${formatNumber(alphas[index] as number)}`, readLoss(frame, index, errors?.[index])];
  const reach = spread?.[index] ?? Number.NaN;
  if (Number.isFinite(reach)) words.push(`± ${formatNumber(reach)} over the samples`);
  if (Number.isFinite(metric)) words.push(`${metricOf(frame, look)?.name} ${formatNumber(metric)}`);
  return words.join(" · ");
}

function zoomNote({ zoom }: Look): string[] {
  return zoom ? ["zoomed: 0 or a double click shows all"] : [];
}

function markNotes(frame: CurveFrame): string[] {
  const [valleys, barriers] = [frame.valleys.length, barriersOf(frame)];
  const notes = valleys > 0 ? [`▲ ${valleys === 1 ? "valley" : `${valleys} valleys`}`] : [];
  const highest = Math.max(...barriers.map(([, loss]) => loss));
  return barriers.length === 0 ? notes : [...notes, `▽ barrier ${formatNumber(highest)}`];
}

function describe(frame: CurveFrame): string {
  const found = extremes(frame.losses);
  if (!found) return "loss curve without a finite loss";
  const span = `alpha ${formatNumber(frame.alphas[0] as number)} to ${formatNumber(frame.alphas[frame.alphas.length - 1] as number)}`;
  const lowest = `lowest ${formatNumber(found.low)} at alpha ${formatNumber(frame.alphas[found.lowAt] as number)}`;
  const center = frame.center_loss === null ? "" : ` · center ${formatNumber(frame.center_loss)}`;
  return `${span} · ${lowest}${center}`;
}

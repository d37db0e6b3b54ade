/** What lies on a map's colours: level lines, points, the curve's line, the center, the pointer. */

import { type Axes, drawAxes, xOf, yOf } from "./axes.ts";
import { barTicks, drawColorBar } from "./color_bar.ts";
import { contourSegments } from "./contours.ts";
import type { MapFrame } from "./frames.ts";
import { axisAt, refine } from "./grid.ts";
import { gridOf } from "./map_image.ts";
import { clipped, dot, type Pen, segment, stroke } from "./pen.ts";
import type { Place } from "./plot.ts";
import type { Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const FINE_ENOUGH = 64; // steps an axis at which level lines bend smoothly

export function drawPicture(pen: Pen, theme: Theme, axes: Axes, frame: MapFrame, colors: Scale): void {
  clipped(pen, axes.area, () => {
    drawLevels(pen, axes, frame, colors);
    drawPoints(pen, axes, frame, colors);
    drawCurveLine(pen, axes);
    drawCenter(pen, axes);
  });
  drawAxes(pen, theme, axes, frame.alpha_label, frame.beta_label);
  drawColorBar(pen, theme, axes.area, frame, colors);
}

/** Seen on the colour at this place of the table. */
function inkOn(place: number): string {
  return place > 0.6 ? "rgba(0, 0, 0, 0.4)" : "rgba(255, 255, 255, 0.55)";
}

/** One line for each tick of the colour bar. */
function drawLevels(pen: Pen, axes: Axes, frame: MapFrame, colors: Scale): void {
  const factor = Math.ceil(FINE_ENOUGH / Math.min(frame.alphas.length - 1, frame.betas.length - 1));
  const fine = refine(gridOf(frame), factor);
  for (const { value } of barTicks(colors, axes.area.height)) {
    const segments = contourSegments(fine, value);
    stroke(pen, inkOn(colors.place(value)), 1, () => traceSegments(pen, axes, frame, segments, factor));
  }
}

function traceSegments(
  pen: Pen,
  axes: Axes,
  { alphas, betas }: MapFrame,
  segments: number[],
  factor: number,
): void {
  for (let k = 0; k < segments.length; k += 2) {
    const x = xOf(axes, axisAt(alphas, (segments[k + 1] as number) / factor));
    const y = yOf(axes, axisAt(betas, (segments[k] as number) / factor));
    if (k % 4 === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
}

/** Small dots on what was computed; none where they would cover the colours. */
function drawPoints(pen: Pen, axes: Axes, frame: MapFrame, colors: Scale): void {
  const columns = frame.alphas.length;
  const apart = Math.min(axes.area.width / columns, axes.area.height / frame.betas.length);
  if (apart < 5) return;
  for (let k = 0; k < frame.losses.length; k++) {
    const place = colors.place(frame.losses[k] as number);
    if (frame.computed[k] !== 1 || Number.isNaN(place)) continue;
    const x = xOf(axes, frame.alphas[k % columns] as number);
    const y = yOf(axes, frame.betas[Math.floor(k / columns)] as number);
    dot(pen, inkOn(place), x, y, Math.min(1.4, apart / 11));
  }
}

/** The line beta = 0, along which the curve runs. */
function drawCurveLine(pen: Pen, axes: Axes): void {
  const { left, width } = axes.area;
  haloed(pen, 1.5, () => segment(pen, left, yOf(axes, 0), width, 0), [7, 5]);
}

function drawCenter(pen: Pen, axes: Axes): void {
  const [x, y] = [xOf(axes, 0), yOf(axes, 0)];
  haloed(pen, 2, () => {
    segment(pen, x - 7, y, 14, 0);
    segment(pen, x, y - 7, 0, 14);
  });
}

export function drawPointer(pen: Pen, axes: Axes, place: Place): void {
  haloed(pen, 2, () => pen.arc(xOf(axes, place.alpha), yOf(axes, place.beta), 6, 0, 2 * Math.PI));
}

/** A white stroke on a dark one: seen on every colour of the table. */
function haloed(pen: Pen, width: number, trace: () => void, dash: number[] = []): void {
  stroke(pen, "rgba(0, 0, 0, 0.5)", width + 2, trace, dash);
  stroke(pen, "#fff", width, trace, dash);
}

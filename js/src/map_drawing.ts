/** What lies on a map's colours: level lines, points, the curve's line, the center, the pointer. */

import { type Axes, drawAxes, xOf, yOf } from "./axes.ts";
import { bandColor, bandEdges, piecesAbove } from "./bands.ts";
import { barTicks, drawColorBar } from "./color_bar.ts";
import { cssColor } from "./colormap.ts";
import { contourSegments } from "./contours.ts";
import type { MapFrame } from "./frames.ts";
import { axisAt, type Grid, refine } from "./grid.ts";
import { gridOf, touchesHole } from "./map_image.ts";
import { drawTracks } from "./map_tracks.ts";
import { clipped, dot, haloed, type Pen, segment, stroke } from "./pen.ts";
import type { Place } from "./plot.ts";
import type { Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const FINE_ENOUGH = 64; // steps an axis at which level lines bend smoothly

export function drawPicture(pen: Pen, theme: Theme, axes: Axes, frame: MapFrame, colors: Scale): void {
  clipped(pen, axes.area, () => {
    drawLevels(pen, axes, frame, colors);
    if (frame.nodes) drawNodes(pen, axes, frame.nodes);
    else drawPoints(pen, axes, frame, colors);
    drawCurveLine(pen, axes);
    drawTracks(pen, axes, frame, colors);
    drawCenter(pen, axes);
  });
  drawAxes(pen, theme, axes, frame.alpha_label, frame.beta_label);
  drawColorBar(pen, theme, axes.area, frame, colors, bandEdges(colors, barTicks(colors, axes.area.height)));
}

/** Seen on the colour at this place of the table. */
function inkOn(place: number): string {
  return place > 0.6 ? "rgba(0, 0, 0, 0.4)" : "rgba(255, 255, 255, 0.55)";
}

/** The losses on a grid so fine that straight pieces look round, with so many steps for each of its own. */
function finelyOf(frame: MapFrame): { fine: Grid; factor: number } {
  const factor = Math.ceil(FINE_ENOUGH / Math.min(frame.alphas.length - 1, frame.betas.length - 1));
  return { fine: refine(gridOf(frame), factor), factor };
}

/** One line for each tick of the colour bar. */
function drawLevels(pen: Pen, axes: Axes, frame: MapFrame, colors: Scale): void {
  const { fine, factor } = finelyOf(frame);
  for (const { value } of barTicks(colors, axes.area.height)) {
    const segments = contourSegments(fine, value);
    stroke(pen, inkOn(colors.place(value)), 1, () => traceSegments(pen, axes, frame, segments, factor));
  }
}

/** The surface in shapes, for a pen without pixels: each colour over all that is not below it. */
export function fillBands(pen: Pen, theme: Theme, axes: Axes, frame: MapFrame, colors: Scale): void {
  const { fine, factor } = finelyOf(frame);
  const edges = bandEdges(colors, barTicks(colors, axes.area.height));
  for (let band = 0; band <= edges.length; band++) {
    const level = band === 0 ? -Infinity : colors.value(edges[band - 1] as number);
    pen.fillStyle = cssColor(bandColor(edges, band));
    pen.beginPath();
    piecesAbove(fine, level, (outline) => traceOutline(pen, axes, frame, outline, factor));
    pen.fill();
  }
  hatchHoles(pen, theme, axes, frame);
}

function hatchHoles(pen: Pen, theme: Theme, axes: Axes, frame: MapFrame): void {
  const { left, top, width, height } = axes.area;
  pen.save();
  pen.beginPath();
  let hasHoles = false;
  for (let row = 0; row < frame.betas.length - 1; row++) {
    for (let column = 0; column < frame.alphas.length - 1; column++) {
      if (!touchesHole(frame, row, column)) continue;
      const square = [row, column, row, column + 1, row + 1, column + 1, row + 1, column];
      traceOutline(pen, axes, frame, square, 1);
      hasHoles = true;
    }
  }
  if (hasHoles) {
    pen.clip();
    stroke(pen, theme.hole, 1.4, () => {
      for (let x = 0; x < width + height; x += 6) segment(pen, left + x, top, -height, height);
    });
  }
  pen.restore();
}

function traceOutline(
  pen: Pen,
  axes: Axes,
  { alphas, betas }: MapFrame,
  outline: readonly number[],
  factor: number,
): void {
  for (let k = 0; k < outline.length; k += 2) {
    const x = xOf(axes, axisAt(alphas, (outline[k + 1] as number) / factor));
    const y = yOf(axes, axisAt(betas, (outline[k] as number) / factor));
    if (k === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
  pen.closePath();
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

/** The computed points of an interpolated map, `[M, 2]`. */
function drawNodes(pen: Pen, axes: Axes, nodes: Float32Array): void {
  const radius = Math.min(1.4, Math.sqrt((axes.area.width * axes.area.height) / nodes.length) / 14);
  for (let k = 0; k < nodes.length; k += 2) {
    dot(
      pen,
      "rgba(255, 255, 255, 0.6)",
      xOf(axes, nodes[k] as number),
      yOf(axes, nodes[k + 1] as number),
      radius,
    );
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

/** The parts of a curve's picture, one function each. */

import { type Axes, drawAxes, drawGrid, xOf, yOf } from "./axes.ts";
import {
  drawErrors,
  drawKept,
  drawMetric,
  drawQuadratic,
  drawSpread,
  metricAxes,
  quadraticIn,
} from "./curve_beside.ts";
import { tracePath } from "./curve_lines.ts";
import { barriersOf, type Look, metricOf, type Range } from "./curve_look.ts";
import type { CurveFrame } from "./frames.ts";
import { clipped, crisp, dot, type Pen, segment, stroke, traceWedge, wedge } from "./pen.ts";
import { lossLabel } from "./plot.ts";
import type { Theme } from "./theme.ts";

export function drawPicture(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame, look: Look): void {
  const { left, top, width, height } = axes.area;
  const [metric, quadratic] = [metricOf(frame, look), quadraticIn(frame, look)];
  pen.fillStyle = theme.paper;
  pen.fillRect(left, top, width, height);
  drawGrid(pen, theme, axes);
  clipped(pen, axes.area, () => {
    drawCenterLine(pen, theme, axes);
    if (frame.ghost) drawGhost(pen, theme, axes, frame.ghost);
    pen.lineJoin = "round";
    drawErrors(pen, theme, axes, frame);
    drawKept(pen, theme, axes, look.kept);
    stroke(pen, theme.line, 2, () => tracePath(pen, axes, frame.alphas, frame.losses));
    drawSpread(pen, theme, axes, frame);
    if (quadratic) drawQuadratic(pen, theme, axes, quadratic);
  });
  if (metric) drawMetric(pen, theme, metricAxes(axes, metric), frame, metric);
  drawAxes(pen, theme, axes, frame.alpha_label, lossLabel(frame, axes.up.name));
  drawDots(pen, theme, axes, frame);
  drawHoles(pen, theme, axes, frame);
  drawValleys(pen, theme, axes, frame);
  drawCenter(pen, theme, axes, frame.center_loss);
  drawCuts(pen, theme, axes, frame);
  if (look.brush) drawBrush(pen, theme, axes, look.brush);
}

/** The part of the axis that is being chosen. */
function drawBrush(pen: Pen, theme: Theme, axes: Axes, [from, to]: Range): void {
  const { top, height } = axes.area;
  const [left, right] = [xOf(axes, from), xOf(axes, to)];
  pen.globalAlpha = 0.18;
  pen.fillStyle = theme.line;
  pen.fillRect(left, top, right - left, height);
  pen.globalAlpha = 1;
  stroke(pen, theme.line, 1, () => {
    for (const x of [left, right]) segment(pen, crisp(x), top, 0, height);
  });
}

function drawCenterLine(pen: Pen, theme: Theme, axes: Axes): void {
  const { top, height } = axes.area;
  stroke(pen, theme.muted, 1, () => segment(pen, crisp(xOf(axes, 0)), top, 0, height), [2, 4]);
}

function drawGhost(pen: Pen, theme: Theme, axes: Axes, ghost: NonNullable<CurveFrame["ghost"]>): void {
  pen.globalAlpha = 0.55;
  stroke(pen, theme.muted, 1.5, () => tracePath(pen, axes, ghost.alphas, ghost.losses), [5, 4]);
  pen.globalAlpha = 1;
}

function drawDots(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const radius = frame.alphas.length > 61 ? 1.8 : 2.6;
  for (let k = 0; k < frame.alphas.length; k++) {
    const [alpha, loss] = [frame.alphas[k] as number, frame.losses[k] as number];
    if (frame.computed[k] !== 1 || !isWithin(axes, alpha, loss)) continue;
    dot(pen, theme.line, xOf(axes, alpha), yOf(axes, loss), radius);
  }
}

function isWithin({ across, up }: Axes, alpha: number, loss: number): boolean {
  const places = [across.place(alpha), up.place(loss)];
  return places.every((place) => place >= -1e-6 && place <= 1 + 1e-6); // false for NaN
}

/** A cross under the top edge for every computed loss that is not finite. */
function drawHoles(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const top = axes.area.top + 5.5;
  stroke(pen, theme.hole, 1.5, () => {
    for (let k = 0; k < frame.alphas.length; k++) {
      const alpha = frame.alphas[k] as number;
      const isHole = frame.computed[k] === 1 && !Number.isFinite(frame.losses[k]);
      if (!isHole || !isWithin(axes, alpha, axes.up.low)) continue;
      const x = xOf(axes, alpha) - 3.5;
      segment(pen, x, top, 7, 7);
      segment(pen, x, top + 7, 7, -7);
    }
  });
}

/** A wedge under each valley, or above it where there is no room; an open one above each barrier. */
function drawValleys(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const bottom = axes.area.top + axes.area.height;
  for (const [alpha, loss] of frame.valleys) {
    if (!isWithin(axes, alpha, loss)) continue;
    const y = yOf(axes, loss);
    const sign = y + 18 < bottom ? 1 : -1;
    wedge(pen, theme.valley, xOf(axes, alpha), y + 8 * sign, 5, 8 * sign);
  }
  for (const [alpha, loss] of barriersOf(frame)) {
    if (!isWithin(axes, alpha, loss)) continue;
    const y = yOf(axes, loss);
    const sign = y - 18 > axes.area.top ? -1 : 1;
    stroke(pen, theme.valley, 1.5, () => traceWedge(pen, xOf(axes, alpha), y + 8 * sign, 4.5, 7 * sign));
  }
}

function drawCenter(pen: Pen, theme: Theme, axes: Axes, loss: number | null): void {
  if (loss === null || !isWithin(axes, 0, loss)) return;
  drawRing(pen, theme, xOf(axes, 0), yOf(axes, loss), theme.ink);
}

function drawRing(pen: Pen, theme: Theme, x: number, y: number, color: string): void {
  dot(pen, theme.paper, x, y, 4.5);
  stroke(pen, color, 2, () => pen.arc(x, y, 4.5, 0, 2 * Math.PI));
}

/** Wedges on the edge where the line leaves the picture. */
function drawCuts(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const { top, height } = axes.area;
  const x = Array.from(frame.alphas, (alpha) => xOf(axes, alpha));
  const places = Array.from(frame.losses, (loss) => axes.up.place(loss));
  for (const edge of [0, 1]) {
    for (const at of cutsOf(places, edge)) {
      const left = x[Math.floor(at)] as number;
      const cut = left + (at % 1) * ((x[Math.floor(at) + 1] ?? left) - left);
      if (cut < axes.area.left || cut > axes.area.left + axes.area.width) continue;
      const inwards = edge === 1 ? 1 : -1;
      wedge(pen, theme.line, cut, top + (1 - edge) * height + inwards, 5, 8 * inwards);
    }
  }
}

/**
 * Fractional indices at which a line through `places` crosses an edge (0 or 1) of the picture. A hair beyond
 * is rounding to float32 and no cut.
 */
export function cutsOf(places: readonly number[], edge: number): number[] {
  const cuts: number[] = [];
  for (let k = 1; k < places.length; k++) {
    const [from, to] = [places[k - 1] as number, places[k] as number];
    const beyond = edge === 1 ? Math.max(from, to) - 1 : -Math.min(from, to);
    const crosses = from > edge !== to > edge;
    if (Number.isFinite(from - to) && crosses && beyond > 1e-5)
      cuts.push(k - 1 + (edge - from) / (to - from));
  }
  return cuts;
}

export function drawPointer(pen: Pen, theme: Theme, axes: Axes, alpha: number, loss: number): void {
  const { top, height } = axes.area;
  const x = xOf(axes, alpha);
  stroke(pen, theme.muted, 1, () => segment(pen, crisp(x), top, 0, height));
  if (isWithin(axes, alpha, loss)) drawRing(pen, theme, x, yOf(axes, loss), theme.line);
}

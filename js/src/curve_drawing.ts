/** The parts of a curve's picture, one function each. */

import { type Axes, drawAxes, drawGrid, xOf, yOf } from "./axes.ts";
import type { CurveFrame } from "./frames.ts";
import { clipped, crisp, dot, type Pen, segment, stroke, wedge } from "./pen.ts";
import { lossLabel } from "./plot.ts";
import type { Theme } from "./theme.ts";

export function drawPicture(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const { left, top, width, height } = axes.area;
  pen.fillStyle = theme.paper;
  pen.fillRect(left, top, width, height);
  drawGrid(pen, theme, axes);
  clipped(pen, axes.area, () => {
    drawCenterLine(pen, theme, axes);
    if (frame.ghost) drawGhost(pen, theme, axes, frame.ghost);
    pen.lineJoin = "round";
    stroke(pen, theme.line, 2, () => tracePath(pen, axes, frame.alphas, frame.losses));
  });
  drawAxes(pen, theme, axes, frame.alpha_label, lossLabel(frame));
  drawDots(pen, theme, axes, frame);
  drawHoles(pen, theme, axes, frame);
  drawValleys(pen, theme, axes, frame);
  drawCenter(pen, theme, axes, frame.center_loss);
  drawCuts(pen, theme, axes, frame);
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

/** Breaks at values that are not finite. Far outside is drawn just outside: canvas paths overflow. */
function tracePath(pen: Pen, axes: Axes, alphas: Float32Array, losses: Float32Array): void {
  let isDown = false;
  for (let k = 0; k < alphas.length; k++) {
    const loss = losses[k] as number;
    const x = xOf(axes, alphas[k] as number);
    const y = Math.min(Math.max(yOf(axes, loss), -1e5), 1e5);
    if (!Number.isFinite(loss)) isDown = false;
    else if (isDown) pen.lineTo(x, y);
    else {
      pen.moveTo(x, y);
      isDown = true;
    }
  }
}

function drawDots(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const radius = frame.alphas.length > 61 ? 1.6 : 2.6;
  for (let k = 0; k < frame.alphas.length; k++) {
    const loss = frame.losses[k] as number;
    if (frame.computed[k] !== 1 || !isWithin(axes, loss)) continue;
    dot(pen, theme.line, xOf(axes, frame.alphas[k] as number), yOf(axes, loss), radius);
  }
}

function isWithin({ up }: Axes, loss: number): boolean {
  const place = up.place(loss); // false for NaN
  return place >= -1e-6 && place <= 1 + 1e-6;
}

/** A cross under the top edge for every computed loss that is not finite. */
function drawHoles(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const top = axes.area.top + 5.5;
  stroke(pen, theme.hole, 1.5, () => {
    for (let k = 0; k < frame.alphas.length; k++) {
      if (frame.computed[k] !== 1 || Number.isFinite(frame.losses[k])) continue;
      const x = xOf(axes, frame.alphas[k] as number) - 3.5;
      segment(pen, x, top, 7, 7);
      segment(pen, x, top + 7, 7, -7);
    }
  });
}

/** A wedge under each valley, or above it where there is no room. */
function drawValleys(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const bottom = axes.area.top + axes.area.height;
  for (const [alpha, loss] of frame.valleys) {
    if (!isWithin(axes, loss)) continue;
    const y = yOf(axes, loss);
    const sign = y + 18 < bottom ? 1 : -1;
    wedge(pen, theme.valley, xOf(axes, alpha), y + 8 * sign, 5, 8 * sign);
  }
}

function drawCenter(pen: Pen, theme: Theme, axes: Axes, loss: number | null): void {
  const place = axes.across.place(0);
  if (loss === null || place < 0 || place > 1 || !isWithin(axes, loss)) return;
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
      const cut = left + (at % 1) * ((x[Math.floor(at) + 1] as number) - left);
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
  if (isWithin(axes, loss)) drawRing(pen, theme, x, yOf(axes, loss), theme.line);
}

/** The picture of a curve on Canvas 2D. */

import { type Axes, BOTTOM_MARGIN, drawAxes, drawGrid, leftMargin, upTicks, xOf, yOf } from "./axes.ts";
import type { CurveFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { clipNotes, extremes, holeNote, type Place, type Plot, pointNote, type Size } from "./plot.ts";
import { formatNumber, makeScale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const TOP = 14;
const RIGHT = 18;

export function curvePlot(frame: CurveFrame): Plot {
  const { alphas, losses } = frame;
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  const at = (index: number): Place => ({ alpha: alphas[index] as number, beta: 0 });
  return {
    frame,
    draw(context, theme, size, place) {
      axes = layOut(context, theme, size, frame);
      drawPicture(context, theme, axes, frame);
      if (place) drawPointer(context, theme, axes, frame, nearestIndex(alphas, place.alpha));
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
      const how = frame.computed[index] === 1 ? "exact" : "not computed";
      const loss = formatNumber(losses[index] as number);
      return `alpha ${formatNumber(alphas[index] as number)} · loss ${loss} · ${how}`;
    },
    describe: () => describe(frame),
    notes: () => [...clipNotes(frame), ...holeNote(frame, "×"), pointNote(frame)],
  };
}

function layOut(context: CanvasRenderingContext2D, theme: Theme, size: Size, frame: CurveFrame): Axes {
  const { alphas, loss_limits, scale } = frame;
  const [low, high] = [alphas[0] as number, alphas[alphas.length - 1] as number];
  const pad = high > low ? 0 : 0.5; // a single point still needs an axis
  const across = makeScale("linear", low - pad, high + pad);
  const up = makeScale(scale, ...loss_limits);
  const area = { left: 0, top: TOP, width: 0, height: size.height - TOP - BOTTOM_MARGIN };
  area.left = leftMargin(context, theme, upTicks({ area, across, up }));
  area.width = size.width - area.left - RIGHT;
  return { area, across, up };
}

function drawPicture(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const { left, top, width, height } = axes.area;
  context.fillStyle = theme.paper;
  context.fillRect(left, top, width, height);
  drawGrid(context, theme, axes);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  drawCenterLine(context, theme, axes);
  if (frame.ghost) drawGhost(context, theme, axes, frame.ghost);
  drawLine(context, theme, axes, frame);
  context.restore();
  drawAxes(context, theme, axes, { across: frame.alpha_label, up: lossLabel(frame) });
  drawDots(context, theme, axes, frame);
  drawHoles(context, theme, axes, frame);
  drawValleys(context, theme, axes, frame);
  drawCenter(context, theme, axes, frame);
  drawCuts(context, theme, axes, frame);
}

function lossLabel({ loss_label, scale }: CurveFrame): string {
  return scale === "log" ? `${loss_label} (log)` : loss_label;
}

function drawCenterLine(context: CanvasRenderingContext2D, theme: Theme, axes: Axes): void {
  const x = Math.round(xOf(axes, 0)) + 0.5;
  context.strokeStyle = theme.muted;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(x, axes.area.top);
  context.lineTo(x, axes.area.top + axes.area.height);
  context.stroke();
  context.setLineDash([]);
}

function drawGhost(
  context: CanvasRenderingContext2D,
  theme: Theme,
  axes: Axes,
  ghost: { alphas: Float32Array; losses: Float32Array },
): void {
  context.strokeStyle = theme.muted;
  context.globalAlpha = 0.55;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  tracePath(context, axes, ghost.alphas, ghost.losses);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawLine(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  context.strokeStyle = theme.line;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.lineCap = "round";
  tracePath(context, axes, frame.alphas, frame.losses);
  context.stroke();
  context.lineCap = "butt";
}

/** Breaks at values that are not finite. Far outside is drawn just outside: canvas paths overflow. */
function tracePath(
  context: CanvasRenderingContext2D,
  axes: Axes,
  alphas: Float32Array,
  losses: Float32Array,
): void {
  let isDown = false;
  context.beginPath();
  for (let k = 0; k < alphas.length; k++) {
    const loss = losses[k] as number;
    if (!Number.isFinite(loss)) {
      isDown = false;
      continue;
    }
    const x = xOf(axes, alphas[k] as number);
    const y = Math.min(Math.max(yOf(axes, loss), -1e5), 1e5);
    if (isDown) context.lineTo(x, y);
    else context.moveTo(x, y);
    isDown = true;
  }
}

function drawDots(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const radius = frame.alphas.length > 61 ? 1.6 : 2.6;
  context.fillStyle = theme.line;
  for (let k = 0; k < frame.alphas.length; k++) {
    const loss = frame.losses[k] as number;
    if (frame.computed[k] === 1 && isWithin(axes, loss)) {
      dot(context, xOf(axes, frame.alphas[k] as number), yOf(axes, loss), radius);
    }
  }
}

function isWithin({ up }: Axes, loss: number): boolean {
  const place = up.place(loss); // false for NaN
  return place >= -1e-6 && place <= 1 + 1e-6;
}

/** A cross under the top edge for every computed loss that is not finite. */
function drawHoles(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const y = axes.area.top + 9;
  context.strokeStyle = theme.hole;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let k = 0; k < frame.alphas.length; k++) {
    if (frame.computed[k] !== 1 || Number.isFinite(frame.losses[k])) continue;
    const x = xOf(axes, frame.alphas[k] as number);
    context.moveTo(x - 3.5, y - 3.5);
    context.lineTo(x + 3.5, y + 3.5);
    context.moveTo(x - 3.5, y + 3.5);
    context.lineTo(x + 3.5, y - 3.5);
  }
  context.stroke();
}

/** A wedge under each valley, or above it where there is no room. */
function drawValleys(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const bottom = axes.area.top + axes.area.height;
  context.fillStyle = theme.valley;
  for (const [alpha, loss] of frame.valleys) {
    if (!isWithin(axes, loss)) continue;
    const y = yOf(axes, loss);
    const sign = y + 18 < bottom ? 1 : -1;
    wedge(context, xOf(axes, alpha), y + 6 * sign, 5, 8 * sign);
  }
}

function drawCenter(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const loss = frame.center_loss;
  const place = axes.across.place(0);
  if (loss === null || place < 0 || place > 1 || !isWithin(axes, loss)) return;
  ring(context, theme, xOf(axes, 0), yOf(axes, loss), theme.ink);
}

/** Wedges on the edge where the line leaves the picture. */
function drawCuts(context: CanvasRenderingContext2D, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const { top, height } = axes.area;
  const { alphas, losses } = frame;
  const places = Array.from(losses, (loss) => axes.up.place(loss));
  context.fillStyle = theme.line;
  for (let k = 1; k < places.length; k++) {
    for (const edge of [0, 1]) {
      const [from, to] = [places[k - 1] as number, places[k] as number];
      if (!Number.isFinite(from - to) || from > edge === to > edge || isHair(from, to, edge)) continue;
      const share = (edge - from) / (to - from);
      const alpha = (alphas[k - 1] as number) + share * ((alphas[k] as number) - (alphas[k - 1] as number));
      if (edge === 1) wedge(context, xOf(axes, alpha), top + 1, 5, 8);
      else wedge(context, xOf(axes, alpha), top + height - 1, 5, -8);
    }
  }
}

/** Limits that end exactly at the data differ from them by rounding to float32. */
function isHair(from: number, to: number, edge: number): boolean {
  const beyond = edge === 1 ? Math.max(from, to) - 1 : -Math.min(from, to);
  return beyond < 1e-5;
}

function drawPointer(
  context: CanvasRenderingContext2D,
  theme: Theme,
  axes: Axes,
  frame: CurveFrame,
  index: number,
): void {
  const x = xOf(axes, frame.alphas[index] as number);
  const { top, height } = axes.area;
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, top);
  context.lineTo(Math.round(x) + 0.5, top + height);
  context.stroke();
  const loss = frame.losses[index] as number;
  if (isWithin(axes, loss)) ring(context, theme, x, yOf(axes, loss), theme.line);
}

function ring(context: CanvasRenderingContext2D, theme: Theme, x: number, y: number, color: string): void {
  context.fillStyle = theme.paper;
  context.strokeStyle = color;
  context.lineWidth = 2;
  dot(context, x, y, 4.5);
  context.stroke();
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** A filled triangle with its tip at (x, y); its base lies `length` below (above when negative). */
function wedge(context: CanvasRenderingContext2D, x: number, y: number, half: number, length: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - half, y + length);
  context.lineTo(x + half, y + length);
  context.fill();
}

function describe(frame: CurveFrame): string {
  const found = extremes(frame.losses);
  if (!found) return "loss curve without a finite loss";
  const span = `alpha ${formatNumber(frame.alphas[0] as number)} to ${formatNumber(frame.alphas[frame.alphas.length - 1] as number)}`;
  const lowest = `lowest ${formatNumber(found.low)} at alpha ${formatNumber(frame.alphas[found.lowAt] as number)}`;
  const center = frame.center_loss === null ? "" : ` · center ${formatNumber(frame.center_loss)}`;
  return `${span} · ${lowest}${center}`;
}

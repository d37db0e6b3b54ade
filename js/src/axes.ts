/** The frame around a picture: where it lies, grid lines, ticks, labels. */

import { makeTicks, type Scale, type Tick } from "./scale.ts";
import type { Theme } from "./theme.ts";

/** The plotted area in CSS pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Axes {
  area: Area;
  across: Scale;
  up: Scale;
}

export const TICK_SIZE = 11.5;
export const LABEL_SIZE = 12.5;
const TICK_GAP = 7;

export function setFont(context: CanvasRenderingContext2D, theme: Theme, size: number): void {
  context.font = `${size}px ${theme.font}`;
}

export function xOf({ area, across }: Axes, value: number): number {
  return area.left + across.place(value) * area.width;
}

export function yOf({ area, up }: Axes, value: number): number {
  return area.top + (1 - up.place(value)) * area.height;
}

export function acrossTicks({ area, across }: Axes): Tick[] {
  return makeTicks(across, area.width / 75);
}

export function upTicks({ area, up }: Axes): Tick[] {
  return makeTicks(up, area.height / 48);
}

export function widestLabel(context: CanvasRenderingContext2D, ticks: Tick[]): number {
  return ticks.reduce((widest, tick) => Math.max(widest, context.measureText(tick.label).width), 0);
}

/** Room at the left for tick labels and the turned axis label. */
export function leftMargin(context: CanvasRenderingContext2D, theme: Theme, ticks: Tick[]): number {
  setFont(context, theme, TICK_SIZE);
  return Math.ceil(widestLabel(context, ticks)) + TICK_GAP + LABEL_SIZE + 12;
}

export const BOTTOM_MARGIN = TICK_SIZE + LABEL_SIZE + 18;

export function drawGrid(context: CanvasRenderingContext2D, theme: Theme, axes: Axes): void {
  const { left, top, width, height } = axes.area;
  context.strokeStyle = theme.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const tick of acrossTicks(axes)) moveLine(context, crisp(xOf(axes, tick.value)), top, 0, height);
  for (const tick of upTicks(axes)) moveLine(context, left, crisp(yOf(axes, tick.value)), width, 0);
  context.stroke();
}

/** Box, tick marks, tick labels and axis labels. */
export function drawAxes(
  context: CanvasRenderingContext2D,
  theme: Theme,
  axes: Axes,
  labels: { across: string; up: string },
): void {
  const { left, top, width, height } = axes.area;
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  context.strokeRect(crisp(left), crisp(top), Math.round(width), Math.round(height));
  drawTicks(context, theme, axes);
  context.fillStyle = theme.ink;
  setFont(context, theme, LABEL_SIZE);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(labels.across, left + width / 2, top + height + BOTTOM_MARGIN - 5);
  drawTurned(context, labels.up, LABEL_SIZE, top + height / 2);
}

function drawTicks(context: CanvasRenderingContext2D, theme: Theme, axes: Axes): void {
  const { left, top, height } = axes.area;
  setFont(context, theme, TICK_SIZE);
  context.fillStyle = theme.muted;
  context.beginPath();
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of acrossTicks(axes)) {
    const x = xOf(axes, tick.value);
    moveLine(context, crisp(x), top + height, 0, 4);
    context.fillText(tick.label, x, top + height + TICK_GAP);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of upTicks(axes)) {
    const y = yOf(axes, tick.value);
    moveLine(context, left, crisp(y), -4, 0);
    context.fillText(tick.label, left - TICK_GAP, y + 0.5);
  }
  context.stroke();
}

/** Text that reads upwards, centred on (x, y). */
export function drawTurned(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(text, 0, 0);
  context.restore();
}

function moveLine(context: CanvasRenderingContext2D, x: number, y: number, dx: number, dy: number): void {
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
}

/** The middle of a pixel, where a line of width 1 fills one row and blurs none. */
export function crisp(position: number): number {
  return Math.round(position) + 0.5;
}

/** The frame around a picture: where it lies, grid lines, ticks, labels. */

import { crisp, type Pen, segment, stroke, write, writeUpwards } from "./pen.ts";
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
  /** Pixels that a tick of the upward axis takes at least; a default where it is not told. */
  room?: number;
  across: Scale;
  up: Scale;
}

export const TICK_SIZE = 11.5;
export const LABEL_SIZE = 12.5;
export const TICK_GAP = 7;
export const BOTTOM_MARGIN = TICK_SIZE + LABEL_SIZE + 18;

export function setFont(pen: Pen, theme: Theme, size: number): void {
  pen.font = `${size}px ${theme.font}`;
}

export function xOf({ area, across }: Axes, value: number): number {
  return area.left + across.place(value) * area.width;
}

export function yOf({ area, up }: Axes, value: number): number {
  return area.top + (1 - up.place(value)) * area.height;
}

function acrossTicks({ area, across }: Axes): Tick[] {
  return makeTicks(across, area.width / 62);
}

export function upTicks({ area, up, room = 36 }: Axes): Tick[] {
  return makeTicks(up, area.height / room);
}

export function widestLabel(pen: Pen, ticks: Tick[]): number {
  return ticks.reduce((widest, tick) => Math.max(widest, pen.measureText(tick.label).width), 0);
}

/** An area with room at its left for tick labels and the turned label, `right` beside it and `top` above. */
export function makeAxes(
  pen: Pen,
  theme: Theme,
  size: { width: number; height: number },
  scales: { across: Scale; up: Scale },
  right: number,
  top = 14,
): Axes {
  const area = { left: 0, top, width: 0, height: Math.round(size.height - top - BOTTOM_MARGIN) };
  setFont(pen, theme, TICK_SIZE);
  area.left = Math.ceil(widestLabel(pen, upTicks({ area, ...scales }))) + TICK_GAP + LABEL_SIZE + 12;
  area.width = Math.round(size.width - area.left - right);
  return { area, ...scales };
}

export function drawGrid(pen: Pen, theme: Theme, axes: Axes): void {
  const { left, top, width, height } = axes.area;
  stroke(pen, theme.grid, 1, () => {
    for (const { value } of acrossTicks(axes)) segment(pen, crisp(xOf(axes, value)), top, 0, height);
    for (const { value } of upTicks(axes)) segment(pen, left, crisp(yOf(axes, value)), width, 0);
  });
}

/** As much of a text as there is room for. */
export function cutTo(pen: Pen, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length - 1;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length).trimEnd()}…`;
}

/** Box, tick marks, tick labels and axis labels. */
export function drawAxes(pen: Pen, theme: Theme, axes: Axes, acrossLabel: string, upLabel: string): void {
  const { left, top, width, height } = axes.area;
  stroke(pen, theme.muted, 1, () => {
    pen.rect(crisp(left), crisp(top), width, height);
    drawTicks(pen, theme, axes);
  });
  pen.fillStyle = theme.ink;
  setFont(pen, theme, LABEL_SIZE);
  const bottom = top + height + BOTTOM_MARGIN - 5;
  write(pen, cutTo(pen, acrossLabel, width + 20), left + width / 2, bottom, "center", "alphabetic");
  writeUpwards(pen, cutTo(pen, upLabel, height + 20), LABEL_SIZE, top + height / 2);
}

export function drawTicks(pen: Pen, theme: Theme, axes: Axes): void {
  const { left, top, height } = axes.area;
  const bottom = top + height;
  setFont(pen, theme, TICK_SIZE);
  pen.fillStyle = theme.muted;
  for (const { value, label } of acrossTicks(axes)) {
    const x = xOf(axes, value);
    segment(pen, crisp(x), bottom, 0, 4);
    write(pen, label, x, bottom + TICK_GAP, "center", "top");
  }
  for (const { value, label } of upTicks(axes)) {
    const y = yOf(axes, value);
    segment(pen, left, crisp(y), -4, 0);
    write(pen, label, left - TICK_GAP, y + 0.5, "right", "middle");
  }
}

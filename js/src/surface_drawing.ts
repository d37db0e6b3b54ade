/** What is written and drawn over the surface on a 2D canvas: ticks, names, colour bar, the pointed-at place. */

import { type Area, cutTo, LABEL_SIZE, setFont, TICK_SIZE, widestLabel } from "./axes.ts";
import type { Edge, Label } from "./box.ts";
import { barTicks, barWidth, drawColorBar } from "./color_bar.ts";
import { cssColor } from "./colormap.ts";
import type { MapFrame } from "./frames.ts";
import { dot, type Pen, segment, stroke, write } from "./pen.ts";
import type { Size } from "./plot.ts";
import type { Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const TICK_LENGTH = 5;
const [LEAST_NAMED, LEAST_NAME] = [90, 120]; // pixels: of an edge that has a name, and that a name may take
const SWATCH = 18; // pixels: of the legend
const BAR_MARGIN = 30; // above and below the colour bar
const BAR_SHARE = 0.62; // of the height, at most

/** The part of the canvas that the scene has: what the colour bar leaves. */
export function sceneArea(pen: Pen, theme: Theme, size: Size, colors: Scale): Area {
  setFont(pen, theme, TICK_SIZE);
  const right = barWidth(widestLabel(pen, barTicks(colors, barHeight(size))));
  return { left: 0, top: 0, width: Math.max(size.width - right, size.width / 2), height: size.height };
}

function barHeight({ height }: Size): number {
  return Math.round(Math.min(height - 2 * BAR_MARGIN, Math.max(BAR_SHARE * height, 150)));
}

export function drawBar(
  pen: Pen,
  theme: Theme,
  area: Area,
  size: Size,
  frame: MapFrame,
  colors: Scale,
): void {
  const height = barHeight(size);
  const top = Math.round((size.height - height) / 2);
  drawColorBar(pen, theme, { ...area, top, height }, frame, colors);
}

/** Heights of the level lines: the ticks of the colour bar. */
export function levelsOf(size: Size, colors: Scale): number[] {
  return barTicks(colors, barHeight(size)).map(({ value }) => colors.place(value));
}

/** Ticks and names of the edges of the box. */
export function drawEdges(
  pen: Pen,
  theme: Theme,
  area: Area,
  edges: readonly Edge[],
  names: Record<Edge["axis"], string>,
): void {
  const taken: Area[] = [];
  for (const edge of edges) {
    drawEdgeTicks(pen, theme, edge, taken);
    drawName(pen, theme, area, edge, names[edge.axis]);
  }
}

/** Where two edges meet, the text that comes second stays away. */
function drawEdgeTicks(pen: Pen, theme: Theme, { ticks }: Edge, taken: Area[]): void {
  setFont(pen, theme, TICK_SIZE);
  stroke(pen, theme.muted, 1, () => {
    for (const { x, y, outX, outY } of ticks) segment(pen, x, y, TICK_LENGTH * outX, TICK_LENGTH * outY);
  });
  pen.fillStyle = theme.muted;
  for (const tick of ticks) {
    const half = pen.measureText(tick.text).width / 2;
    const { x, y } = awayFrom(tick, half, TICK_SIZE / 2, TICK_LENGTH + 3);
    const box = { left: x - half - 2, top: y - TICK_SIZE / 2, width: 2 * half + 4, height: TICK_SIZE };
    if (taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    write(pen, tick.text, x, y, "center", "middle");
  }
}

function overlap(a: Area, b: Area): boolean {
  const isBeside = a.left + a.width < b.left || b.left + b.width < a.left;
  return !isBeside && a.top + a.height >= b.top && b.top + b.height >= a.top;
}

/** The middle of a text box that touches its anchor's side, whichever way outwards is. */
function awayFrom(
  { x, y, outX, outY }: Label,
  half: number,
  tall: number,
  gap: number,
): { x: number; y: number } {
  const reach = gap + Math.abs(outX) * half + Math.abs(outY) * tall;
  return { x: x + reach * outX, y: y + reach * outY };
}

/** Along its edge, beyond the ticks. */
function drawName(
  pen: Pen,
  theme: Theme,
  area: Area,
  { middle, ticks, angle, length }: Edge,
  name: string,
): void {
  setFont(pen, theme, TICK_SIZE);
  const widest = ticks.reduce((most, { text }) => Math.max(most, pen.measureText(text).width), 0);
  const beyond = Math.abs(middle.outX) * widest + Math.abs(middle.outY) * TICK_SIZE;
  const reach = TICK_LENGTH + 9 + beyond + LABEL_SIZE / 2;
  const [x, y] = [middle.x + reach * middle.outX, middle.y + reach * middle.outY];
  if (length < LEAST_NAMED || x < 4 || x > area.width || y < 4 || y > area.height) return;
  setFont(pen, theme, LABEL_SIZE);
  pen.fillStyle = theme.ink;
  pen.save();
  pen.translate(x, y);
  pen.rotate(angle);
  write(pen, cutTo(pen, name, Math.max(length, LEAST_NAME)), 0, 0, "center", "middle");
  pen.restore();
}

/** Of a second surface: a colour that the table does not have. Red, green, blue from 0 to 1. */
export function tintOf({ is_dark }: Theme): readonly [number, number, number] {
  return is_dark ? [1, 0.55, 0.38] : [0.85, 0.33, 0.1];
}

/** Which surface is which, in the lower left corner. */
export function drawLegend(pen: Pen, theme: Theme, area: Area, names: readonly [string, string]): void {
  setFont(pen, theme, TICK_SIZE);
  const [left, row] = [8, TICK_SIZE + 6];
  const table = pen.createLinearGradient(left, 0, left + SWATCH, 0);
  for (let k = 0; k <= 8; k++) table.addColorStop(k / 8, cssColor(k / 8));
  const tint = `rgb(${tintOf(theme).map((part) => Math.round(255 * part))})`;
  for (const [k, color] of [table, tint].entries()) {
    const y = area.top + area.height - row * (2 - k);
    pen.fillStyle = color;
    pen.fillRect(left, y, SWATCH, TICK_SIZE - 2);
    pen.fillStyle = theme.ink;
    write(pen, names[k] as string, left + SWATCH + 6, y + TICK_SIZE / 2 - 1, "left", "middle");
  }
}

/** A ring with a dot: seen on every colour. */
export function drawMark(pen: Pen, x: number, y: number): void {
  stroke(pen, "rgba(0, 0, 0, 0.55)", 4, () => pen.arc(x, y, 5.5, 0, 2 * Math.PI));
  stroke(pen, "#fff", 2, () => pen.arc(x, y, 5.5, 0, 2 * Math.PI));
}

/** A white dot with a dark edge. */
export function drawCenter(pen: Pen, x: number, y: number): void {
  dot(pen, "rgba(0, 0, 0, 0.7)", x, y, 4.6);
  dot(pen, "#fff", x, y, 3.2);
}

/** The parts of the picture of a run of mining, one function each. */

import {
  type Axes,
  drawGrid,
  drawTicks,
  setFont,
  TICK_GAP,
  TICK_SIZE,
  upTicks,
  widestLabel,
  xOf,
  yOf,
} from "./axes.ts";
import type { HistoryFrame, Line } from "./history_frames.ts";
import { LEGEND_ROW, type Legend, layLegend, SAMPLE } from "./legend.ts";
import { clipped, crisp, dot, type Pen, segment, stroke, write } from "./pen.ts";
import type { Size } from "./plot.ts";
import { makeScale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const ROOM = 22; // of a tick: the picture is low

interface Look {
  color: string;
  width: number;
  dash: number[];
  hasDots: boolean;
}

/** Colour is never alone: each line has a dash or dots of its own. */
function lookOf(name: Line["name"], theme: Theme): Look {
  const looks: Record<Line["name"], Look> = {
    plus: { color: theme.line, width: 1.6, dash: [], hasDots: false },
    minus: { color: theme.line, width: 1.6, dash: [5, 3], hasDots: false },
    center: { color: theme.muted, width: 1.4, dash: [2, 3], hasDots: false },
    barrier: { color: theme.valley, width: 1.4, dash: [], hasDots: false },
    growth: { color: theme.growth, width: 1.4, dash: [], hasDots: true },
  };
  return looks[name];
}

function legend(pen: Pen, theme: Theme, left: number, right: number, lines: readonly Line[]): Legend {
  const entries = lines.map((line) => ({
    words: line.words,
    sample: (x: number, y: number) => drawSample(pen, lookOf(line.name, theme), x, y),
  }));
  return layLegend(pen, theme, left, right, entries);
}

/** A step axis to the target, and the legend above. */
export function layOut(pen: Pen, theme: Theme, size: Size, frame: HistoryFrame): Axes {
  const scales = {
    across: makeScale("linear", 0, Math.max(frame.target, 1)),
    up: makeScale("linear", ...frame.loss_limits),
  };
  const right = size.width - 14;
  const area = { left: 0, top: 0, width: 0, height: size.height - LEGEND_ROW - TICK_SIZE - 16 };
  setFont(pen, theme, TICK_SIZE);
  const labels = Math.max(
    widestLabel(pen, upTicks({ area, room: ROOM, ...scales })),
    pen.measureText("step").width + 3,
  );
  area.left = Math.ceil(labels) + TICK_GAP + 4;
  area.width = Math.round(right - area.left);
  area.top = Math.max(legend(pen, theme, area.left, right, frame.lines).height, LEGEND_ROW) + 4;
  area.height = Math.round(size.height - area.top - TICK_SIZE - TICK_GAP - 4);
  return { area, room: ROOM, ...scales };
}

export function drawPicture(pen: Pen, theme: Theme, axes: Axes, size: Size, frame: HistoryFrame): void {
  const { left, top, width, height } = axes.area;
  pen.fillStyle = theme.paper;
  pen.fillRect(left, top, width, height);
  drawGrid(pen, theme, axes);
  clipped(pen, axes.area, () => {
    drawShown(pen, theme, axes, frame.shown);
    for (const line of frame.lines) drawLine(pen, theme, axes, line);
  });
  drawFrame(pen, theme, axes);
  drawSnapshots(pen, theme, axes, frame.snapshots);
  legend(pen, theme, left, size.width - 14, frame.lines).draw();
}

function drawFrame(pen: Pen, theme: Theme, axes: Axes): void {
  const { left, top, width, height } = axes.area;
  stroke(pen, theme.muted, 1, () => {
    pen.rect(crisp(left), crisp(top), width, height);
    drawTicks(pen, theme, axes);
  });
  write(pen, "step", left - TICK_GAP - 3, top + height + TICK_GAP, "right", "top");
}

/** Which step the other pictures show. */
function drawShown(pen: Pen, theme: Theme, axes: Axes, step: number): void {
  const { top, height } = axes.area;
  stroke(pen, theme.muted, 1, () => segment(pen, crisp(xOf(axes, step)), top, 0, height), [3, 3]);
}

function drawLine(pen: Pen, theme: Theme, axes: Axes, line: Line): void {
  const { color, width, dash, hasDots } = lookOf(line.name, theme);
  pen.lineJoin = "round";
  stroke(pen, color, width, () => trace(pen, axes, line), dash);
  if (!hasDots) return;
  for (let k = 0; k < line.steps.length; k++)
    dot(pen, color, xOf(axes, line.steps[k] as number), yOf(axes, line.losses[k] as number), 2);
}

/** Far outside is drawn just outside: canvas paths overflow. */
function trace(pen: Pen, axes: Axes, { steps, losses }: Line): void {
  for (let k = 0; k < steps.length; k++) {
    const x = xOf(axes, steps[k] as number);
    const y = Math.min(Math.max(yOf(axes, losses[k] as number), -1e5), 1e5);
    if (k === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
}

/** A notch at the foot for every step that can be scrubbed to. */
function drawSnapshots(pen: Pen, theme: Theme, axes: Axes, steps: Float32Array): void {
  const bottom = axes.area.top + axes.area.height;
  stroke(pen, theme.ink, 2, () => {
    for (let k = 0; k < steps.length; k++) segment(pen, xOf(axes, steps[k] as number), bottom - 5, 0, 5);
  });
}

function drawSample(pen: Pen, { color, width, dash, hasDots }: Look, x: number, y: number): void {
  stroke(pen, color, width, () => segment(pen, x, y, SAMPLE, 0), dash);
  if (hasDots) dot(pen, color, x + SAMPLE / 2, y, 2);
}

export function drawPointer(pen: Pen, theme: Theme, axes: Axes, frame: HistoryFrame, step: number): void {
  const { top, height } = axes.area;
  const x = xOf(axes, step);
  stroke(pen, theme.muted, 1, () => segment(pen, crisp(x), top, 0, height));
  for (const line of frame.lines) {
    const index = line.steps.indexOf(step);
    if (index >= 0) dot(pen, lookOf(line.name, theme).color, x, yOf(axes, line.losses[index] as number), 3);
  }
}

/** What is drawn beside a curve's own line: error, kept curves, the quadratic, the metric with its axis. */

import {
  type Axes,
  LABEL_SIZE,
  setFont,
  TICK_GAP,
  TICK_SIZE,
  upTicks,
  widestLabel,
  xOf,
  yOf,
} from "./axes.ts";
import { fillBand, tracePath } from "./curve_lines.ts";
import { type Look, metricOf } from "./curve_look.ts";
import type { CurveFrame, Metric } from "./frames.ts";
import { type Entry, SAMPLE } from "./legend.ts";
import { relaxed } from "./limits.ts";
import { clipped, crisp, type Pen, segment, stroke, write, writeDownwards } from "./pen.ts";
import { type Quadratic, quadraticOf, valueAt } from "./quadratic.ts";
import { formatNumber, makeScale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const KEPT_DASHES = [
  [9, 4],
  [2, 3],
  [9, 3, 2, 3],
]; // colour is never alone
const [QUADRATIC_DASH, METRIC_DASH, PART_DASH] = [
  [4, 3],
  [1, 2.5],
  [1, 3],
];

export function quadraticIn(frame: CurveFrame, look: Look): Quadratic | null {
  const { bend, center_loss: loss } = frame;
  if (bend && loss !== null) return { loss, ...bend };
  return look.hasQuadratic ? quadraticOf(frame.alphas, frame.losses) : null;
}

export function drawErrors(pen: Pen, theme: Theme, axes: Axes, frame: CurveFrame): void {
  const { errors, computed } = frame;
  if (!errors) return;
  // A band that closed at each computed point would be a comb: it goes on as wide as beside them.
  const reach = errors.map((error, k) =>
    computed[k] === 1 ? Math.max(error, errors[k - 1] ?? 0, errors[k + 1] ?? 0) : error,
  );
  pen.globalAlpha = 0.22;
  pen.fillStyle = theme.line;
  fillBand(pen, axes, frame.alphas, frame.losses, reach);
  pen.globalAlpha = 1;
}

/** Bars of two standard errors over the samples. */
export function drawSpread(pen: Pen, theme: Theme, axes: Axes, { alphas, losses, spread }: CurveFrame): void {
  if (!spread) return;
  stroke(pen, theme.line, 1.2, () => {
    for (let k = 0; k < alphas.length; k++) {
      const [loss, reach] = [losses[k] as number, spread[k] as number];
      if (!Number.isFinite(loss + reach)) continue;
      const x = xOf(axes, alphas[k] as number);
      const [low, high] = [yOf(axes, loss - reach), yOf(axes, loss + reach)].map((y) => Math.min(y, 1e5));
      segment(pen, x, low as number, 0, (high as number) - (low as number));
      for (const y of [low, high]) segment(pen, x - 3, y as number, 6, 0);
    }
  });
}

export function drawKept(pen: Pen, theme: Theme, axes: Axes, kept: readonly CurveFrame[]): void {
  kept.forEach(({ alphas, losses }, k) => {
    stroke(pen, theme.kept[k] as string, 1.8, () => tracePath(pen, axes, alphas, losses), KEPT_DASHES[k]);
  });
}

export function drawQuadratic(pen: Pen, theme: Theme, axes: Axes, quadratic: Quadratic): void {
  const { low, high } = axes.across;
  const alphas = Float32Array.from({ length: 101 }, (_, k) => low + ((high - low) * k) / 100);
  const losses = alphas.map((alpha) => valueAt(quadratic, alpha));
  stroke(pen, theme.quadratic, 1.6, () => tracePath(pen, axes, alphas, losses), QUADRATIC_DASH);
  for (const alpha of quadratic.parts ?? []) {
    const { top, height } = axes.area;
    stroke(pen, theme.quadratic, 1, () => segment(pen, xOf(axes, alpha), top, 0, height), PART_DASH);
  }
}

/** The axes of a metric; shares have theirs from 0 to 1. */
export function metricAxes({ area, across }: Axes, { values }: Metric): Axes {
  const isShare = values.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1));
  const [low, high] = isShare ? [0, 1] : relaxed([0, 0], values, "linear", null);
  return { area, across, up: makeScale("linear", low, low < high ? high : low + 1) };
}

/** Room at the right that the axis of a metric takes. */
export function metricRoom(pen: Pen, theme: Theme, axes: Axes): number {
  setFont(pen, theme, TICK_SIZE);
  return Math.ceil(widestLabel(pen, upTicks(axes))) + TICK_GAP + LABEL_SIZE + 12;
}

export function drawMetric(
  pen: Pen,
  theme: Theme,
  axes: Axes,
  frame: CurveFrame,
  { name, values }: Metric,
): void {
  const { left, top, width, height } = axes.area;
  const right = left + width;
  clipped(pen, axes.area, () => {
    stroke(pen, theme.metric, 1.8, () => tracePath(pen, axes, frame.alphas, values), METRIC_DASH);
  });
  setFont(pen, theme, TICK_SIZE);
  pen.fillStyle = theme.metric;
  stroke(pen, theme.metric, 1, () => {
    for (const { value, label } of upTicks(axes)) {
      segment(pen, right, crisp(yOf(axes, value)), 4, 0);
      write(pen, label, right + TICK_GAP, yOf(axes, value) + 0.5, "left", "middle");
    }
  });
  const beside = right + metricRoom(pen, theme, axes) - LABEL_SIZE - 2;
  setFont(pen, theme, LABEL_SIZE);
  writeDownwards(pen, name, beside, top + height / 2);
}

/** What the legend says; nothing where the curve is alone. */
export function legendEntries(pen: Pen, theme: Theme, frame: CurveFrame, look: Look): Entry[] {
  const line = (words: string, color: string, width: number, dash: number[] = []): Entry => ({
    words,
    sample: (x, y) => stroke(pen, color, width, () => segment(pen, x, y, SAMPLE, 0), dash),
  });
  const [metric, quadratic] = [metricOf(frame, look), quadraticIn(frame, look)];
  const entries = look.kept.map(({ name }, k) => line(name, theme.kept[k] as string, 1.8, KEPT_DASHES[k]));
  if (metric) entries.push(line(`${metric.name} (right)`, theme.metric, 1.6, METRIC_DASH));
  if (quadratic) {
    const by = frame.bend ? "by the Hessian" : "of this slice";
    const words = `quadratic ${by}, curvature ${formatNumber(quadratic.curvature)}`;
    entries.push(line(words, theme.quadratic, 1.6, QUADRATIC_DASH));
  }
  if (frame.spread) entries.push(line("± 2 standard errors", theme.line, 1.2));
  if (frame.ghost) entries.push(line("the last curve", theme.muted, 1.5, [5, 4]));
  if (entries.length === 0) return [];
  return [line(look.kept.length ? frame.name || "loss" : "loss", theme.line, 2), ...entries];
}

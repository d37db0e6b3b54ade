/** The picture of a surface from above, on Canvas 2D: colours, level lines, colour bar. */

import {
  type Area,
  type Axes,
  BOTTOM_MARGIN,
  drawAxes,
  leftMargin,
  setFont,
  TICK_SIZE,
  upTicks,
  widestLabel,
  xOf,
  yOf,
} from "./axes.ts";
import { barWidth, drawColorBar } from "./color_bar.ts";
import type { MapFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { drawLevels, paintSurface } from "./map_image.ts";
import { clipNotes, extremes, holeNote, type Place, type Plot, pointNote, type Size } from "./plot.ts";
import { formatNumber, makeScale, makeTicks, type Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const TOP = 14;
const WIDEST = 1.5; // of the plotted area over its height: a square plane should not look like a band

export function mapPlot(frame: MapFrame): Plot {
  const { alphas, betas } = frame;
  const colors = makeScale(frame.scale, ...frame.loss_limits);
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  let image: { canvas: HTMLCanvasElement; key: string } | null = null; // pointing does not paint it again
  const imageFor = (area: Area, ratio: number, theme: Theme) => {
    const key = `${area.width} ${area.height} ${ratio} ${theme.hole}`;
    if (image?.key !== key) image = { key, canvas: paintSurface(frame, colors, area, ratio, theme) };
    return image.canvas;
  };
  const at = (column: number, row: number): Place => ({
    alpha: alphas[column] as number,
    beta: betas[row] as number,
  });
  return {
    frame,
    draw(context, theme, size, place) {
      axes = layOut(context, theme, size, frame, colors);
      const { left, top, width, height } = axes.area;
      context.drawImage(imageFor(axes.area, size.ratio, theme), left, top, width, height);
      drawPicture(context, theme, axes, frame, colors);
      if (place)
        drawPointer(context, axes, at(nearestIndex(alphas, place.alpha), nearestIndex(betas, place.beta)));
    },
    pick(x, y) {
      if (!axes) return null;
      const { left, top, width, height } = axes.area;
      if (x < left || x > left + width || y < top || y > top + height) return null;
      const alpha = axes.across.value((x - left) / width);
      return at(nearestIndex(alphas, alpha), nearestIndex(betas, axes.up.value(1 - (y - top) / height)));
    },
    step(place, columns, rows) {
      const column = nearestIndex(alphas, place ? place.alpha : 0);
      const row = nearestIndex(betas, place ? place.beta : 0);
      return place
        ? at(inside(column + columns, alphas.length), inside(row + rows, betas.length))
        : at(column, row);
    },
    read: (place) => read(frame, place),
    describe: () => describe(frame),
    notes: () => [...clipNotes(frame), ...holeNote(frame, "hatched:"), pointNote(frame)],
  };
}

function inside(index: number, count: number): number {
  return Math.min(Math.max(index, 0), count - 1);
}

function layOut(
  context: CanvasRenderingContext2D,
  theme: Theme,
  size: Size,
  { alphas, betas }: MapFrame,
  colors: Scale,
): Axes {
  const across = makeScale("linear", alphas[0] as number, alphas[alphas.length - 1] as number);
  const up = makeScale("linear", betas[0] as number, betas[betas.length - 1] as number);
  const area = { left: 0, top: TOP, width: 0, height: Math.round(size.height - TOP - BOTTOM_MARGIN) };
  area.left = leftMargin(context, theme, upTicks({ area, across, up }));
  setFont(context, theme, TICK_SIZE);
  const bar = barWidth(widestLabel(context, makeTicks(colors, area.height / 48)));
  area.width = Math.round(Math.min(size.width - area.left - bar, WIDEST * area.height));
  return { area, across, up };
}

function drawPicture(
  context: CanvasRenderingContext2D,
  theme: Theme,
  axes: Axes,
  frame: MapFrame,
  colors: Scale,
): void {
  const { left, top, width, height } = axes.area;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  drawLevels(context, axes, frame, makeTicks(colors, height / 48));
  drawPoints(context, axes, frame);
  drawCurveLine(context, axes);
  drawCenter(context, axes);
  context.restore();
  drawAxes(context, theme, axes, { across: frame.alpha_label, up: frame.beta_label });
  drawColorBar(context, theme, axes.area, frame, colors);
}

/** Small dots on what was computed, paler the more there are. */
function drawPoints(context: CanvasRenderingContext2D, axes: Axes, frame: MapFrame): void {
  const columns = frame.alphas.length;
  const apart = Math.min(axes.area.width / columns, axes.area.height / frame.betas.length);
  if (apart < 5) return; // they would cover the colours
  const radius = Math.min(1.6, apart / 9);
  context.fillStyle = "rgba(255, 255, 255, 0.55)";
  for (let k = 0; k < frame.losses.length; k++) {
    if (frame.computed[k] !== 1) continue;
    const x = xOf(axes, frame.alphas[k % columns] as number);
    const y = yOf(axes, frame.betas[Math.floor(k / columns)] as number);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The line beta = 0, along which the curve runs. */
function drawCurveLine(context: CanvasRenderingContext2D, axes: Axes): void {
  const y = yOf(axes, 0);
  const { left, width } = axes.area;
  haloed(
    context,
    1.5,
    () => {
      context.moveTo(left, y);
      context.lineTo(left + width, y);
    },
    [7, 5],
  );
}

function drawCenter(context: CanvasRenderingContext2D, axes: Axes): void {
  const [x, y] = [xOf(axes, 0), yOf(axes, 0)];
  haloed(context, 2, () => {
    context.moveTo(x - 7, y);
    context.lineTo(x + 7, y);
    context.moveTo(x, y - 7);
    context.lineTo(x, y + 7);
  });
}

function drawPointer(context: CanvasRenderingContext2D, axes: Axes, place: Place): void {
  const [x, y] = [xOf(axes, place.alpha), yOf(axes, place.beta)];
  haloed(context, 2, () => {
    context.moveTo(x + 6, y);
    context.arc(x, y, 6, 0, 2 * Math.PI);
  });
}

/** A white stroke on a dark one: seen on every colour of the table. */
function haloed(
  context: CanvasRenderingContext2D,
  width: number,
  trace: () => void,
  dash: number[] = [],
): void {
  context.beginPath();
  trace();
  context.setLineDash(dash);
  context.strokeStyle = "rgba(0, 0, 0, 0.5)";
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = "#ffffff";
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

function read(frame: MapFrame, place: Place): string {
  const column = nearestIndex(frame.alphas, place.alpha);
  const row = nearestIndex(frame.betas, place.beta);
  const index = row * frame.alphas.length + column;
  const loss = frame.losses[index] as number;
  const how =
    frame.computed[index] === 1 ? "exact" : Number.isNaN(loss) ? "not computed yet" : "linear between points";
  const alpha = formatNumber(frame.alphas[column] as number);
  const beta = formatNumber(frame.betas[row] as number);
  return `alpha ${alpha} · beta ${beta} · loss ${formatNumber(loss)} · ${how}`;
}

function describe(frame: MapFrame): string {
  const found = extremes(frame.losses);
  if (!found) return "loss surface without a finite loss";
  const columns = frame.alphas.length;
  const alpha = formatNumber(frame.alphas[found.lowAt % columns] as number);
  const beta = formatNumber(frame.betas[Math.floor(found.lowAt / columns)] as number);
  const center = frame.center_loss === null ? "" : ` · center ${formatNumber(frame.center_loss)}`;
  return `lowest ${formatNumber(found.low)} at alpha ${alpha}, beta ${beta} · highest ${formatNumber(found.high)}${center}`;
}

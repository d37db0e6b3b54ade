/** A surface from above as a view sees it: draws, points, speaks. */

import { type Area, type Axes, makeAxes, setFont, TICK_SIZE, widestLabel, xOf, yOf } from "./axes.ts";
import { barTicks, barWidth } from "./color_bar.ts";
import type { MapFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { layLegend } from "./legend.ts";
import { drawPicture, drawPointer, fillBands } from "./map_drawing.ts";
import { paintSurface } from "./map_image.ts";
import { readModel, trackEntries, trackNotes } from "./map_tracks.ts";
import type { Pen } from "./pen.ts";
import {
  cutNotes,
  extremes,
  holeNote,
  type Place,
  type Plot,
  pointNote,
  readLoss,
  type Size,
} from "./plot.ts";
import { formatNumber, makeScale, type Scale } from "./scale.ts";
import type { Grip } from "./slice_line.ts";
import { SvgPen } from "./svg.ts";
import type { Theme } from "./theme.ts";

const WIDEST = 1.5; // of the plotted area over its height: a square plane should not look like a band

// One canvas for all maps of this module, painted anew for whichever is drawn: making one takes a millisecond.
let shared: HTMLCanvasElement | null = null;
let lastPainted: MapFrame | null = null;

function canvasOfAll(): HTMLCanvasElement {
  shared ??= document.createElement("canvas");
  return shared;
}

export function mapPlot(frame: MapFrame): Plot {
  const { alphas, betas } = frame;
  const colors = makeScale(frame.scale, ...frame.loss_limits);
  let axes: Axes | null = null; // of the last drawing: what the pointer points at
  let painted = ""; // how the shared canvas was painted: pointing does not paint it again
  const imageFor = (area: Area, ratio: number, theme: Theme) => {
    const key = `${area.width} ${area.height} ${ratio} ${theme.hole}`;
    const canvas = canvasOfAll();
    if (painted !== key || lastPainted !== frame) paintSurface(canvas, frame, colors, area, ratio, theme);
    [painted, lastPainted] = [key, frame];
    return canvas;
  };
  const at = (column: number, row: number): Place => ({
    alpha: alphas[column] as number,
    beta: betas[row] as number,
  });
  return {
    frame,
    draw(pen, theme, size, place) {
      const legend = layLegend(pen, theme, 4, size.width - 4, trackEntries(pen, frame, colors));
      axes = layOut(pen, theme, size, frame, colors, legend.height + 14);
      const { left, top, width, height } = axes.area;
      if (pen instanceof SvgPen) fillBands(pen, theme, axes, frame, colors);
      else pen.drawImage(imageFor(axes.area, size.ratio, theme), left, top, width, height);
      legend.draw();
      drawPicture(pen, theme, axes, frame, colors);
      if (place)
        drawPointer(pen, axes, at(nearestIndex(alphas, place.alpha), nearestIndex(betas, place.beta)));
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
    grip: () => axes && gripOf(axes, frame),
    read: (place) => read(frame, place),
    describe: () => describe(frame),
    notes: () => [...trackNotes(frame), ...cutNotes(frame), ...holeNote(frame, "hatched:"), pointNote(frame)],
  };
}

function gripOf(axes: Axes, { alphas, betas, asked }: MapFrame): Grip | null {
  if (!asked) return null;
  const { area } = axes;
  const extent = (axis: Float32Array) => (axis[axis.length - 1] as number) - (axis[0] as number);
  const perAlpha = area.width / extent(alphas);
  const perBeta = area.height / extent(betas);
  return { x: xOf(axes, 0), y: yOf(axes, 0), perAlpha, perBeta, span: asked.scale };
}

function inside(index: number, count: number): number {
  return Math.min(Math.max(index, 0), count - 1);
}

function layOut(pen: Pen, theme: Theme, size: Size, frame: MapFrame, colors: Scale, top: number): Axes {
  const across = scaleOf(frame.alphas);
  setFont(pen, theme, TICK_SIZE);
  const right = barWidth(widestLabel(pen, barTicks(colors, size.height)));
  const axes = makeAxes(pen, theme, size, { across, up: scaleOf(frame.betas) }, right, top);
  axes.area.width = Math.min(axes.area.width, Math.round(WIDEST * axes.area.height));
  return axes;
}

function scaleOf(axis: Float32Array): Scale {
  return makeScale("linear", axis[0] as number, axis[axis.length - 1] as number);
}

function read(frame: MapFrame, place: Place): string {
  const column = nearestIndex(frame.alphas, place.alpha);
  const row = nearestIndex(frame.betas, place.beta);
  const alpha = formatNumber(frame.alphas[column] as number);
  const beta = formatNumber(frame.betas[row] as number);
  const loss = readLoss(frame, row * frame.alphas.length + column);
  return `alpha ${alpha} · beta ${beta} · ${loss}${readModel(frame, place)}`;
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

/** Pixels of a surface: its colours, and hatching where it has holes. */

import type { Area } from "./axes.ts";
import { bandEdges, bandPlace } from "./bands.ts";
import { barTicks } from "./color_bar.ts";
import { entryOf, TABLE } from "./colormap.ts";
import type { MapFrame } from "./frames.ts";
import { between, type Grid, indexPlaces, readRow } from "./grid.ts";
import type { Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const MOST_PIXELS = 400_000; // about 10 ms to colour; larger pictures are stretched

/** A canvas of the area's size with the surface on it; row 0 is the largest beta. */
export function paintSurface(
  frame: MapFrame,
  colors: Scale,
  area: Area,
  ratio: number,
  theme: Theme,
): HTMLCanvasElement {
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (area.width * area.height * ratio * ratio)));
  const width = Math.max(1, Math.round(area.width * ratio * shrink));
  const height = Math.max(1, Math.round(area.height * ratio * shrink));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const image = context.createImageData(width, height);
  const edges = bandEdges(colors, barTicks(colors, area.height));
  fillPixels(image, frame, colors, edges, theme, Math.max(3, Math.round(6 * ratio * shrink)));
  context.putImageData(image, 0, 0);
  return canvas;
}

function fillPixels(
  image: ImageData,
  frame: MapFrame,
  colors: Scale,
  edges: readonly number[],
  theme: Theme,
  period: number,
): void {
  const { data, width, height } = image;
  const grid = gridOf(frame);
  const columns = indexPlaces(frame.alphas, width);
  const rows = indexPlaces(frame.betas, height);
  const hole = rgbOf(theme.hole);
  const line = new Float64Array(grid.columns); // the losses along one row of pixels, at the grid's columns
  for (let y = 0; y < height; y++) {
    const row = rows[height - 1 - y] as number;
    readRow(grid, row, line);
    for (let x = 0; x < width; x++) {
      const column = columns[x] as number;
      const left = Math.min(Math.floor(column), grid.columns - 2);
      const loss = between(line[left] as number, line[left + 1] as number, column - left);
      const at = 4 * (y * width + x);
      if (Number.isFinite(loss)) colorPixel(data, at, entryOf(bandPlace(edges, colors.place(loss))));
      else if ((x + y) % period < period / 4 && touchesHole(frame, row, column)) hatchPixel(data, at, hole);
    }
  }
}

export function gridOf({ losses, alphas, betas }: MapFrame): Grid {
  return { values: losses, rows: betas.length, columns: alphas.length };
}

function colorPixel(data: Uint8ClampedArray, at: number, entry: number): void {
  data[at] = TABLE[3 * entry] as number;
  data[at + 1] = TABLE[3 * entry + 1] as number;
  data[at + 2] = TABLE[3 * entry + 2] as number;
  data[at + 3] = 255;
}

function hatchPixel(data: Uint8ClampedArray, at: number, [red, green, blue]: number[]): void {
  data[at] = red as number;
  data[at + 1] = green as number;
  data[at + 2] = blue as number;
  data[at + 3] = 200;
}

/** Whether a corner of this square was computed and is not finite (else it is only awaited). */
export function touchesHole(frame: MapFrame, row: number, column: number): boolean {
  const columns = frame.alphas.length;
  const at =
    Math.min(Math.floor(row), frame.betas.length - 2) * columns + Math.min(Math.floor(column), columns - 2);
  return [at, at + 1, at + columns, at + columns + 1].some(
    (k) => frame.computed[k] === 1 && !Number.isFinite(frame.losses[k]),
  );
}

function rgbOf(hex: string): number[] {
  return [1, 3, 5].map((from) => Number.parseInt(hex.slice(from, from + 2), 16));
}

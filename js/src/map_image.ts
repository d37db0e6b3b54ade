/** Pixels of a surface: its colours, and hatching where it has holes. */

import type { Area } from "./axes.ts";
import { entryOf, TABLE } from "./colormap.ts";
import type { MapFrame } from "./frames.ts";
import { between, type Grid, indexPlaces, readRow, refine } from "./grid.ts";
import type { Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const MOST_PIXELS = 400_000; // about 10 ms to colour; larger pictures are stretched
const FINE_ENOUGH = 120; // steps an axis between which colours may be mixed in place of losses

/** A painted surface: the part of its canvas, in pixels, that fills the area of a map. */
export interface Painted {
  canvas: HTMLCanvasElement;
  from: number;
  width: number;
  height: number;
}

/** Row 0 is the largest beta. `canvas` is painted over; hatching needs the size of the area and its density. */
export function paintSurface(
  canvas: HTMLCanvasElement,
  frame: MapFrame,
  colors: Scale,
  area: Area,
  ratio: number,
  theme: Theme,
): Painted {
  if (isWhole(frame)) return paintGrid(canvas, gridOf(frame), colors);
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (area.width * area.height * ratio * ratio)));
  const width = Math.max(1, Math.round(area.width * ratio * shrink));
  const height = Math.max(1, Math.round(area.height * ratio * shrink));
  paint(canvas, width, height, (image) =>
    fillPixels(image, frame, colors, theme, Math.max(3, Math.round(6 * ratio * shrink))),
  );
  return { canvas, from: 0, width, height };
}

/** Evenly spaced and without a hole: a pixel a point is enough, and the browser stretches them. */
function isWhole({ losses, alphas, betas }: MapFrame): boolean {
  for (let k = 0; k < losses.length; k++) if (!Number.isFinite(losses[k])) return false;
  return isEven(alphas) && isEven(betas);
}

function isEven(axis: Float32Array): boolean {
  const step = ((axis[axis.length - 1] as number) - (axis[0] as number)) / (axis.length - 1);
  return axis.every((value, k) => Math.abs(value - (axis[0] as number) - k * step) < 1e-3 * step);
}

function paintGrid(canvas: HTMLCanvasElement, grid: Grid, colors: Scale): Painted {
  const factor = Math.ceil(FINE_ENOUGH / Math.max(grid.columns - 1, grid.rows - 1));
  const { values, columns, rows } = factor > 1 && grid.columns < 60 ? refine(grid, factor) : grid;
  paint(canvas, columns, rows, ({ data }) => {
    for (let row = 0; row < rows; row++) {
      const to = 4 * columns * (rows - 1 - row);
      for (let k = 0; k < columns; k++)
        colorPixel(data, to + 4 * k, entryOf(colors.place(values[row * columns + k] as number)));
    }
  });
  // The outermost points lie on the edge: half of their pixels is beyond it.
  return { canvas, from: 0.5, width: columns - 1, height: rows - 1 };
}

const IMAGES = new WeakMap<HTMLCanvasElement, ImageData>();

function paint(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  fill: (image: ImageData) => void,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const own = IMAGES.get(canvas);
  const image = own?.width === width && own.height === height ? own : context.createImageData(width, height);
  IMAGES.set(canvas, image);
  fill(image);
  context.putImageData(image, 0, 0);
}

function fillPixels(image: ImageData, frame: MapFrame, colors: Scale, theme: Theme, period: number): void {
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
      data[at + 3] = 0;
      if (Number.isFinite(loss)) colorPixel(data, at, entryOf(colors.place(loss)));
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
function touchesHole(frame: MapFrame, row: number, column: number): boolean {
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

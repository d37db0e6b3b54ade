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
const BAND_STEPS = 1024; // an edge of a band is off by half of such a step at most

/** Fill `canvas` with a map's area; row 0 is the largest beta. */
export function paintSurface(
  canvas: HTMLCanvasElement,
  frame: MapFrame,
  colors: Scale,
  area: Area,
  ratio: number,
  theme: Theme,
): void {
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (area.width * area.height * ratio * ratio)));
  const width = Math.max(1, Math.round(area.width * ratio * shrink));
  const height = Math.max(1, Math.round(area.height * ratio * shrink));
  const context = canvas.getContext("2d");
  if (!context) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = imageOf(canvas, context);
  const bands = bandTable(bandEdges(colors, barTicks(colors, area.height)));
  const holes = { ink: packedHex(theme.hole, 200), period: Math.max(3, Math.round(6 * ratio * shrink)) };
  fillPixels(image, frame, colors, bands, holes);
  context.putImageData(image, 0, 0);
}

const IMAGES = new WeakMap<HTMLCanvasElement, ImageData>();

/** Pixels of the canvas's size; the same ones again as long as it keeps that. */
function imageOf(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): ImageData {
  const { width, height } = canvas;
  const own = IMAGES.get(canvas);
  const image = own?.width === width && own.height === height ? own : context.createImageData(width, height);
  IMAGES.set(canvas, image);
  return image;
}

/** Place (0 to 1, in `BAND_STEPS`) -> the pixel of its band. */
function bandTable(edges: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: BAND_STEPS + 1 }, (_, k) => {
    const entry = 3 * entryOf(bandPlace(edges, k / BAND_STEPS));
    return packedPixel([TABLE[entry], TABLE[entry + 1], TABLE[entry + 2], 255] as number[]);
  });
}

interface Holes {
  ink: number;
  period: number;
}

/** Whole pixels are written at once: four bytes each. */
function fillPixels(
  image: ImageData,
  frame: MapFrame,
  colors: Scale,
  bands: Uint32Array,
  holes: Holes,
): void {
  const { width, height } = image;
  const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, width * height);
  const grid = gridOf(frame);
  const columns = indexPlaces(frame.alphas, width);
  const rows = indexPlaces(frame.betas, height);
  const line = new Float64Array(grid.columns); // the losses along one row of pixels, at the grid's columns
  for (let y = 0; y < height; y++) {
    const row = rows[height - 1 - y] as number;
    readRow(grid, row, line);
    for (let x = 0; x < width; x++) {
      const column = columns[x] as number;
      const left = Math.min(Math.floor(column), grid.columns - 2);
      const loss = between(line[left] as number, line[left + 1] as number, column - left);
      const place = colors.place(loss);
      pixels[y * width + x] =
        loss - loss === 0 // finite
          ? (bands[place <= 0 ? 0 : place >= 1 ? BAND_STEPS : Math.round(place * BAND_STEPS)] as number)
          : hatched(frame, row, column, x + y, holes);
    }
  }
}

/** A stroke of the hatching, or nothing. */
function hatched(
  frame: MapFrame,
  row: number,
  column: number,
  along: number,
  { ink, period }: Holes,
): number {
  return along % period < period / 4 && touchesHole(frame, row, column) ? ink : 0;
}

export function gridOf({ losses, alphas, betas }: MapFrame): Grid {
  return { values: losses, rows: betas.length, columns: alphas.length };
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

function packedHex(hex: string, opacity: number): number {
  return packedPixel([...[1, 3, 5].map((from) => Number.parseInt(hex.slice(from, from + 2), 16)), opacity]);
}

/** Red, green, blue and opacity in the order of this machine's bytes. */
function packedPixel(bytes: number[]): number {
  return new Uint32Array(Uint8ClampedArray.from(bytes).buffer)[0] as number;
}

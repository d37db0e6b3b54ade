/** Checkpoints and other models on a map, each in the colour of its own loss. */

import { type Axes, xOf, yOf } from "./axes.ts";
import { cssColor } from "./colormap.ts";
import type { MapFrame, Track } from "./frames.ts";
import { type Entry, SAMPLE } from "./legend.ts";
import { dot, haloed, type Pen } from "./pen.ts";
import type { Place } from "./plot.ts";
import { formatNumber, type Scale } from "./scale.ts";

const RADIUS = 5;
const UNKNOWN = "#8a8a8a"; // a loss that is still computed

export function drawTracks(pen: Pen, axes: Axes, { tracks }: MapFrame, colors: Scale): void {
  for (const track of tracks) {
    const at = (k: number) => [xOf(axes, entryAt(track, k, 0)), yOf(axes, entryAt(track, k, 1))] as const;
    if (track.is_path) haloed(pen, 1, () => tracePath(pen, track, at));
    track.labels.forEach((_, k) => {
      drawModel(pen, ...at(k), entryAt(track, k, 2), colors);
    });
  }
}

function tracePath(pen: Pen, { labels }: Track, at: (model: number) => readonly [number, number]): void {
  pen.moveTo(...at(0));
  for (let k = 1; k < labels.length; k++) pen.lineTo(...at(k));
}

/** A disc with a white and a dark ring: seen on every colour, its own among them. */
function drawModel(pen: Pen, x: number, y: number, loss: number, colors: Scale): void {
  dot(pen, "rgba(0, 0, 0, 0.75)", x, y, RADIUS + 2);
  dot(pen, "#fff", x, y, RADIUS + 1);
  dot(pen, Number.isNaN(loss) ? UNKNOWN : cssColor(colors.place(loss)), x, y, RADIUS - 0.5);
}

export function trackEntries(pen: Pen, { tracks }: MapFrame, colors: Scale): Entry[] {
  return tracks.map((track) => ({
    words: `${track.name}, in the colour of ${track.labels.length > 1 ? "each model's" : "its"} own loss`,
    sample: (x, y) => drawModel(pen, x + SAMPLE / 2, y, entryAt(track, track.labels.length - 1, 2), colors),
  }));
}

/** How far they lie off the plane, and which are not on the map. */
export function trackNotes({ tracks, alphas, betas }: MapFrame): string[] {
  const isIn = (value: number, axis: Float32Array) =>
    value >= (axis[0] as number) && value <= (axis[axis.length - 1] as number);
  return tracks.map((track) => {
    const farthest = Math.max(...track.labels.map((_, k) => entryAt(track, k, 3)));
    const outside = track.labels.filter(
      (_, k) => !isIn(entryAt(track, k, 0), alphas) || !isIn(entryAt(track, k, 1), betas),
    ).length;
    const beyond = outside > 0 ? `, ${outside} of ${track.labels.length} outside the map` : "";
    return `● ${track.name}: up to ${formatNumber(farthest)} off the plane (filter metric)${beyond}`;
  });
}

/** The model that is nearest to a place, within a step of the grid; empty where there is none. */
export function readModel({ tracks, alphas, betas }: MapFrame, { alpha, beta }: Place): string {
  const steps = [alphas, betas].map(
    (axis) => ((axis[axis.length - 1] as number) - (axis[0] as number)) / (axis.length - 1),
  );
  let [words, least] = ["", 1];
  for (const track of tracks) {
    track.labels.forEach((label, k) => {
      const apart = Math.hypot(
        (entryAt(track, k, 0) - alpha) / (steps[0] as number),
        (entryAt(track, k, 1) - beta) / (steps[1] as number),
      );
      if (apart > least) return;
      const loss = entryAt(track, k, 2);
      const own = Number.isNaN(loss) ? "own loss not computed yet" : `own loss ${formatNumber(loss)}`;
      words = ` · ${label}: ${own}, ${formatNumber(entryAt(track, k, 3))} off the plane`;
      least = apart;
    });
  }
  return words;
}

/** Alpha, beta, loss or distance of one model. */
function entryAt({ values }: Track, model: number, column: 0 | 1 | 2 | 3): number {
  return values[4 * model + column] as number;
}

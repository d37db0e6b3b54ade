/** How far the sliders of a page may go: only where every picture can be read off what is known. */

import { evenly, findPart, isWorthy, readLosses } from "./known.ts";
import type { KnownFrame } from "./known_frames.ts";
import { extremes } from "./plot.ts";

/** Between them both ends of a slider lie; equal where it cannot move. */
export type Range = [number, number];

export interface Reach {
  /** Degrees. */
  mixing: Range;
  scale: Range;
}

/** Zooming goes in by a few percent at a time, this far at most. */
const [ZOOM, MOST_ZOOM] = [0.93, 1 / 60];
const LOOK = 9; // points an axis, that tell whether a picture shows anything
const MIXED = [-90, -60, -30, 0, 30, 60, 90]; // degrees at which that is looked at

/**
 * Everything that can be drawn, the exported picture included; null where nothing can.
 *
 * `counts`: axes of the pictures of the page. `mixing` and `scale`: what was exported.
 */
export function reachOf(
  known: KnownFrame,
  counts: readonly number[],
  mixing: number,
  scale: number,
): Reach | null {
  const largest = (angle: number) => Math.min(...counts.map((count) => largestSpan(known, count, angle)));
  const everywhere = Math.min(...Array.from({ length: 181 }, (_, k) => largest(k - 90)));
  const turns = everywhere >= scale * (1 - 1e-9);
  const most = turns ? everywhere : largest(mixing);
  if (!(most > 0)) return null;
  const angles = turns ? [...MIXED, mixing] : [mixing];
  const shows = (span: number) =>
    angles.every((angle) => counts.every((count) => showsSomething(known, count, angle, span)));
  if (!shows(most)) return null;
  let least = most;
  while (least * ZOOM > most * MOST_ZOOM && shows(least * ZOOM)) least *= ZOOM;
  return { mixing: turns ? [-90, 90] : [mixing, mixing], scale: [Math.min(least, scale), most] };
}

/** Of the pictures at this angle that are known; 0 where none is. */
function largestSpan(known: KnownFrame, count: number, mixing: number): number {
  const ends = known.parts.flatMap(({ interpolant }) =>
    interpolant.axes.map(({ low, high }) => Math.min(-low, high)),
  );
  let [low, high] = [0, Math.max(0, ...ends)];
  if (findPart(known, count, mixing, high)) return high;
  for (let k = 0; k < 40; k++) {
    const middle = (low + high) / 2;
    if (findPart(known, count, mixing, middle)) low = middle;
    else high = middle;
  }
  return low;
}

function showsSomething(known: KnownFrame, count: number, mixing: number, span: number): boolean {
  const found = findPart(known, count, mixing, span);
  const seen = found && extremes(readLosses(found, Array(count).fill(evenly(span, LOOK))));
  return found !== null && seen !== null && isWorthy(found, seen);
}

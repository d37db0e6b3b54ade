/**
 * What all views of a page share: a known frame is decoded once, and each plane is evaluated once a redraw. It is kept
 * beside the frame's own object.
 */

import type { Asked } from "./asked.ts";
import { evenly, type Found, findPart, readLosses } from "./known.ts";
import { decodeKnown, type KnownFrame } from "./known_frames.ts";
import { extremes } from "./plot.ts";
import { createScratch, type Scratch } from "./scratch.ts";

/** One evaluated plane; `axis` runs along both directions. */
export interface Reading {
  found: Found;
  axis: Float32Array;
  /** Overwritten by the next reading of the same frame. */
  losses: Float32Array;
  low: number;
  high: number;
}

interface Entry {
  known: KnownFrame | null;
  scratch: Scratch;
  key: string;
  reading: Reading | null;
}

const entries = new WeakMap<object, Entry>();

/** A checked frame, null for the empty one. Throws where it cannot be read. */
export function knownOf(raw: unknown): KnownFrame | null {
  if (typeof raw !== "object" || raw === null) return decodeKnown(raw);
  const own = entries.get(raw);
  if (own) return own.known;
  const entry = { known: decodeKnown(raw), scratch: createScratch(), key: "", reading: null };
  entries.set(raw, entry);
  if (entry.known) entries.set(entry.known, entry);
  return entry.known;
}

/** The plane that the controls ask for; null where it is not known. */
export function readPlane(known: KnownFrame, { mixing, scale, resolution }: Asked): Reading | null {
  const entry = entries.get(known) ?? { known, scratch: createScratch(), key: "", reading: null };
  entries.set(known, entry);
  const key = `${mixing} ${scale} ${resolution}`;
  if (entry.key !== key) {
    entry.reading = evaluate(known, mixing, scale, resolution, entry.scratch);
    entry.key = key;
  }
  return entry.reading;
}

function evaluate(
  known: KnownFrame,
  mixing: number,
  scale: number,
  resolution: number,
  scratch: Scratch,
): Reading | null {
  const found = findPart(known, 2, mixing, scale);
  if (!found) return null;
  const axis = evenly(scale, resolution);
  const losses = readLosses(found, [axis, axis], scratch);
  const ends = extremes(losses);
  return ends && { found, axis: Float32Array.from(axis), losses, low: ends.low, high: ends.high };
}

/** Where walls are cut: losses of 500 beside 0.5 leave no height for the 0.5. */

import type { MapFrame } from "./frames.ts";
import { extremes } from "./plot.ts";
import { makeScale } from "./scale.ts";

const DECADES = 3; // of the height above the floor, that a linear axis can be cut down by
const LEAST = 0.04; // of a log axis, that is left

/** The frame with a lower or higher lid; as it is where that would leave no height. */
export function cutAt(frame: MapFrame, top: number | null): MapFrame {
  const low = frame.loss_limits[0];
  return top !== null && top > low ? { ...frame, loss_limits: [low, top] } : frame;
}

/** The lid at a share from 0 to 1: at 1 nothing is cut. On a linear axis each step lowers it by the same factor. */
export function topAt(frame: MapFrame, share: number): number {
  const { low, high } = ends(frame);
  if (frame.scale === "linear") return low + (high - low) * 10 ** (DECADES * (share - 1));
  return makeScale(frame.scale, low, high).value(LEAST + (1 - LEAST) * share);
}

/** What `topAt` takes back. */
export function shareOf(frame: MapFrame, top: number): number {
  const { low, high } = ends(frame);
  const share =
    frame.scale === "linear"
      ? 1 + Math.log10((top - low) / (high - low)) / DECADES
      : (makeScale(frame.scale, low, high).place(top) - LEAST) / (1 - LEAST);
  return Math.min(Math.max(share, 0), 1);
}

function ends({ losses, loss_limits: [low, top] }: MapFrame): { low: number; high: number } {
  return { low, high: Math.max(extremes(losses)?.high ?? top, top) };
}

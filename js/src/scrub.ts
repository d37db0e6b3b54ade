/** Snapshots of mining, as `widget/snapshot_frames.py` writes them: the slider of its steps is followed at once. */

import type { Asked } from "./asked.ts";
import { type CurveFrame, decode, type SliceFrame } from "./frames.ts";
import { decodeSources } from "./known_frames.ts";
import { asFields, finite, list, refuse } from "./wire.ts";

export interface Snapshots {
  seq: number;
  /** As those of a known frame. */
  sources: Record<string, number>;
  rise: number | null;
  /** In order of their steps. */
  curves: CurveFrame[];
}

/** What the slider of mining steps asks for. */
export interface Scrub extends Pick<Snapshots, "rise"> {
  steps: number;
  curve: CurveFrame;
}

/** Checked, or null for the empty one at the start. */
export function decodeSnapshots(raw: unknown): Snapshots | null {
  const fields = asFields("snapshots", raw);
  if (Object.keys(fields).length === 0) return null;
  const curves = list("snapshots.curves", fields.curves).map((curve) => {
    const frame = decode(curve); // which checks the version
    return frame?.view === "curve" && stepOf(frame) >= 0
      ? frame
      : refuse("snapshots.curves", "curves with their steps", frame?.view);
  });
  const rise = fields.rise === null ? null : finite(fields, "rise");
  return { seq: finite(fields, "seq"), sources: decodeSources(fields.sources), rise, curves };
}

/** The last snapshot at or before these steps, else the first, as `widget/mines.py` takes it; null where none is. */
export function scrubTo({ curves, rise }: Snapshots, steps: unknown): Scrub | null {
  if (typeof steps !== "number" || steps <= 0) return null;
  const curve = curves.filter((one) => stepOf(one) <= steps).at(-1) ?? curves[0];
  return curve ? { steps, curve, rise } : null;
}

/** Whether a picture is of the snapshot that is asked for, or of one between that does not travel. */
export function isOfStep(frame: SliceFrame, { steps, curve }: Scrub): boolean {
  const [own, wanted] = [stepOf(frame), stepOf(curve)];
  return own === wanted || (wanted < own && own <= steps);
}

/** The snapshot's own curve, drawn as the kernel's was. */
export function scrubbed(frame: CurveFrame, { curve }: Scrub, asked: Asked): CurveFrame {
  const { seq, scale, loss_limits } = frame;
  return { ...curve, seq, scale, loss_limits, asked: { ...asked, step: stepOf(curve) }, is_local: true };
}

/** The same picture, with a word on whose it is. */
export function marked<T extends SliceFrame>(frame: T): T {
  const step = stepOf(frame);
  return { ...frame, remark: step < 0 ? "not mined" : `of step ${step}` };
}

/** -1 where nothing is mined. */
function stepOf({ asked }: SliceFrame): number {
  return asked?.step ?? -1;
}

/** Decodes one frame as `widget/frames.py` writes it; refuses it field by field. Nothing else is read. */

import type { Asked } from "./asked.ts";
import { decodeHistory, type HistoryFrame } from "./history_frames.ts";
import {
  asFields,
  choice,
  decodeLimits,
  type Fields,
  finite,
  flag,
  floats,
  pair,
  readArray,
  refuse,
  SKEW,
  sameShape,
  text,
  VERSION,
} from "./wire.ts";

export type ScaleName = "linear" | "log";

/** What curves and maps have in common. Names are those on the wire. */
interface Shared {
  seq: number;
  scale: ScaleName;
  /** Ends of the loss axis or of the colours, increasing; above 0 on a log scale. */
  loss_limits: [number, number];
  center_loss: number | null;
  /** Share of the work done, 0 to 1. */
  progress: number | null;
  /** What the controls said when it was made; null where there are none. */
  asked: Asked | null;
  kind: string;
  reason: string;
  caption: string;
  alpha_label: string;
  loss_label: string;
  is_preview: boolean;
  is_mined: boolean;
  /** Whether the browser made it of what is known; the wire does not tell. */
  is_local?: true;
  /** [A], increasing. */
  alphas: Float32Array;
  /** 1 where the loss was computed, 0 where it is filled in or awaited; the shape of `losses`. */
  computed: Uint8Array;
}

export interface CurveFrame extends Shared {
  view: "curve";
  /** [A]; NaN is a gap. */
  losses: Float32Array;
  valleys: [number, number][];
  ghost: { alphas: Float32Array; losses: Float32Array } | null;
}

export interface MapFrame extends Shared {
  view: "map";
  beta_label: string;
  /** [B], increasing. */
  betas: Float32Array;
  /** [B, A], row-major, one row per beta; NaN is a hole. */
  losses: Float32Array;
}

/** A picture of a slice. */
export type SliceFrame = CurveFrame | MapFrame;
export type Frame = SliceFrame | HistoryFrame;

let last: { raw: unknown; frame: Frame | null } | null = null; // a drag asks for the same one again and again

/** A checked frame, or null for the empty one that a view starts with; not to be written to. */
export function decodeFrame(raw: unknown): Frame | null {
  if (!last || last.raw !== raw) last = { raw, frame: decode(raw) };
  return last.frame;
}

function decode(raw: unknown): Frame | null {
  const fields = asFields("frame", raw);
  if (Object.keys(fields).length === 0) return null;
  if (fields.version !== VERSION) refuse("frame.version", String(VERSION), fields.version, SKEW);
  const view = choice(fields, "view", ["curve", "map", "history"]);
  return view === "curve" ? decodeCurve(fields) : view === "map" ? decodeMap(fields) : decodeHistory(fields);
}

function decodeCurve(fields: Fields): CurveFrame {
  const arrays = asFields("frame.arrays", fields.arrays);
  const alphas = floats(arrays, "alphas", 1);
  const losses = floats(arrays, "losses", 1);
  sameShape("losses", losses.shape, alphas.shape);
  const shared = decodeShared(fields, arrays, alphas.values, losses.shape);
  return {
    ...shared,
    view: "curve",
    losses: losses.values,
    valleys: decodeValleys(fields.valleys),
    ghost: "ghost_alphas" in arrays ? decodeGhost(arrays) : null,
  };
}

function decodeMap(fields: Fields): MapFrame {
  const arrays = asFields("frame.arrays", fields.arrays);
  const alphas = floats(arrays, "alphas", 1);
  const betas = floats(arrays, "betas", 1);
  const losses = floats(arrays, "losses", 2);
  sameShape("losses", losses.shape, [...betas.shape, ...alphas.shape]);
  return {
    ...decodeShared(fields, arrays, alphas.values, losses.shape),
    view: "map",
    beta_label: text(fields, "beta_label"),
    betas: betas.values,
    losses: losses.values,
  };
}

function decodeShared(fields: Fields, arrays: Fields, alphas: Float32Array, shape: number[]): Shared {
  const computed = readArray(arrays, "computed", "|u1", shape.length);
  sameShape("computed", computed.shape, shape);
  const scale = choice(fields, "scale", ["linear", "log"]);
  return {
    seq: finite(fields, "seq"),
    scale,
    loss_limits: decodeLimits(fields.loss_limits, scale),
    center_loss: fields.center_loss === null ? null : finite(fields, "center_loss"),
    progress: fields.progress === null ? null : finite(fields, "progress"),
    asked: fields.asked === null ? null : decodeAsked(fields.asked),
    kind: text(fields, "kind"),
    reason: text(fields, "reason"),
    caption: text(fields, "caption"),
    alpha_label: text(fields, "alpha_label"),
    loss_label: text(fields, "loss_label"),
    is_preview: flag(fields, "is_preview"),
    is_mined: flag(fields, "is_mined"),
    alphas,
    computed: new Uint8Array(computed.bytes),
  };
}

function decodeAsked(raw: unknown): Asked {
  const fields = asFields("frame.asked", raw);
  const [mixing, scale] = [finite(fields, "mixing"), finite(fields, "scale")];
  return { mixing, scale, resolution: finite(fields, "resolution") };
}

function decodeGhost(arrays: Fields): { alphas: Float32Array; losses: Float32Array } {
  const alphas = floats(arrays, "ghost_alphas", 1);
  const losses = floats(arrays, "ghost_losses", 1);
  sameShape("ghost_losses", losses.shape, alphas.shape);
  return { alphas: alphas.values, losses: losses.values };
}

function decodeValleys(raw: unknown): [number, number][] {
  if (!Array.isArray(raw)) return refuse("frame.valleys", "a list", raw);
  return raw.map((valley) => pair("frame.valleys", valley));
}

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
  list,
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
  /** What stands under the picture once it is saved, if that is another text. */
  about: string;
  alpha_label: string;
  loss_label: string;
  is_preview: boolean;
  is_mined: boolean;
  /** Whether the browser made it of what is known; the wire does not tell. */
  is_local?: true;
  /** Said by the browser beside the other notes. */
  remark?: string;
  /** [A], increasing. */
  alphas: Float32Array;
  /** 1 where the loss was computed, 0 where it is filled in or awaited; the shape of `losses`. */
  computed: Uint8Array;
}

/** Slope and second derivative at the center, and the alphas where the curve leaves that quadratic. */
export interface Bend {
  slope: number;
  curvature: number;
  parts: number[];
}

export interface CurveFrame extends Shared {
  view: "curve";
  /** [A]; NaN is a gap. */
  losses: Float32Array;
  valleys: [number, number][];
  ghost: { alphas: Float32Array; losses: Float32Array } | null;
  /** Of the curve, in a legend with others. */
  name: string;
  /** What gradient and Hessian predict along it; null where that was not computed. */
  bend: Bend | null;
  /** [A]: how far off each loss may be. */
  errors: Float32Array | null;
  /** [A]: two standard errors over the samples, NaN where not known. */
  spread: Float32Array | null;
  metrics: Metric[];
}

export interface Metric {
  name: string;
  /** [A]; NaN where not known. */
  values: Float32Array;
}

export interface MapFrame extends Shared {
  view: "map";
  /** Of the surface, beside another one. */
  name: string;
  beta_label: string;
  /** [B], increasing. */
  betas: Float32Array;
  /** [B, A], row-major, one row per beta; NaN is a hole. */
  losses: Float32Array;
  /** [M, 2]: alpha and beta of what was computed, where that is no part of the grid. */
  nodes: Float32Array | null;
  tracks: Track[];
}

/** Other models, each with its own loss. */
export interface Track {
  name: string;
  labels: string[];
  /** Whether they follow one another. */
  is_path: boolean;
  /** [n, 4]: alpha and beta of the nearest point of the plane, loss of the model itself, distance to that point. */
  values: Float32Array;
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

/** As `decodeFrame`, anew. */
export function decode(raw: unknown): Frame | null {
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
    name: text(fields, "name"),
    bend: fields.bend ? decodeBend(fields.bend) : null,
    errors: decodeBeside(arrays, "errors", alphas.shape),
    spread: decodeBeside(arrays, "spread", alphas.shape),
    metrics: decodeMetrics(fields.metrics, arrays, alphas.shape),
  };
}

function decodeBend(raw: unknown): Bend {
  const fields = asFields("frame.bend", raw);
  const parts = list("frame.bend.parts", fields.parts).map(Number);
  return { slope: finite(fields, "slope"), curvature: finite(fields, "curvature"), parts };
}

function decodeBeside(arrays: Fields, name: string, shape: number[]): Float32Array | null {
  if (!(name in arrays)) return null;
  const { values, shape: own } = floats(arrays, name, 1);
  sameShape(name, own, shape);
  return values;
}

function decodeMetrics(raw: unknown, arrays: Fields, shape: number[]): Metric[] {
  return list("frame.metrics", raw).map((name, place) => {
    if (typeof name !== "string") return refuse("frame.metrics", "names", name);
    const { values, shape: own } = floats(arrays, `metric_${place}`, 1);
    sameShape(`metric_${place}`, own, shape);
    return { name, values };
  });
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
    name: text(fields, "name"),
    beta_label: text(fields, "beta_label"),
    betas: betas.values,
    losses: losses.values,
    nodes: "nodes" in arrays ? rowsOf(arrays, "nodes", 2) : null,
    tracks: list("frame.tracks", fields.tracks).map((track, place) => decodeTrack(track, place, arrays)),
  };
}

function decodeTrack(raw: unknown, place: number, arrays: Fields): Track {
  const fields = asFields("frame.tracks", raw);
  const labels = list("frame.labels", fields.labels).map(String);
  const values = rowsOf(arrays, `track_${place}`, 4, labels.length);
  return { name: text(fields, "name"), labels, is_path: flag(fields, "is_path"), values };
}

/** `[count, width]`, flat. */
function rowsOf(arrays: Fields, name: string, width: number, count?: number): Float32Array {
  const { values, shape } = floats(arrays, name, 2);
  sameShape(name, shape, [count ?? (shape[0] as number), width]);
  return values;
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
    about: text(fields, "about"),
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
  const step = "step" in fields ? { step: finite(fields, "step") } : {};
  return { mixing, scale, resolution: finite(fields, "resolution"), ...step };
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

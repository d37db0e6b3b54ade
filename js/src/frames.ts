/** Decodes one frame as `widget/frames.py` writes it; refuses it field by field. Nothing else is read. */

export const VERSION = 1;

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
  kind: string;
  reason: string;
  caption: string;
  alpha_label: string;
  loss_label: string;
  is_preview: boolean;
  is_mined: boolean;
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

export type Frame = CurveFrame | MapFrame;

type Fields = Record<string, unknown>;

/** A checked frame, or null for the empty one that a view starts with. */
export function decodeFrame(raw: unknown): Frame | null {
  const fields = asFields("frame", raw);
  if (Object.keys(fields).length === 0) return null;
  if (fields.version !== VERSION) refuse("frame.version", String(VERSION), fields.version, SKEW);
  const view = choice(fields, "view", ["curve", "map"]);
  return view === "curve" ? decodeCurve(fields) : decodeMap(fields);
}

const SKEW = "Page and kernel run different releases: restart the kernel, reload the page.";

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

function decodeGhost(arrays: Fields): { alphas: Float32Array; losses: Float32Array } {
  const alphas = floats(arrays, "ghost_alphas", 1);
  const losses = floats(arrays, "ghost_losses", 1);
  sameShape("ghost_losses", losses.shape, alphas.shape);
  return { alphas: alphas.values, losses: losses.values };
}

function decodeLimits(raw: unknown, scale: ScaleName): [number, number] {
  const name = "frame.loss_limits";
  const [low, high] = pair(name, raw);
  if (low >= high) refuse(name, "increasing", raw);
  if (scale === "log" && low <= 0) refuse(name, "above 0 on a log scale", raw);
  return [low, high];
}

function decodeValleys(raw: unknown): [number, number][] {
  if (!Array.isArray(raw)) return refuse("frame.valleys", "a list", raw);
  return raw.map((valley) => pair("frame.valleys", valley));
}

function pair(name: string, raw: unknown): [number, number] {
  if (Array.isArray(raw) && raw.length === 2 && raw.every(Number.isFinite)) return [raw[0], raw[1]];
  return refuse(name, "two finite numbers", raw);
}

function floats(arrays: Fields, name: string, rank: number): { values: Float32Array; shape: number[] } {
  const { bytes, shape } = readArray(arrays, name, "<f4", rank);
  return { values: new Float32Array(bytes), shape };
}

/** The bytes of one array, copied from exactly its own part of the message's buffer. */
function readArray(
  arrays: Fields,
  name: string,
  dtype: "<f4" | "|u1",
  rank: number,
): { bytes: ArrayBuffer; shape: number[] } {
  const place = `frame.arrays.${name}`;
  const { dtype: told, shape, data } = asFields(place, arrays[name]);
  if (told !== dtype) refuse(`${place}.dtype`, `"${dtype}"`, told);
  if (!Array.isArray(shape) || shape.length !== rank || !shape.every(Number.isInteger)) {
    return refuse(`${place}.shape`, `${rank} integers`, shape);
  }
  if (!ArrayBuffer.isView(data)) return refuse(`${place}.data`, "bytes", data);
  const needed = shape.reduce((count, size) => count * size, dtype === "<f4" ? 4 : 1);
  if (data.byteLength !== needed) refuse(place, `${needed} bytes for its shape [${shape}]`, data.byteLength);
  const bytes = new Uint8Array(needed);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, needed));
  return { bytes: bytes.buffer, shape };
}

function sameShape(name: string, shape: number[], wanted: number[]): void {
  if (String(shape) !== String(wanted)) refuse(`frame.arrays.${name}.shape`, `[${wanted}]`, shape);
}

function asFields(name: string, raw: unknown): Fields {
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) return raw as Fields;
  return refuse(name, "an object", raw);
}

function finite(fields: Fields, name: string): number {
  const value = fields[name];
  return Number.isFinite(value) ? (value as number) : refuse(`frame.${name}`, "a finite number", value);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : refuse(`frame.${name}`, "text", value);
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  return typeof value === "boolean" ? value : refuse(`frame.${name}`, "true or false", value);
}

function choice<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  return allowed.find((word) => word === value) ?? refuse(`frame.${name}`, allowed.join(" or "), value);
}

function refuse(name: string, rule: string, got: unknown, remedy = ""): never {
  const shown = got === undefined ? "nothing" : JSON.stringify(got);
  throw new RangeError(`${name} must be ${rule}, got ${shown}. ${remedy}`.trim());
}

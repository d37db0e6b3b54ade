/** Decodes what `widget/known_frames.py` writes, and refuses it field by field. */

import type { Axis, Interpolant } from "./chebyshev.ts";
import {
  asFields,
  doubles,
  type Fields,
  finite,
  flag,
  floats,
  list,
  numbers,
  refuse,
  SKEW,
  sameShape,
  VERSION,
} from "./wire.ts";

/** Where the axes of a picture lie in a volume at any mixing angle. */
export interface Turn {
  inner: readonly number[];
  third: readonly number[];
  keeps_length: boolean;
}

export interface KnownPart {
  interpolant: Interpolant;
  /** Expected near the centre, in the unit of the loss. */
  error: number;
  is_signed: boolean;
  /** `[M, K]`: what was computed, in the interpolant's coordinates. */
  nodes: Float32Array;
  /** Of a volume; of a plane, whether mixing turns pictures inside it. */
  turn: Turn | boolean;
}

export interface KnownFrame {
  seq: number;
  /** Degrees at which parts that do not turn hold. */
  mixing: number;
  parts: KnownPart[];
  /** Above the lowest loss, beyond which an axis is cut; null where it is not. */
  rise: number | null;
  /** Name of a control -> what it said then; the place in its list for a menu. */
  sources: Record<string, number>;
}

/** A checked frame, or null for the empty one at the start. */
export function decodeKnown(raw: unknown): KnownFrame | null {
  const fields = asFields("known", raw);
  if (Object.keys(fields).length === 0) return null;
  if (fields.version !== VERSION) refuse("known.version", String(VERSION), fields.version, SKEW);
  if (fields.view !== "known") refuse("known.view", '"known"', fields.view);
  const arrays = asFields("known.arrays", fields.arrays);
  const parts = list("known.parts", fields.parts).map((part, place) => decodePart(part, place, arrays));
  return {
    seq: finite(fields, "seq"),
    mixing: finite(fields, "mixing"),
    parts,
    rise: fields.rise === null ? null : finite(fields, "rise"),
    sources: decodeSources(fields.sources),
  };
}

export function decodeSources(raw: unknown): Record<string, number> {
  const fields = asFields("known.sources", raw);
  for (const value of Object.values(fields)) {
    if (!Number.isFinite(value)) refuse("known.sources", "finite numbers", value);
  }
  return fields as Record<string, number>;
}

function decodePart(raw: unknown, place: number, arrays: Fields): KnownPart {
  const fields = asFields("known.parts", raw);
  const axes = list("known.parts.axes", fields.axes).map(decodeAxis);
  if (axes.length < 1 || axes.length > 3) refuse("known.parts.axes", "one to three axes", axes.length);
  const { values, shape } = doubles(arrays, `values_${place}`, axes.length);
  sameShape(`values_${place}`, shape, axes.map(({ count }) => count).reverse());
  const nodes = floats(arrays, `nodes_${place}`, 2);
  sameShape(`nodes_${place}`, nodes.shape, [nodes.shape[0] as number, axes.length]);
  return {
    interpolant: { axes, values },
    error: finite(fields, "error"),
    is_signed: flag(fields, "is_signed"),
    nodes: nodes.values,
    turn: decodeTurn(fields.turn, axes.length),
  };
}

function decodeAxis(raw: unknown): Axis {
  const [low, high, count, strength] = numbers("known.parts.axes", raw, 4) as [
    number,
    number,
    number,
    number,
  ];
  if (low >= high) refuse("known.parts.axes", "increasing", raw);
  if (!Number.isInteger(count) || count < 2) refuse("known.parts.axes", "of at least 2 nodes", raw);
  if (strength < 0) refuse("known.parts.axes", "of a strength from 0 on", raw);
  return { low, high, count, strength };
}

function decodeTurn(raw: unknown, count: number): Turn | boolean {
  if (raw === false) return false;
  if (raw === true) return count === 2 || refuse("known.parts.turn", "true only for a plane", count);
  const fields = asFields("known.parts.turn", raw);
  if (count !== 3) refuse("known.parts.turn", "false or true without three axes", count);
  return {
    inner: numbers("known.parts.turn.inner", fields.inner, 3),
    third: numbers("known.parts.turn.third", fields.third, 3),
    keeps_length: flag(fields, "keeps_length"),
  };
}

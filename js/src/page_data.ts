/** Reads what `widget/export/data.py` has written into a page, and refuses it in words. */

import { decodeFrame, type SliceFrame } from "./frames.ts";
import { decodeKnown, type KnownFrame } from "./known_frames.ts";
import { asFields, decodeLimits, type Fields, flag, refuse, VERSION } from "./wire.ts";

export type Picture = "curve" | "map";

/** One picture as it was exported. */
export interface Exported {
  frame: SliceFrame;
  /** As a notebook hands it to a view, its loss axis linear. */
  linear: Fields;
  /** The same with a logarithmic one; null where no loss is above 0. */
  log: Fields | null;
}

export interface PageData {
  pictures: Partial<Record<Picture, Exported>>;
  /** A run of mining; null where none is shown. */
  history: Fields | null;
  /** As it travels, for the views, and decoded. */
  known: { raw: Fields; frame: KnownFrame | null };
  is_log: boolean;
}

export function readPage(text: string): PageData {
  const fields = asFields("page", JSON.parse(text));
  if (fields.version !== VERSION) refuse("page.version", String(VERSION), fields.version);
  const [frames, axes] = [asFields("page.frames", fields.frames), asFields("page.axes", fields.axes)];
  const pictures: PageData["pictures"] = {};
  for (const name of ["curve", "map"] as const)
    if (name in frames) pictures[name] = readPicture(name, frames[name], axes[name]);
  const known = withBytes("page.known", fields.known);
  return {
    pictures,
    history: "history" in frames ? readHistory(frames.history) : null,
    known: { raw: known, frame: decodeKnown(known) },
    is_log: flag(fields, "is_log"),
  };
}

function readPicture(name: Picture, packed: unknown, axis: unknown): Exported {
  const raw = withBytes(`page.frames.${name}`, packed);
  const frame = decodeFrame(raw);
  if (frame?.view !== name) return refuse(`page.frames.${name}.view`, `"${name}"`, frame?.view);
  const ends = asFields(`page.axes.${name}`, axis);
  const on = (scale: "linear" | "log") => ({
    ...raw,
    scale,
    loss_limits: decodeLimits(ends[scale], scale),
  });
  return { frame, linear: on("linear"), log: ends.log === null ? null : on("log") };
}

function readHistory(packed: unknown): Fields {
  const raw = withBytes("page.frames.history", packed);
  const view = decodeFrame(raw)?.view;
  return view === "history" ? raw : refuse("page.frames.history.view", '"history"', view);
}

/** A frame whose arrays are base64 -> the same with bytes, as a notebook hands it to the views. */
function withBytes(name: string, packed: unknown): Fields {
  const frame = asFields(name, packed);
  if (!("arrays" in frame)) return frame;
  const arrays = Object.entries(asFields(`${name}.arrays`, frame.arrays)).map(([key, raw]) => {
    const array = asFields(`${name}.arrays.${key}`, raw);
    return [key, { ...array, data: bytesOf(`${name}.arrays.${key}.data`, array.data) }];
  });
  return { ...frame, arrays: Object.fromEntries(arrays) };
}

function bytesOf(name: string, base64: unknown): Uint8Array {
  if (typeof base64 !== "string") return refuse(name, "text", base64);
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return refuse(name, "base64", `${base64.slice(0, 20)}…`);
  }
}

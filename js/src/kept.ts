/** A second surface in the same picture: kept from before, to be seen beside what comes. */

import { decodeFrame, type MapFrame } from "./frames.ts";
import { heightAt, type Mesh } from "./mesh.ts";
import type { Place } from "./plot.ts";
import { formatNumber } from "./scale.ts";
import type { Picture } from "./surface_picture.ts";
import { VERSION } from "./wire.ts";

/** The second surface in the box of the first. */
export interface Kept {
  frame: MapFrame;
  mesh: Mesh;
}

/** As it travels, so that all views of a model and a reopened one have it. */
export function encodeKept(frame: MapFrame): Record<string, unknown> {
  const { alphas, betas, losses, computed, nodes: _, ...header } = frame;
  const shape = [betas.length, alphas.length];
  const arrays = {
    alphas: packed("<f4", [alphas.length], alphas),
    betas: packed("<f4", [betas.length], betas),
    losses: packed("<f4", shape, losses),
    computed: packed("|u1", shape, computed),
  };
  return { ...header, tracks: [], version: VERSION, arrays }; // a surface shows neither nodes nor tracks
}

function packed(
  dtype: string,
  shape: number[],
  { buffer, byteOffset, byteLength }: Float32Array | Uint8Array,
) {
  return { dtype, shape, data: new DataView(buffer, byteOffset, byteLength) };
}

export function decodeKept(raw: unknown): MapFrame | null {
  const frame = raw ? decodeFrame(raw) : null;
  return frame?.view === "map" ? frame : null;
}

/** What tells both surfaces apart, the present one first. */
export function legendOf(now: MapFrame, kept: MapFrame): [string, string] {
  const differ = (key: "mixing" | "scale") => now.asked?.[key] !== kept.asked?.[key];
  const tell = (frame: MapFrame, otherwise: string) =>
    [
      now.name !== kept.name ? frame.name : "",
      frame.asked && differ("mixing") ? `${formatNumber(frame.asked.mixing)}°` : "",
      frame.asked && differ("scale") ? `scale ${formatNumber(frame.asked.scale)}` : "",
    ]
      .filter(Boolean)
      .join(", ") || otherwise;
  return [tell(now, "now"), tell(kept, "kept")];
}

/** The kept surface's loss at a place, to follow the words about the first; empty outside it. */
export function readKept({ frame, scales, kept }: Picture, { alpha, beta }: Place): string {
  if (!kept) return "";
  const { across, away } = kept.mesh;
  const places = [scales.across.place(alpha), scales.away.place(beta)] as const;
  if (!isWithin(across, places[0]) || !isWithin(away, places[1])) return "";
  const loss = scales.up.value(heightAt(kept.mesh, ...places));
  return Number.isFinite(loss) ? ` · ${legendOf(frame, kept.frame)[1]}: loss ${formatNumber(loss)}` : "";
}

function isWithin(axis: Float32Array, place: number): boolean {
  return place >= (axis[0] as number) && place <= (axis[axis.length - 1] as number);
}

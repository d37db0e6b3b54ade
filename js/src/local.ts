/** Pictures that the browser makes of what is known, in place of frames that the kernel has not sent yet. */

import type { Asked } from "./asked.ts";
import type { CurveFrame, Frame, MapFrame, ScaleName, SliceFrame, Track } from "./frames.ts";
import { evenly, type Found, findPart, isWorthy, nodesAlong, nodesOn, readLosses } from "./known.ts";
import type { KnownFrame } from "./known_frames.ts";
import { type Limits, relaxed } from "./limits.ts";
import type { Live } from "./live.ts";
import { inScale } from "./log_height.ts";
import { extremes } from "./plot.ts";
import { formatNumber } from "./scale.ts";
import { isOfStep, marked, scrubbed } from "./scrub.ts";
import { readPlane } from "./shared.ts";

const CURVE_POINTS = 201;

/** From the kernel's newest frame to the one that is drawn. */
export type Choose = (frame: Frame) => Frame;

/** The kernel's own where it is what the controls ask for, or nothing better can be made. */
export function createChoice(live: Live): Choose {
  let last: { limits: Limits; scale: ScaleName } | null = null; // of the local picture before
  return (told) => {
    const frame = inScale(told, live);
    const local = localFrame(frame, live);
    if (!local) {
      last = null;
      return inStep(frame, live);
    }
    const limits = last?.scale === local.scale ? last.limits : local.loss_limits;
    const rise = live.scrub()?.rise ?? live.known()?.rise ?? null;
    local.loss_limits = live.isAtRest() ? relaxed(limits, local.losses, local.scale, rise) : limits;
    last = { limits: local.loss_limits, scale: local.scale };
    return local;
  };
}

/** A map of another snapshot than the slider's says so. */
function inStep(frame: Frame, live: Live): Frame {
  const scrub = live.scrub();
  return frame.view === "history" || !scrub || isOfStep(frame, scrub) ? frame : marked(frame);
}

function localFrame(frame: Frame, live: Live): SliceFrame | null {
  const [asked, known, scrub] = [live.asked(), live.known(), live.scrub()];
  if (frame.view === "curve" && asked && scrub && !isOfStep(frame, scrub))
    return scrubbed(frame, scrub, asked);
  if (frame.view === "history" || !asked || !frame.asked || !known) return null;
  if (isSame(frame, frame.asked, asked)) return null;
  return frame.view === "curve" ? localCurve(frame, known, asked) : localMap(frame, known, asked);
}

function isSame({ view }: Frame, a: Asked, b: Asked): boolean {
  const hasResolution = view === "curve" || a.resolution === b.resolution;
  return a.mixing === b.mixing && a.scale === b.scale && hasResolution;
}

function localCurve(frame: CurveFrame, known: KnownFrame, asked: Asked): CurveFrame | null {
  const found = findPart(known, 1, asked.mixing, asked.scale);
  if (!found) return null;
  const nodes = nodesAlong(found, asked.scale);
  const alphas = merged(evenly(asked.scale, CURVE_POINTS), nodes, 1e-4 * asked.scale);
  const losses = readLosses(found, [alphas]);
  const ends = extremes(losses);
  if (!ends || !isWorthy(found, ends)) return null;
  const computed = Uint8Array.from(alphas, (alpha) => Number(nodes.includes(alpha)));
  return {
    ...frame,
    ...unnamed(asked),
    about: aboutOf(frame, found, asked),
    alpha_label: label("alpha", frame.alpha_label, frame.asked, asked),
    alphas: Float32Array.from(alphas),
    losses,
    computed,
    valleys: [],
    ghost: null,
    ...beside(frame, found, computed, asked),
  };
}

function localMap(frame: MapFrame, known: KnownFrame, asked: Asked): MapFrame | null {
  const reading = readPlane(known, asked);
  if (!reading) return null;
  const { found, axis, losses } = reading;
  if (!isWorthy(found, reading)) return null;
  const turns = found.part.turn === true;
  return {
    ...frame,
    ...unnamed(asked),
    about: aboutOf(frame, found, asked),
    alpha_label: label("alpha", frame.alpha_label, frame.asked, asked),
    beta_label: turns ? label("beta", frame.beta_label, frame.asked, asked) : frame.beta_label,
    alphas: axis,
    betas: axis,
    losses,
    computed: noneOf(losses.length), // nodes of the plane lie between these points
    nodes: nodesOn(found, asked.scale),
    tracks: frame.tracks.flatMap((track) => turnedTrack(track, frame.asked as Asked, asked, turns)),
  };
}

/** Models keep their place in a plane that only turns; in another plane it is not known. */
function turnedTrack(track: Track, before: Asked, asked: Asked, turns: boolean): Track[] {
  if (before.mixing === asked.mixing) return [track];
  if (!turns) return [];
  const angle = ((asked.mixing - before.mixing) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const values = track.values.slice();
  for (let k = 0; k < values.length; k += 4) {
    const [alpha, beta] = [values[k] as number, values[k + 1] as number];
    values[k] = cos * alpha + sin * beta;
    values[k + 1] = cos * beta - sin * alpha;
  }
  return [{ ...track, values }];
}

/** The expected error between the nodes; what only Python knows is left out. */
function beside(
  frame: CurveFrame,
  { part }: Found,
  computed: Uint8Array,
  asked: Asked,
): Pick<CurveFrame, "errors" | "spread" | "metrics" | "name" | "bend"> {
  const errors = Float32Array.from(computed, (isNode) => (isNode ? 0 : part.error));
  const [base = ""] = frame.name.split(SEPARATOR);
  const name = [
    label(base, base, frame.asked, asked),
    ...frame.name.split(SEPARATOR).slice(1, 2),
    spanOf(asked),
  ];
  return { errors, spread: null, metrics: [], bend: null, name: name.join(SEPARATOR) };
}

const SEPARATOR = " · "; // between the facts of a caption

function spanOf({ scale }: Asked): string {
  return `−${formatNumber(scale)} to ${formatNumber(scale)}`;
}

/** The caption of a saved picture: the facts of the kernel's that hold still, after those of this one. */
function aboutOf({ about, view }: SliceFrame, { part }: Found, asked: Asked): string {
  if (about === "") return "";
  const still = about.split(SEPARATOR).filter((fact) => !/^(exact|interpolated|alpha -|beta -)/.test(fact));
  const own = `read off what is known, off by about ${formatNumber(part.error)}`;
  const names = view === "curve" ? "alpha" : "alpha and beta";
  const axes = `mixing ${formatNumber(asked.mixing)}°, ${names} ${spanOf(asked)}`;
  return [own, axes, ...still].join(SEPARATOR);
}

const NONE = new Map<number, Uint8Array>();

/** Zeros; not to be written to. */
function noneOf(count: number): Uint8Array {
  const zeros = NONE.get(count) ?? new Uint8Array(count);
  NONE.set(count, zeros);
  return zeros;
}

/** A kind is found by Python: none until it has been. */
function unnamed(
  asked: Asked,
): Pick<SliceFrame, "kind" | "reason" | "is_preview" | "is_local"> & { asked: Asked } {
  return { asked, kind: "", reason: "", is_preview: false, is_local: true };
}

function label(name: string, own: string, before: Asked | null, asked: Asked): string {
  return before?.mixing === asked.mixing
    ? own
    : `${name}, mixed at ${Math.round(asked.mixing)}°`.replace("-", "−");
}

/** Both, increasing; a point that is so close to a node makes room for it. */
function merged(points: Float64Array, nodes: Float64Array, room: number): Float64Array {
  const free = points.filter((point) => nodes.every((node) => Math.abs(node - point) > room));
  return Float64Array.from([...nodes, ...free]).sort();
}

/** Which controls an exported page has, and what it says is drawn. */

import type { Asked } from "./asked.ts";
import { findPart } from "./known.ts";
import type { KnownFrame } from "./known_frames.ts";
import { type Control, makeBox, makeSlider } from "./page_controls.ts";
import type { PageModel } from "./page_model.ts";
import type { Range, Reach } from "./page_reach.ts";
import { formatNumber } from "./scale.ts";

export type Models = Record<"mixing" | "scale" | "resolution" | "log_height" | "lock_axes", PageModel>;

const ZOOM_STEPS = 200; // of the noise scale's slider, each by the same factor
const RESOLUTIONS: Range = [5, 101];

/** Mixing and scale first; without what is known (`reach` null) only the box for log height. */
export function makeControls(
  models: Models,
  reach: Reach | null,
  asked: Asked,
  has: { map: boolean; log: boolean },
): Control[] {
  const controls: Control[] = [];
  if (reach && reach.mixing[0] < reach.mixing[1]) controls.push(mixingSlider(models.mixing, asked.mixing));
  if (reach) controls.push(scaleSlider(models.scale, asked.scale, reach.scale));
  if (reach && has.map) controls.push(resolutionSlider(models.resolution, asked.resolution));
  if (has.log)
    controls.push(
      makeBox("log_height", "Log height", "Logarithmic loss axis, height and colours", models.log_height),
    );
  if (reach)
    controls.push(
      makeBox("lock_axes", "Lock axes", "Keep the loss axis and the colours as they are", models.lock_axes),
    );
  return controls;
}

function mixingSlider(model: PageModel, start: number): Control {
  return makeSlider(
    "mixing",
    {
      label: "Mixing",
      title: "Angle between the first direction (0°) and the second (90°)",
      low: -90,
      high: 90,
      start: Math.round(start),
      step: 1,
      value: (position) => position,
      words: (value) => `${formatNumber(value)}°`,
    },
    model,
  );
}

function scaleSlider(model: PageModel, start: number, [least, most]: Range): Control {
  const step = Math.log(most / least) / ZOOM_STEPS;
  return makeSlider(
    "scale",
    {
      label: "Noise scale",
      title: "The pictures span from minus this to plus this, in lengths of the direction",
      low: 0,
      high: ZOOM_STEPS,
      start: step > 0 ? Math.round(Math.log(start / least) / step) : 0,
      step: 1,
      value: (position) => (position === ZOOM_STEPS ? most : least * Math.exp(step * position)),
      words: (value) => `±${formatNumber(Number(value.toPrecision(3)))}`,
    },
    model,
  );
}

function resolutionSlider(model: PageModel, start: number): Control {
  return makeSlider(
    "resolution",
    {
      label: "Resolution",
      title: "Points along each axis of map and surface",
      low: RESOLUTIONS[0],
      high: Math.max(RESOLUTIONS[1], start),
      start,
      step: 2,
      value: (position) => position,
      words: (value) => `${value} × ${value}`,
    },
    model,
  );
}

/** What is drawn now, and how well that is known. `count`: axes of the largest picture. */
export function nowWords(known: KnownFrame, models: Models, asked: Asked, count: number): string {
  const [mixing, scale] = [models.mixing.get("value") as number, models.scale.get("value") as number];
  const isExported = mixing === asked.mixing && scale === asked.scale;
  if (isExported && models.resolution.get("value") === asked.resolution) return "Drawn as exported.";
  const part = findPart(known, count, mixing, scale)?.part;
  if (!part) return "";
  const { axes } = part.interpolant;
  // A page carries only those nodes of a volume that a curve can meet; all of its grid was computed.
  const points =
    axes.length === 3 ? axes.reduce((all, axis) => all * axis.count, 1) : part.nodes.length / axes.length;
  const error = formatNumber(Number(part.error.toPrecision(2)));
  return `Read off ${points} computed points; expected error near the centre ${error}. Nothing is evaluated here.`;
}

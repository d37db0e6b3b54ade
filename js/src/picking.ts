/** Where a ray meets the surface. */

import { BOX, type Ray } from "./camera.ts";
import { heightAt, type Mesh } from "./mesh.ts";

const STEPS_A_SQUARE = 2;
const BISECTIONS = 12;

/** A place on the surface, from 0 to 1 along both axes. */
export interface Hit {
  across: number;
  away: number;
}

/** The first point that a ray meets; null where it meets none, or only what is cut off or not finite. */
export function pick(mesh: Mesh, ray: Ray): Hit | null {
  const ends = insideBox(ray);
  if (!ends) return null;
  const steps = STEPS_A_SQUARE * (mesh.columns + mesh.rows);
  let [before, gap] = [ends[0], gapAt(mesh, ray, ends[0])];
  for (let k = 1; k <= steps; k++) {
    const here = ends[0] + (k / steps) * (ends[1] - ends[0]);
    const next = gapAt(mesh, ray, here);
    if (gap > 0 !== next > 0 && Number.isFinite(gap + next)) {
      const hit = bisect(mesh, ray, before, here, gap > 0);
      if (hit) return hit;
    }
    [before, gap] = [here, next];
  }
  return null;
}

/** How far the ray is above the surface at a distance; NaN over a hole. */
function gapAt(mesh: Mesh, ray: Ray, distance: number): number {
  const [across, height, away] = placesAt(ray, distance);
  return height - heightAt(mesh, clamp(across), clamp(away));
}

function bisect(mesh: Mesh, ray: Ray, from: number, to: number, isAbove: boolean): Hit | null {
  let [low, high] = [from, to];
  for (let k = 0; k < BISECTIONS; k++) {
    const middle = (low + high) / 2;
    if (gapAt(mesh, ray, middle) > 0 === isAbove) low = middle;
    else high = middle;
  }
  const [across, height, away] = placesAt(ray, low);
  return height < -0.01 || height > 1.01 ? null : { across: clamp(across), away: clamp(away) };
}

/** Distances at which the ray enters and leaves the box. */
function insideBox(ray: Ray): [number, number] | null {
  let [enter, leave] = [0, Infinity];
  for (const k of [0, 1, 2]) {
    const [from, along, half] = [
      ray.from[k] as number,
      ray.along[k] as number,
      (BOX[k] as number) / 2 + 1e-4,
    ];
    const [a, b] = [(-half - from) / along, (half - from) / along];
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
  }
  return enter < leave ? [enter, leave] : null;
}

function placesAt({ from, along }: Ray, distance: number): [number, number, number] {
  const at = (k: 0 | 1 | 2) => (from[k] + distance * along[k]) / BOX[k];
  return [at(0) + 0.5, at(1) + 0.5, 0.5 - at(2)];
}

function clamp(place: number): number {
  return Math.min(Math.max(place, 0), 1);
}

/** The box around the surface: which of its walls are seen, grid lines on them, ticks and names beside them. */

import { type Camera, frameOf, type Matrix, type Point, project } from "./camera.ts";
import { inBox, type Scales } from "./mesh.ts";
import { makeTicks, type Scale, type Tick } from "./scale.ts";

/** A text beside the box: where it is anchored, in CSS pixels, and which way is outwards. */
export interface Label {
  text: string;
  x: number;
  y: number;
  outX: number;
  outY: number;
}

/** One edge of the box with its ticks and its name. */
export interface Edge {
  axis: keyof Scales;
  /** Of the ticks, from 0 to 1 along the edge. */
  places: number[];
  ticks: Label[];
  /** The middle of the edge, for its name, and the edge's direction in radians, within a quarter turn of level. */
  middle: Label;
  angle: number;
  /** In pixels. */
  length: number;
}

const ROOM: Record<keyof Scales, number> = { across: 52, up: 34, away: 52 }; // pixels that a tick takes
const STEEP = 1.15; // radians
const FEW = 4;
const SHORTEST = 80; // pixels: an edge seen end on has no ticks

/** Walls that face the eye from behind the surface: the floor (or the lid, from below), one across, one away. */
interface Walls {
  across: 0 | 1;
  up: 0 | 1;
  away: 0 | 1;
}

function wallsOf(camera: Camera): Walls {
  const { back } = frameOf(camera);
  return { across: back[0] > 0 ? 0 : 1, up: back[1] < -0.02 ? 1 : 0, away: back[2] > 0 ? 1 : 0 };
}

/** `[S * 6]`: segments of the box: its hidden walls' edges, and grid lines on them. */
export function boxLines(
  camera: Camera,
  ticks: Record<keyof Scales, number[]>,
): { edges: Point[]; grid: Point[] } {
  const { across: x, up: y, away: z } = wallsOf(camera);
  const grid: Point[] = [];
  for (const place of ticks.across)
    grid.push(...line(place, y, 0, place, y, 1), ...line(place, 0, z, place, 1, z));
  for (const place of ticks.away)
    grid.push(...line(0, y, place, 1, y, place), ...line(x, 0, place, x, 1, place));
  for (const place of ticks.up)
    grid.push(...line(0, place, z, 1, place, z), ...line(x, place, 0, x, place, 1));
  const edges = [
    ...[0, 1].flatMap((k) => [...line(0, y, k, 1, y, k), ...line(k, y, 0, k, y, 1)]),
    ...line(0, 1 - y, z, 1, 1 - y, z),
    ...line(x, 1 - y, 0, x, 1 - y, 1),
    ...line(0, 0, z, 0, 1, z),
    ...line(1, 0, z, 1, 1, z),
    ...line(x, 0, 1 - z, x, 1, 1 - z),
  ];
  return { edges, grid };
}

function line(x0: number, y0: number, z0: number, x1: number, y1: number, z1: number): Point[] {
  return [inBox(x0, y0, z0), inBox(x1, y1, z1)];
}

/** Where grid lines run: at the ticks of an edge, or at a few where it has none. */
export function gridPlaces(scales: Scales, edges: readonly Edge[]): Record<keyof Scales, number[]> {
  const placesOf = (axis: keyof Scales) =>
    edges.find((edge) => edge.axis === axis)?.places ??
    ticksOf(scales[axis], FEW).map(({ value }) => scales[axis].place(value));
  return { across: placesOf("across"), up: placesOf("up"), away: placesOf("away") };
}

/** What makes a point of the scene a place in CSS pixels. */
export interface Sight {
  matrix: Matrix;
  width: number;
  height: number;
}

/** The three edges that bear ticks, those of them that are long enough on the screen. */
export function labelledEdges(camera: Camera, sight: Sight, scales: Scales): Edge[] {
  const walls = wallsOf(camera);
  // From steeply above the surface would cover ticks on the floor: they go round the lid.
  const isSteep = Math.abs(camera.elevation) > STEEP;
  const [x, y, z] = [1 - walls.across, isSteep ? 1 - walls.up : walls.up, 1 - walls.away];
  const center = onScreen(sight, inBox(0.5, y, 0.5));
  const [besideX, besideZ] = uprightEdge(sight, walls);
  const edges = [
    makeEdge("across", scales.across, (place) => inBox(place, y, z), center, sight),
    makeEdge("away", scales.away, (place) => inBox(x, y, place), center, sight),
    makeEdge("up", scales.up, (place) => inBox(besideX, place, besideZ), onScreen(sight, [0, 0, 0]), sight),
  ];
  return edges.filter((edge) => edge !== null && !(isSteep && edge.axis === "up")) as Edge[];
}

/** Of the two uprights on the outline the left one, as its places across and away. */
function uprightEdge(sight: Sight, walls: Walls): [number, number] {
  const corners: [number, number][] = [
    [walls.across, 1 - walls.away],
    [1 - walls.across, walls.away],
  ];
  const [a, b] = corners.map(([x, z]) => onScreen(sight, inBox(x, 0.5, z)).x) as [number, number];
  return corners[a <= b ? 0 : 1] as [number, number];
}

function makeEdge(
  axis: keyof Scales,
  scale: Scale,
  pointAt: (place: number) => Point,
  center: { x: number; y: number },
  sight: Sight,
): Edge | null {
  const at = (place: number) => onScreen(sight, pointAt(place));
  const [from, to, middle] = [at(0), at(1), at(0.5)];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length < SHORTEST) return null;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const side = (middle.x - center.x) * -dy + (middle.y - center.y) * dx >= 0 ? 1 : -1;
  const out = { outX: -dy * side, outY: dx * side };
  const found = ticksOf(scale, length / ROOM[axis]);
  const places = found.map(({ value }) => scale.place(value));
  const ticks = found.map(({ label }, k) => ({ ...at(places[k] as number), ...out, text: label }));
  return { axis, places, ticks, middle: { ...middle, ...out, text: "" }, angle: readable(dx, dy), length };
}

/** The direction of a line, turned so that text along it is not upside down. */
function readable(dx: number, dy: number): number {
  const angle = Math.atan2(dy, dx);
  if (angle > Math.PI / 2) return angle - Math.PI;
  return angle <= -Math.PI / 2 ? angle + Math.PI : angle;
}

function ticksOf(scale: Scale, count: number): Tick[] {
  return makeTicks(scale, Math.min(Math.max(count, 2), 6));
}

function onScreen({ matrix, width, height }: Sight, point: Point): { x: number; y: number } {
  const { x, y } = project(matrix, point);
  return { x: x * width, y: y * height };
}

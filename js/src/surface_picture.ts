/** One picture of a surface: what is made of its frame once, and how it is drawn from where it is seen. */

import type { Area } from "./axes.ts";
import { boxLines, type Edge, gridPlaces, labelledEdges } from "./box.ts";
import { type Camera, matrixOf, type Point, project, rayThrough } from "./camera.ts";
import type { MapFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { type Kept, legendOf } from "./kept.ts";
import { mapPlot } from "./map.ts";
import { heightAt, inBox, lineOn, type Mesh, makeMesh, type Scales } from "./mesh.ts";
import type { Pen } from "./pen.ts";
import { pick } from "./picking.ts";
import { lossLabel, type Place, type Plot, type Size } from "./plot.ts";
import { makeScale } from "./scale.ts";
import {
  drawBar,
  drawCenter,
  drawEdges,
  drawLegend,
  drawMark,
  levelsOf,
  sceneArea,
  tintOf,
} from "./surface_drawing.ts";
import type { Lines, Look } from "./surface_scene.ts";
import type { Theme } from "./theme.ts";

const ROOMY = 380; // pixels of the smaller side

/** A frame with all that is made of it once. */
export interface Picture {
  frame: MapFrame;
  scales: Scales;
  mesh: Mesh;
  /** The line beta = 0, along which the curve runs, and the rim of the surface. */
  slice: Point[];
  rim: Point[];
  words: Plot;
  kept: Kept | null;
}

/** A picture from one place. */
export interface View {
  /** The part of the canvas that the scene has: what the colour bar leaves. */
  area: Area;
  camera: Camera;
  matrix: Float32Array;
  edges: Edge[];
}

/** `second`: drawn too, in the box of the first. */
export function makePicture(frame: MapFrame, second: MapFrame | null = null): Picture {
  const { alphas, betas } = frame;
  const ends = (axis: Float32Array) => [axis[0] as number, axis[axis.length - 1] as number] as const;
  const scales = {
    across: makeScale("linear", ...ends(alphas)),
    up: makeScale(frame.scale, ...frame.loss_limits),
    away: makeScale("linear", ...ends(betas)),
  };
  const mesh = makeMesh(frame, scales);
  const middle = scales.away.place(0);
  const hasMiddle = middle >= 0 && middle <= 1;
  const slice = hasMiddle ? lineOn(mesh, [0, middle], [1, middle], 2 * (mesh.columns - 1)) : [];
  const sides: [[number, number], [number, number]][] = [
    [
      [0, 0],
      [1, 0],
    ],
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 0],
      [0, 1],
    ],
    [
      [1, 0],
      [1, 1],
    ],
  ];
  const rim = sides.flatMap(([from, to]) => lineOn(mesh, from, to, Math.max(mesh.columns, mesh.rows) - 1));
  const kept = second && { frame: second, mesh: makeMesh(second, scales) };
  return { frame, scales, mesh, kept, slice: segments(slice), rim: segments(rim), words: mapPlot(frame) };
}

/** Pieces of lines as pairs of points. */
function segments(pieces: readonly Point[][]): Point[] {
  return pieces.flatMap((piece) => piece.slice(1).flatMap((point, k) => [piece[k] as Point, point]));
}

export function lookAt({ scales }: Picture, camera: Camera, pen: Pen, theme: Theme, size: Size): View {
  const area = sceneArea(pen, theme, size, scales.up);
  const seen = withRoom(camera, area);
  const matrix = matrixOf(seen, area.width / area.height);
  const edges = labelledEdges(seen, { matrix, width: area.width, height: area.height }, scales);
  return { area, camera: seen, matrix, edges };
}

/** Ticks and names have a fixed size: in a small picture the box makes room for them. */
function withRoom(camera: Camera, { width, height }: Area): Camera {
  const lacking = Math.max(ROOMY - Math.min(width, height), 0) / ROOMY;
  return { ...camera, distance: camera.distance * (1 + 0.6 * lacking) };
}

/** What the graphics card draws, but for the size of its canvas and the switches. */
export function sceneOf(
  picture: Picture,
  view: View,
  theme: Theme,
  size: Size,
): Pick<Look, "camera" | "matrix" | "ratio" | "levels" | "behind" | "before" | "tint"> {
  const { camera, matrix, edges } = view;
  return {
    camera,
    matrix,
    ratio: size.ratio,
    levels: levelsOf(size, picture.scales.up),
    behind: boxOf(camera, picture.scales, edges, theme),
    before: linesOn(picture, theme),
    tint: tintOf(theme),
  };
}

/** What is drawn over it; returns the place that is pointed at. */
export function drawOver(
  picture: Picture,
  view: View,
  pen: Pen,
  theme: Theme,
  size: Size,
  pointer: { x: number; y: number } | null,
): Place | null {
  const { frame, scales } = picture;
  const names = { across: frame.alpha_label, away: frame.beta_label, up: lossLabel(frame) };
  drawEdges(pen, theme, view.area, view.edges, names);
  drawBar(pen, theme, view.area, size, frame, scales.up);
  if (picture.kept) drawLegend(pen, theme, view.area, legendOf(frame, picture.kept.frame));
  markCenter(pen, picture, view);
  const place = pointer && placeUnder(picture, view, pointer);
  if (place) markPlace(pen, place, picture, view);
  return place;
}

function boxOf(camera: Camera, scales: Scales, edges: readonly Edge[], theme: Theme): Lines[] {
  const { edges: frame, grid } = boxLines(camera, gridPlaces(scales, edges));
  const shade = theme.is_dark ? 1 : 0;
  const ink = (opacity: number) => [shade, shade, shade, opacity] as const;
  return [
    { points: grid, color: ink(theme.is_dark ? 0.13 : 0.1), width: 1, nearer: 0 },
    { points: frame, color: ink(theme.is_dark ? 0.38 : 0.32), width: 1, nearer: 0 },
  ];
}

function linesOn({ slice, rim }: Picture, theme: Theme): Lines[] {
  const dark = theme.is_dark ? 0.35 : 0.25;
  return [
    { points: rim, color: [0, 0, 0, dark], width: 1.2, nearer: 0.001 },
    { points: slice, color: [0, 0, 0, 0.55], width: 4, nearer: 0.002 },
    { points: slice, color: [1, 1, 1, 1], width: 2, nearer: 0.003 },
  ];
}

/** The center, unless the surface hides it. */
function markCenter(pen: Pen, { mesh, scales }: Picture, { area, camera, matrix }: View): void {
  const [across, away] = [scales.across.place(0), scales.away.place(0)];
  if (Math.min(across, away) < 0 || Math.max(across, away) > 1) return;
  const height = heightAt(mesh, across, away);
  if (!(height >= 0 && height <= 1)) return;
  const seen = project(matrix, inBox(across, height, away));
  const hit = pick(mesh, rayThrough(camera, area.width / area.height, seen.x, seen.y));
  if (hit && Math.hypot(hit.across - across, hit.away - away) > 0.05) return;
  drawCenter(pen, seen.x * area.width, seen.y * area.height);
}

/** The point of the grid nearest to where the pointer meets the surface. */
function placeUnder(
  { frame, scales, mesh }: Picture,
  { area, camera }: View,
  pointer: { x: number; y: number },
): Place | null {
  if (pointer.x > area.width) return null;
  const ray = rayThrough(camera, area.width / area.height, pointer.x / area.width, pointer.y / area.height);
  const hit = pick(mesh, ray);
  if (!hit) return null;
  const column = nearestIndex(frame.alphas, scales.across.value(hit.across));
  const row = nearestIndex(frame.betas, scales.away.value(hit.away));
  return { alpha: frame.alphas[column] as number, beta: frame.betas[row] as number };
}

function markPlace(
  pen: Pen,
  { alpha, beta }: Place,
  { mesh, scales }: Picture,
  { area, matrix }: View,
): void {
  const [across, away] = [scales.across.place(alpha), scales.away.place(beta)];
  const height = Math.min(Math.max(heightAt(mesh, across, away), 0), 1);
  const seen = project(matrix, inBox(across, height, away));
  if (Number.isFinite(seen.x + seen.y)) drawMark(pen, seen.x * area.width, seen.y * area.height);
}

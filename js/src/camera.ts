/**
 * Where the surface is seen from. The box lies around the origin: alpha runs right, the loss up, beta away from who
 * looks along it. Angles in radians, lengths in widths of the box.
 */

export type Point = readonly [number, number, number];

export interface Camera {
  /** To the right of the front, from above. */
  azimuth: number;
  elevation: number;
  /** From the target. */
  distance: number;
  target: Point;
}

/** Of the box: its width (alpha), height (loss) and depth (beta). */
export const BOX: Point = [1, 0.62, 1];

const FIELD = 0.5; // of view, in radians, of the smaller side of the picture
const WIDER = 1.15; // than high is the box as it stands at home
const [NEAREST, FARTHEST] = [0.6, 9];
const STEEPEST = Math.PI / 2;
const TARGET: Point = [0, -0.1, 0]; // room below for ticks and names

export const HOME: Camera = { azimuth: -0.62, elevation: 0.56, distance: 3, target: TARGET };

/** By name, as the buttons and keys of the view have them. */
export const STANDARD: Record<"home" | "top" | "front" | "side", Camera> = {
  home: HOME,
  top: { ...HOME, azimuth: 0, elevation: STEEPEST, distance: 2.7, target: [0, 0, 0.03] },
  front: { ...HOME, azimuth: 0, elevation: 0.06 },
  side: { ...HOME, azimuth: -Math.PI / 2, elevation: 0.06 },
};

/** As a trait has it: azimuth, elevation, distance, target. */
export function packCamera({ azimuth, elevation, distance, target }: Camera): number[] {
  return [azimuth, elevation, distance, ...target];
}

/** The home of a view whose trait says nothing, or nothing that can be understood. */
export function unpackCamera(raw: unknown): Camera {
  if (!Array.isArray(raw) || raw.length !== 6 || !raw.every(Number.isFinite)) return HOME;
  const [azimuth, elevation, distance, x, y, z] = raw as [number, number, number, number, number, number];
  return zoom({ azimuth, elevation, distance, target: [x, y, z] }, 1);
}

/** Unit vectors to the right, up, and back towards the eye. */
export function frameOf({ azimuth, elevation }: Camera): { right: Point; up: Point; back: Point } {
  const [ca, sa] = [Math.cos(azimuth), Math.sin(azimuth)];
  const [ce, se] = [Math.cos(elevation), Math.sin(elevation)];
  return { right: [ca, 0, -sa], up: [-se * sa, ce, -se * ca], back: [ce * sa, se, ce * ca] };
}

export function eyeOf(camera: Camera): Point {
  return along(camera.target, frameOf(camera).back, camera.distance);
}

/** What maps a point to clip space; column by column, as WebGL takes it. */
export type Matrix = Float32Array;

/** `aspect`: width over height of the picture. */
export function matrixOf(camera: Camera, aspect: number): Matrix {
  const { right, up, back } = frameOf(camera);
  const eye = eyeOf(camera);
  const [scaleX, scaleY] = scalesOf(aspect);
  const [near, far] = [0.1, camera.distance + 3];
  const depth = (far + near) / (far - near);
  const rows = [
    [...right.map((part) => part * scaleX), -scaleX * dot(right, eye)],
    [...up.map((part) => part * scaleY), -scaleY * dot(up, eye)],
    [...back.map((part) => -part * depth), depth * dot(back, eye) - (2 * far * near) / (far - near)],
    [...back.map((part) => -part), dot(back, eye)],
  ];
  return Float32Array.from({ length: 16 }, (_, k) => (rows[k % 4] as number[])[Math.floor(k / 4)] as number);
}

function scalesOf(aspect: number): [number, number] {
  const scale = 1 / Math.tan(FIELD / 2);
  return aspect > WIDER ? [scale / aspect, scale] : [scale / WIDER, (scale * aspect) / WIDER];
}

/** Where a point is seen: from 0 to 1, right and down; `depth` grows away from the eye. */
export function project(matrix: Matrix, [x, y, z]: Point): { x: number; y: number; depth: number } {
  const part = (row: number) =>
    (matrix[row] as number) * x +
    (matrix[row + 4] as number) * y +
    (matrix[row + 8] as number) * z +
    (matrix[row + 12] as number);
  const w = part(3);
  return { x: 0.5 + part(0) / w / 2, y: 0.5 - part(1) / w / 2, depth: w };
}

export interface Ray {
  from: Point;
  along: Point;
}

/** What lies behind a place of the picture; x and y from 0 to 1, right and down. */
export function rayThrough(camera: Camera, aspect: number, x: number, y: number): Ray {
  const { right, up, back } = frameOf(camera);
  const [scaleX, scaleY] = scalesOf(aspect);
  const [u, v] = [(2 * x - 1) / scaleX, (1 - 2 * y) / scaleY];
  const towards = [0, 1, 2].map(
    (k) => u * (right[k] as number) + v * (up[k] as number) - (back[k] as number),
  );
  return { from: eyeOf(camera), along: towards as unknown as Point };
}

export function orbit(camera: Camera, right: number, up: number): Camera {
  const elevation = clamp(camera.elevation + up, -STEEPEST, STEEPEST);
  return { ...camera, azimuth: wrapped(camera.azimuth + right), elevation };
}

/** Moves the target in the plane of the picture; in shares of the picture's smaller side. */
export function pan(camera: Camera, right: number, up: number): Camera {
  const frame = frameOf(camera);
  const unit = 2 * camera.distance * Math.tan(FIELD / 2);
  const moved = along(along(camera.target, frame.right, -right * unit), frame.up, -up * unit);
  return { ...camera, target: moved.map((part) => clamp(part, -1, 1)) as unknown as Point };
}

/** Nearer where the factor is below 1. */
export function zoom(camera: Camera, factor: number): Camera {
  return { ...camera, distance: clamp(camera.distance * factor, NEAREST, FARTHEST) };
}

/** On the way from one camera to another, the shorter way round. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const mix = (a: number, b: number) => a + share * (b - a);
  return {
    azimuth: wrapped(from.azimuth + share * wrapped(to.azimuth - from.azimuth)),
    elevation: mix(from.elevation, to.elevation),
    distance: mix(from.distance, to.distance),
    target: from.target.map((part, k) => mix(part, to.target[k] as number)) as unknown as Point,
  };
}

function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function along(from: Point, direction: Point, length: number): Point {
  return [from[0] + length * direction[0], from[1] + length * direction[1], from[2] + length * direction[2]];
}

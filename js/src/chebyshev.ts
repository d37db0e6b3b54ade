/**
 * Interpolants on nested Chebyshev-Lobatto nodes, as `slices/chebyshev.py` makes them: values on a grid along
 * their own axes (one sum an axis), and exactly at single points (barycentric formula, Berrut and Trefethen 2004).
 */

import { createScratch, type Scratch } from "./scratch.ts";

/** One axis: stretched by `x = width sinh(u)`, u linear in s, where the span holds 0 and the strength is not 0. */
export interface Axis {
  low: number;
  high: number;
  count: number;
  strength: number;
}

export interface Interpolant {
  /** One, two or three; alpha first. */
  axes: readonly Axis[];
  /** `[..., B, A]` at the nodes: alpha runs fastest. */
  values: Float64Array;
}

/** `[count]`: Chebyshev-Lobatto nodes from -1 to 1. */
export function lobatto(count: number): Float64Array {
  const nodes = new Float64Array(count);
  for (let k = 0; k < count; k++) nodes[k] = Math.sin((Math.PI * (2 * k + 1 - count)) / (2 * (count - 1)));
  return nodes;
}

/** `[count]`, increasing: where the values were computed. */
export function nodesOf({ low, high, count, strength }: Axis): Float64Array {
  const nodes = lobatto(count);
  const stretching = stretchingOf(low, high, strength);
  for (let k = 0; k < count; k++) {
    const s = nodes[k] as number;
    if (!stretching) nodes[k] = (low + high) / 2 + ((high - low) / 2) * s;
    else
      nodes[k] = stretching.width * Math.sinh((stretching.first * (1 - s) + stretching.last * (1 + s)) / 2);
  }
  nodes[0] = low;
  nodes[count - 1] = high;
  return nodes;
}

/** Around 0; none where the span does not hold it in its inside. */
function stretchingOf(
  low: number,
  high: number,
  strength: number,
): { width: number; first: number; last: number } | null {
  if (strength === 0 || !(low < 0 && high > 0)) return null;
  const width = (high - low) / 2 / Math.sinh(strength);
  return { width, first: Math.asinh(low / width), last: Math.asinh(high / width) };
}

/** From a coordinate to s, from -1 to 1; what lies outside the axis is drawn to its end. */
export function unitOf({ low, high, strength }: Axis): (x: number) => number {
  const inside = (s: number) => (s < -1 ? -1 : s > 1 ? 1 : s);
  const stretching = stretchingOf(low, high, strength);
  if (!stretching) return (x) => inside((2 * x - low - high) / (high - low));
  const { width, first, last } = stretching;
  return (x) => inside((2 * Math.asinh(x / width) - first - last) / (last - first));
}

/** `[T, count]`: values at the nodes -> values at `x [T]`. */
export function rowsAt(
  axis: Axis,
  x: ArrayLike<number>,
  scratch: Scratch = createScratch(),
  name = "",
): Float64Array {
  const { count } = axis;
  const unit = unitOf(axis);
  const nodes = nodesFor(count);
  const rows = scratch.doubles(`rows ${name}`, x.length * count);
  for (let t = 0; t < x.length; t++) fillRow(rows, t * count, unit(x[t] as number), nodes);
  return rows;
}

const NODES = new Map<number, Float64Array>();

/** As `lobatto`, made once; not to be written to. */
function nodesFor(count: number): Float64Array {
  const nodes = NODES.get(count) ?? lobatto(count);
  NODES.set(count, nodes);
  return nodes;
}

const AT_NODE = 1e-14; // so far apart, in s, a point and a node are one

/** One row, from an offset on. */
function fillRow(rows: Float64Array, from: number, s: number, nodes: Float64Array): void {
  const last = nodes.length - 1;
  let [sum, sign] = [0, 1];
  for (let k = 0; k <= last; k++) {
    const apart = s - (nodes[k] as number);
    if (Math.abs(apart) < AT_NODE) {
      rows.fill(0, from, from + last + 1);
      rows[from + k] = 1;
      return;
    }
    const weight = (k === 0 || k === last ? 0.5 * sign : sign) / apart;
    sign = -sign;
    rows[from + k] = weight;
    sum += weight;
  }
  for (let k = from; k <= from + last; k++) rows[k] = (rows[k] as number) / sum;
}

/** `[..., B, A]`: values on the tensor grid of these axes, alpha first; the scratch's own, until it is read again. */
export function readGrid(
  { axes, values }: Interpolant,
  grid: readonly ArrayLike<number>[],
  scratch: Scratch = createScratch(),
): Float64Array {
  let sums = values;
  let inner = 1; // how many values lie between two neighbours along the axis at hand
  for (let k = 0; k < axes.length; k++) {
    const x = grid[k] as ArrayLike<number>;
    const axis = axes[k] as Axis;
    const rows = rowsAt(axis, x, scratch, String(k));
    const into = scratch.doubles(`sums ${k}`, (sums.length / axis.count) * x.length);
    sums = sumAlong(sums, inner, rows, axis.count, into);
    inner *= x.length;
  }
  return sums;
}

/** `[outer, count, inner]` and `rows [T, count]` -> `[outer, T, inner]`, into `sums`. */
function sumAlong(
  values: Float64Array,
  inner: number,
  rows: Float64Array,
  count: number,
  sums: Float64Array,
): Float64Array {
  const total = rows.length / count;
  const outer = values.length / count / inner;
  if (inner > 1) sums.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let t = 0; t < total; t++) {
      const to = (o * total + t) * inner;
      if (inner === 1) sums[to] = dot(values, o * count, rows, t * count, count);
      else
        for (let k = 0; k < count; k++)
          addTo(sums, to, rows[t * count + k] as number, values, (o * count + k) * inner, inner);
    }
  }
  return sums;
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += (a[fromA + k] as number) * (b[fromB + k] as number);
  return sum;
}

function addTo(
  sums: Float64Array,
  to: number,
  weight: number,
  values: Float64Array,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    sums[to + i] = (sums[to + i] as number) + weight * (values[from + i] as number);
}

/** `[T]`: values at points, one array `[T]` a coordinate, alpha first. */
export function readPoints(
  { axes, values }: Interpolant,
  coords: readonly Float64Array[],
  scratch: Scratch = createScratch(),
): Float64Array {
  const rows = axes.map((axis, k) => rowsAt(axis, coords[k] as Float64Array, scratch, `point ${k}`));
  const read = scratch.doubles("points", (coords[0] as Float64Array).length);
  if (axes.length === 2) readPlane(values, axes, rows, read);
  else for (let t = 0; t < read.length; t++) read[t] = sumAll(values, axes, rows, t, axes.length - 1, 0);
  return read;
}

/** The same as `sumAll` for two axes, the case that a drag meets, without a call for each row: twice as fast. */
function readPlane(
  values: Float64Array,
  axes: readonly Axis[],
  rows: readonly Float64Array[],
  read: Float64Array,
): void {
  const [columns, count] = axes.map((axis) => axis.count) as [number, number];
  const [across, up] = rows as [Float64Array, Float64Array];
  for (let t = 0; t < read.length; t++) {
    let sum = 0;
    for (let b = 0; b < count; b++) {
      let row = 0;
      for (let a = 0; a < columns; a++) {
        row += (values[b * columns + a] as number) * (across[t * columns + a] as number);
      }
      sum += (up[t * count + b] as number) * row;
    }
    read[t] = sum;
  }
}

/** The sum over axis `k` and those within it, from an offset on. */
function sumAll(
  values: Float64Array,
  axes: readonly Axis[],
  rows: readonly Float64Array[],
  t: number,
  k: number,
  from: number,
): number {
  const { count } = axes[k] as Axis;
  const weights = rows[k] as Float64Array;
  if (k === 0) return dot(values, from, weights, t * count, count);
  let sum = 0;
  for (let j = 0; j < count; j++) {
    const inner = sumAll(values, axes, rows, t, k - 1, (from + j) * (axes[k - 1] as Axis).count);
    sum += (weights[t * count + j] as number) * inner;
  }
  return sum;
}

/** The interpolant over all axes but the last, where the last has this coordinate. */
export function cutAt(
  { axes, values }: Interpolant,
  coord: number,
  scratch: Scratch = createScratch(),
): Interpolant {
  const last = axes[axes.length - 1] as Axis;
  const inner = values.length / last.count;
  const rows = rowsAt(last, [coord], scratch, "cut");
  return {
    axes: axes.slice(0, -1),
    values: sumAlong(values, inner, rows, last.count, scratch.doubles("cut", inner)),
  };
}

/** Lines and bands along alpha, broken where there is nothing. */

import { type Axes, xOf, yOf } from "./axes.ts";
import type { Pen } from "./pen.ts";

/** Breaks at values that are not finite. */
export function tracePath(pen: Pen, axes: Axes, alphas: Float32Array, values: Float32Array): void {
  let isDown = false;
  for (let k = 0; k < alphas.length; k++) {
    const value = values[k] as number;
    const [x, y] = [xOf(axes, alphas[k] as number), nearby(axes, value)];
    if (!Number.isFinite(value)) isDown = false;
    else if (isDown) pen.lineTo(x, y);
    else {
      pen.moveTo(x, y);
      isDown = true;
    }
  }
}

/** Far outside is drawn just outside: canvas paths overflow. */
function nearby(axes: Axes, value: number): number {
  return Math.min(Math.max(yOf(axes, value), -1e5), 1e5);
}

/** Fills from `values - errors` to `values + errors`, one shape for each stretch without a gap. */
export function fillBand(
  pen: Pen,
  axes: Axes,
  alphas: Float32Array,
  values: Float32Array,
  errors: Float32Array,
): void {
  pen.beginPath();
  for (const [from, to] of stretches(values, errors)) {
    for (let k = from; k < to; k++) step(k, 1, k === from);
    for (let k = to - 1; k >= from; k--) step(k, -1, false);
    pen.closePath();
  }
  pen.fill();

  function step(k: number, sign: number, isFirst: boolean): void {
    const x = xOf(axes, alphas[k] as number);
    const y = nearby(axes, (values[k] as number) + sign * (errors[k] as number));
    if (isFirst) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
}

/** From and to (behind the last) of each stretch in which both are finite. */
export function stretches(values: Float32Array, errors: Float32Array): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let k = 0; k <= values.length; k++) {
    const isThere = k < values.length && Number.isFinite((values[k] as number) + (errors[k] as number));
    if (isThere && from < 0) from = k;
    if (!isThere && from >= 0) {
      found.push([from, k]);
      from = -1;
    }
  }
  return found;
}

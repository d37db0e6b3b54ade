/** Linear, log and symlog scales between a value and its place from 0 to 1, and their ticks. */

import type { ScaleName } from "./frames.ts";

/** Symlog: linear around 0, logarithmic beyond. */
export type AxisName = ScaleName | "symlog";

export interface Scale {
  name: AxisName;
  low: number;
  high: number;
  /** 0 at `low`, 1 at `high`, beyond them outside; on a log scale -Infinity for what has no logarithm. */
  place(value: number): number;
  value(place: number): number;
}

export interface Tick {
  value: number;
  label: string;
}

export function makeScale(name: AxisName, low: number, high: number): Scale {
  if (name === "symlog") return symlogScale(low, high);
  if (name === "linear") {
    const extent = high - low;
    return { name, low, high, place: (v) => (v - low) / extent, value: (p) => low + p * extent };
  }
  const start = Math.log(low);
  const extent = Math.log(high) - start;
  const place = (v: number) => (v > 0 ? (Math.log(v) - start) / extent : Number.isNaN(v) ? v : -Infinity);
  return { name, low, high, place, value: (p) => Math.exp(start + p * extent) };
}

function symlogScale(low: number, high: number): Scale {
  const bend = bendOf(low, high);
  const bent = (value: number) => Math.sign(value) * Math.log1p(Math.abs(value) / bend);
  const start = bent(low);
  const extent = bent(high) - start;
  const value = (place: number) => {
    const at = start + place * extent;
    return Math.sign(at) * bend * Math.expm1(Math.abs(at));
  };
  return { name: "symlog", low, high, place: (v) => (bent(v) - start) / extent, value };
}

/** Below this size a symlog scale is about linear: two to three decades under the larger end. */
function bendOf(low: number, high: number): number {
  return 10 ** (Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)))) - 2);
}

/** Round values inside the scale, about `count` of them. */
export function makeTicks(scale: Scale, count: number): Tick[] {
  const few = Math.max(2, count);
  if (scale.name === "symlog") return symlogTicks(scale, few);
  return scale.name === "log"
    ? logTicks(scale.low, scale.high, few)
    : linearTicks(scale.low, scale.high, few);
}

function linearTicks(low: number, high: number, count: number): Tick[] {
  const step = roundStep((high - low) / count);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const ticks: Tick[] = [];
  // Multiples of an integer, not a running sum: rounding must not lose the last tick.
  const last = Math.floor(high / step + 1e-6);
  for (let k = Math.ceil(low / step - 1e-6); k <= last; k++) {
    ticks.push({ value: k * step, label: tickLabel(k * step, step, size) });
  }
  return ticks;
}

/** The smallest of 1, 2, 5, 10 times a power of ten that is at least `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5]) {
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

function logTicks(low: number, high: number, count: number): Tick[] {
  const decades = Math.log10(high / low);
  if (decades < 0.7) return linearTicks(low, high, count); // less than a factor of 5: no two round powers
  const mantissas = [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].find((m) => decades * m.length <= count * 1.3);
  const stride = mantissas ? 1 : Math.ceil(decades / count);
  return powerTicks(low, high, mantissas ?? [1], stride);
}

/** The mantissas times every `stride`-th power of ten. */
function powerTicks(low: number, high: number, mantissas: number[], stride: number): Tick[] {
  const ticks: Tick[] = [];
  const first = Math.floor(Math.log10(low) / stride) * stride;
  for (let k = first; k <= Math.log10(high) + 1e-6; k += stride) {
    for (const mantissa of mantissas) {
      const value = Number(`${mantissa}e${k}`); // 10 ** k is not always the nearest number
      if (value < low * (1 - 1e-6) || value > high * (1 + 1e-6)) continue;
      ticks.push({ value, label: tickLabel(value, 10 ** k, value) });
    }
  }
  return ticks;
}

/** 0 and powers of ten of both signs, from the largest down as far as there is room. */
function symlogTicks(scale: Scale, count: number): Tick[] {
  const { low, high } = scale;
  const bend = bendOf(low, high);
  const ticks: Tick[] = [];
  const offer = (value: number) => {
    const place = scale.place(value);
    const isFree = ticks.every((tick) => Math.abs(scale.place(tick.value) - place) > 0.6 / count);
    if (place >= -1e-6 && place <= 1 + 1e-6 && isFree) ticks.push({ value, label: formatNumber(value) });
  };
  offer(0);
  for (let power = 3; power >= 0; power--) {
    for (const mantissa of [1, 3]) {
      const size = Number((bend * 10 ** power * mantissa).toPrecision(1));
      offer(size);
      offer(-size);
    }
  }
  return ticks.length > 1 ? ticks.sort((a, b) => a.value - b.value) : linearTicks(low, high, count);
}

/** As many digits as the step needs; powers of ten where the largest value, `size`, is far from 1. */
function tickLabel(value: number, step: number, size: number): string {
  if (size >= 1e5 || size < 1e-3) return scientific(value, Math.round(Math.log10(size / step)) + 1);
  return withMinus(value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}

/** A number for reading: four significant digits, a true minus sign. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-4)) return scientific(value, 4);
  return withMinus(String(Number(value.toPrecision(4))));
}

function scientific(value: number, digits: number): string {
  if (value === 0) return "0";
  const [mantissa = "", exponent = ""] = value.toExponential(Math.max(0, digits - 1)).split("e");
  const power = `10${superscript(Number(exponent))}`;
  const short = withMinus(String(Number(mantissa)));
  return short === "1" ? power : `${short}·${power}`;
}

function superscript(exponent: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return String(exponent).replace(/./g, (sign) => (sign === "-" ? "⁻" : (digits[Number(sign)] ?? sign)));
}

/** Also takes the sign off a zero. */
function withMinus(text: string): string {
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

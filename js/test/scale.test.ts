import { expect, test } from "vitest";
import { type AxisName, formatNumber, makeScale, makeTicks } from "../src/scale.ts";

const labels = (name: AxisName, low: number, high: number, count: number) =>
  makeTicks(makeScale(name, low, high), count).map((tick) => tick.label);

test("a scale and its inverse agree, away from zero and not symmetric", () => {
  for (const name of ["linear", "log", "symlog"] as const) {
    const scale = makeScale(name, 2, 5);
    expect(scale.place(2)).toBe(0);
    expect(scale.place(5)).toBeCloseTo(1, 12);
    expect(scale.value(scale.place(3.3))).toBeCloseTo(3.3, 12);
  }
  expect(makeScale("linear", -3, -1).place(-1.5)).toBe(0.75);
  expect(makeScale("log", 0.01, 100).place(1)).toBeCloseTo(0.5, 12);
});

test("a symlog scale goes through zero and treats both signs alike", () => {
  const scale = makeScale("symlog", -20, 20);
  expect(scale.place(0)).toBeCloseTo(0.5, 12);
  expect(scale.place(3) - 0.5).toBeCloseTo(0.5 - scale.place(-3), 12);
  expect(scale.value(scale.place(-0.02))).toBeCloseTo(-0.02, 12);
  expect(scale.place(1) - scale.place(0.5)).toBeCloseTo(scale.place(10) - scale.place(5), 1);
});

test("a log scale sends what has no logarithm below everything, and NaN nowhere", () => {
  const scale = makeScale("log", 0.5, 8);
  expect(scale.place(0)).toBe(-Infinity);
  expect(scale.place(-2)).toBe(-Infinity);
  expect(scale.place(Number.NaN)).toBeNaN();
});

test.each([
  ["linear", 0, 1, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
  ["linear", -0.35, 1.2, 4, ["0.0", "0.5", "1.0"]],
  ["linear", 2.13, 2.19, 4, ["2.14", "2.16", "2.18"]],
  ["linear", -30, -12, 4, ["−30", "−25", "−20", "−15"]],
  ["linear", 0, 3e6, 3, ["0", "10⁶", "2·10⁶", "3·10⁶"]],
  ["linear", 0, 4e-5, 4, ["0", "10⁻⁵", "2·10⁻⁵", "3·10⁻⁵", "4·10⁻⁵"]],
  ["log", 0.01, 60, 5, ["0.01", "0.1", "1", "10"]],
  ["log", 0.02, 3, 5, ["0.03", "0.1", "0.3", "1", "3"]],
  ["log", 1, 20, 4, ["1", "2", "5", "10", "20"]],
  ["log", 2, 5, 4, ["2", "3", "4", "5"]],
  ["symlog", -0.2, 40, 6, ["0", "0.3", "1", "3", "10", "30"]],
  ["symlog", -30, 3, 6, ["−30", "−10", "−3", "−1", "−0.3", "0", "0.3", "1", "3"]],
  ["symlog", 4, 5, 4, ["4.0", "4.5", "5.0"]],
  ["log", 1e-8, 1e6, 5, ["10⁻⁶", "0.001", "1", "1000", "10⁶"]],
] as [AxisName, number, number, number, string[]][])(
  "%s ticks from %d to %d are round and inside",
  (name, low, high, count, expected) => {
    expect(labels(name, low, high, count)).toEqual(expected);
  },
);

test("ticks lie inside the scale whatever it is", () => {
  for (const [low, high] of [
    [-7.3, -0.2],
    [0.011, 0.012],
    [3, 7000],
    [1e-7, 2e-7],
  ] as const) {
    for (const name of ["linear", "log"] as const) {
      if (name === "log" && low <= 0) continue;
      const ticks = makeTicks(makeScale(name, low, high), 6);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(12);
      for (const { value } of ticks) {
        expect(value).toBeGreaterThanOrEqual(low - 1e-6 * Math.abs(low));
        expect(value).toBeLessThanOrEqual(high + 1e-6 * Math.abs(high));
      }
      expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
    }
  }
});

test.each([
  [0, "0"],
  [-0, "0"],
  [1.23456, "1.235"],
  [-0.25, "−0.25"],
  [0.00001234, "1.234·10⁻⁵"],
  [123456, "1.235·10⁵"],
  [1e-300, "10⁻³⁰⁰"],
  [Number.NaN, "not finite"],
  [Number.POSITIVE_INFINITY, "not finite"],
])("%d reads %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

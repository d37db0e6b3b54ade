import { expect, test } from "vitest";
import { stretches } from "../src/curve_lines.ts";
import { barriersOf, lossAxis, plainLook, rescaled, shownRange } from "../src/curve_look.ts";
import { type CurveFrame, decodeFrame } from "../src/frames.ts";
import { quadraticOf, valueAt } from "../src/quadratic.ts";
import { goldenCurve } from "./golden.ts";

const frame = (changes: Partial<CurveFrame> = {}) => ({
  ...(decodeFrame(goldenCurve()) as CurveFrame),
  ...changes,
});
const axis = Float32Array.from({ length: 101 }, (_, k) => -0.5 + k / 50);

test("the quadratic of a parabola is that parabola, also where the center is no middle", () => {
  const losses = axis.map((alpha) => 2 - 0.5 * alpha + 1.5 * alpha ** 2);
  const found = quadraticOf(axis, losses);
  expect(found?.loss).toBe(2);
  expect(found?.slope).toBeCloseTo(-0.5, 4);
  expect(found?.curvature).toBeCloseTo(3, 3);
  expect(valueAt(found as NonNullable<typeof found>, -0.4)).toBeCloseTo(2.44, 3);
});

test("there is no quadratic where the curve is not known around the center", () => {
  const losses = axis.map((alpha) => alpha ** 2);
  expect(quadraticOf(axis.slice(0, 20), losses.slice(0, 20))).toBeNull(); // ends before the center
  expect(quadraticOf(axis.slice(25), losses.slice(25))).toBeNull(); // begins at it
  const unequal = axis.map((alpha) => alpha + 0.003);
  expect(quadraticOf(unequal, losses)).toBeNull(); // has no point there
  expect(quadraticOf(axis, losses.fill(Number.NaN, 20, 24))).toBeNull();
});

test("a barrier is the highest place between two valleys, whatever their order", () => {
  const losses = axis.map((alpha) => (alpha > 1.2 ? 9 : Math.sin(9 * alpha)));
  const [low, high] = [-0.174, 0.524];
  const valleys: [number, number][] = [
    [high, -1],
    [low, -1],
  ];
  const found = barriersOf(frame({ alphas: axis, losses, valleys }));
  expect(found).toHaveLength(1);
  expect(found[0]?.[0]).toBeCloseTo(0.18, 5);
  expect(found[0]?.[1]).toBeCloseTo(1, 2);
  expect(barriersOf(frame({ alphas: axis, losses, valleys: valleys.slice(1) }))).toEqual([]);
});

test("a range is zoomed about a place, ends at the whole one, and never becomes dust", () => {
  expect(rescaled([-1, 3], 0, 0.5, [-1, 3])).toEqual([-0.5, 1.5]);
  expect(rescaled([-0.5, 1.5], 0, 2, [-1, 2])).toBeNull();
  expect(rescaled([0.5, 1], 0.5, 3, [-1, 3])).toEqual([0.5, 2]);
  expect(rescaled([0, 1e-4], 0, 0.1, [-1, 3])).toEqual([0, 1e-4]);
});

test("a zoom shows the part of the curve that lies in it, or all where none does", () => {
  const zoomed = (zoom: [number, number]) => shownRange(frame(), { ...plainLook(), zoom });
  expect(zoomed([-9, 0.5])).toEqual([-0.5, 0.5]);
  expect(zoomed([7, 8])).toEqual([-0.5, 1.5]);
  expect(shownRange(frame({ alphas: Float32Array.of(2) }), plainLook())).toEqual([1.5, 2.5]);
});

test("a log axis becomes symlog where losses are not positive, and where that is asked for", () => {
  expect(lossAxis(frame(), plainLook())).toEqual({ name: "log", limits: [0.1, 4] });
  expect(lossAxis(frame(), { ...plainLook(), isSymlog: true }).name).toBe("symlog");
  const losses = Float32Array.of(2.5, -0.5, 1, 3);
  const { name, limits } = lossAxis(frame({ losses }), plainLook());
  expect(name).toBe("symlog");
  expect(limits).toEqual([expect.closeTo(-0.55, 6), 4]);
  expect(lossAxis(frame({ losses, scale: "linear" }), plainLook()).name).toBe("linear");
});

test("limits hold kept curves too, and fit what a zoom shows", () => {
  const kept = [frame({ loss_limits: [0.02, 9] })];
  expect(lossAxis(frame(), { ...plainLook(), kept }).limits).toEqual([0.02, 9]);
  const flat = frame({
    alphas: axis,
    losses: axis.map((alpha) => alpha ** 4),
    scale: "linear",
    loss_limits: [0, 6],
  });
  const { limits } = lossAxis(flat, { ...plainLook(), zoom: [-0.3, 0.5] });
  expect(limits[0]).toBe(0);
  expect(limits[1]).toBeGreaterThan(0.0625);
  expect(limits[1]).toBeLessThan(0.07);
});

test("a band is drawn over each stretch without a gap", () => {
  const values = Float32Array.of(1, Number.NaN, 2, 3, 4, 5);
  const errors = Float32Array.of(1, 1, 0, 1, Infinity, 2);
  expect(stretches(values, errors)).toEqual([
    [0, 1],
    [2, 4],
    [5, 6],
  ]);
});

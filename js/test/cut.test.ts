import { expect, test } from "vitest";
import { cutAt, shareOf, topAt } from "../src/cut.ts";
import { decodeFrame, type MapFrame, type ScaleName } from "../src/frames.ts";
import { goldenMap } from "./golden.ts";

const frame = (scale: ScaleName = "linear", low = 0.5): MapFrame => ({
  ...(decodeFrame(goldenMap()) as MapFrame),
  scale,
  loss_limits: [low, 4],
  losses: Float32Array.from({ length: 12 }, (_, k) => (k === 3 ? Number.NaN : k === 7 ? 500 : 0.5 + k / 10)),
});

test("a lid takes the place of the frame's own, unless it leaves no height", () => {
  const own = frame();
  expect(cutAt(own, null)).toBe(own);
  expect(cutAt(own, 0.5)).toBe(own);
  expect(cutAt(own, 2).loss_limits).toEqual([0.5, 2]);
  expect(cutAt(own, 2).losses).toBe(own.losses);
});

test("the slider goes from the highest finite loss down to little above the floor", () => {
  expect(topAt(frame(), 1)).toBeCloseTo(500);
  expect(topAt(frame(), 0)).toBeCloseTo(0.5 + 0.4995);
  expect(topAt(frame("log"), 1)).toBeCloseTo(500);
  expect(topAt(frame("log"), 0)).toBeCloseTo(0.5 * 1000 ** 0.04);
});

test.each(["linear", "log"] as const)("shares and lids are each other's inverse on a %s axis", (scale) => {
  for (const share of [0, 0.31, 0.8, 1])
    expect(shareOf(frame(scale), topAt(frame(scale), share))).toBeCloseTo(share);
  expect(shareOf(frame(scale), 1e6)).toBe(1);
  expect(shareOf(frame(scale), 0.5)).toBe(0);
});

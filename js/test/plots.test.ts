import { expect, test } from "vitest";
import { cutTo } from "../src/axes.ts";
import { curvePlot } from "../src/curve.ts";
import { cutsOf } from "../src/curve_drawing.ts";
import { type CurveFrame, decodeFrame, type MapFrame } from "../src/frames.ts";
import { mapPlot } from "../src/map.ts";
import { fakePen } from "./fakes.ts";
import { goldenCurve, goldenMap } from "./golden.ts";
import { SIZE, THEME } from "./looks.ts";

const curve = () => curvePlot(decodeFrame(goldenCurve()) as CurveFrame);

const map = () => mapPlot(decodeFrame(goldenMap()) as MapFrame);

test("a curve reads its points and says which were computed", () => {
  expect(curve().read({ alpha: 0.3, beta: 0 })).toBe("alpha 0.25 · loss not finite · exact");
  expect(curve().read({ alpha: -9, beta: 0 })).toBe(
    "alpha −0.5 · loss 2.5 · exact · ± 0.25 over the samples · accuracy 0.5",
  );
  expect(curve().read({ alpha: 1.4, beta: 0 })).toBe(
    "alpha 1.5 · loss 60 ± 0.5 · interpolated · accuracy 0.125",
  );
});

test("a curve says what is cut, missing and computed", () => {
  expect(curve().notes()).toEqual([
    "▲ cut at 4, reaches 60",
    "× 1 point not finite",
    "▲ valley",
    "3 of 4 drawn points computed, interpolated between",
  ]);
  expect(curve().describe()).toBe("alpha −0.5 to 1.5 · lowest 0.125 at alpha 0 · center 0.125");
});

test("steps along a curve start at the center and stop at its ends", () => {
  expect(curve().step(null, 1, 0).alpha).toBe(0);
  expect(curve().step({ alpha: 0, beta: 0 }, 1, 0).alpha).toBe(0.25);
  expect(curve().step({ alpha: 0, beta: 0 }, Number.POSITIVE_INFINITY, 0).alpha).toBe(1.5);
  expect(curve().step({ alpha: 0.25, beta: 0 }, -9, 0).alpha).toBe(-0.5);
});

test("pointing at a drawn curve finds the point below, outside it none", () => {
  const plot = curve();
  const { pen, texts } = fakePen();
  expect(plot.pick(300, 100)).toBeNull();
  plot.draw(pen, THEME, SIZE, null);
  expect(plot.pick(440, 100)?.alpha).toBe(1.5);
  expect(plot.pick(2, 100)).toBeNull();
  expect(texts).toContain("alpha (filter norms)");
  expect(texts).toContain("loss (log)");
});

test("the line leaves the picture where it crosses the edge, not where it touches it", () => {
  expect(cutsOf([0.5, 1.5, 0.75], 1)).toEqual([0.5, 1 + 2 / 3]);
  expect(cutsOf([0.5, 1 + 1e-7, 0.75], 1)).toEqual([]);
  expect(cutsOf([0.25, -0.25, Number.NaN, 0.5], 0)).toEqual([0.5]);
});

test("a map reads its points and says which were computed", () => {
  expect(map().read({ alpha: 0.3, beta: 1.9 })).toBe("alpha 0.25 · beta 2 · loss 10 · exact");
  expect(map().read({ alpha: 0.2, beta: 0.6 })).toBe(
    "alpha 0.25 · beta 0.5 · loss not finite · exact · second.pt: own loss 2.5, 0.5 off the plane",
  );
  expect(map().notes()).toEqual([
    "● trajectory: up to 4 off the plane (filter metric), 1 of 3 outside the map",
    "▲ cut at 10, reaches 11",
    "hatched: 1 point not finite",
    "3 points computed, interpolated between",
  ]);
  const plain = mapPlot({ ...(decodeFrame(goldenMap()) as MapFrame), nodes: null, tracks: [] });
  expect(plain.notes()).toContain("12 points computed, interpolated between");
});

test("points that are awaited are no holes, and filled ones are called so", () => {
  const frame = decodeFrame(goldenMap()) as MapFrame;
  frame.computed.fill(0);
  frame.losses[0] = Number.NaN;
  const plot = mapPlot(frame);
  expect(plot.notes().join()).not.toContain("not finite");
  expect(plot.read({ alpha: -0.5, beta: -0.25 })).toBe("alpha −0.5 · beta −0.25 · not computed yet");
  expect(plot.read({ alpha: 1.5, beta: -0.25 })).toBe("alpha 1.5 · beta −0.25 · loss 3 · interpolated");
});

test("steps on a map move along both axes and stop at its edges", () => {
  expect(map().step(null, 1, 1)).toEqual({ alpha: 0, beta: -0.25 });
  expect(map().step({ alpha: 0, beta: 0.5 }, 1, -1)).toEqual({ alpha: 0.25, beta: -0.25 });
  expect(map().step({ alpha: 0, beta: 0.5 }, -5, 5)).toEqual({ alpha: -0.5, beta: 2 });
});

test("a curve without one finite loss is still drawn and described", () => {
  const frame = decodeFrame(goldenCurve()) as CurveFrame;
  frame.losses.fill(Number.NaN);
  const plot = curvePlot(frame);
  plot.draw(fakePen().pen, THEME, SIZE, { alpha: 0, beta: 0 });
  expect(plot.describe()).toBe("loss curve without a finite loss");
});

test("a label that is too long for its axis is cut where it fits", () => {
  const { pen } = fakePen(); // six pixels a letter
  expect(cutTo(pen, "beta, along gaussian", 200)).toBe("beta, along gaussian");
  expect(cutTo(pen, "beta, along mined saddle", 78)).toBe("beta, along…");
});

import { expect, test } from "vitest";
import { decodeFrame, type Frame } from "../src/frames.ts";
import { historyPlot, upTo } from "../src/history.ts";
import { layOut } from "../src/history_drawing.ts";
import type { HistoryFrame } from "../src/history_frames.ts";
import { fakePen } from "./fakes.ts";
import { goldenHistory, withArray } from "./golden.ts";
import { SIZE, THEME } from "./looks.ts";

const SMALL = { width: 420, height: 132, ratio: 1 };
const frame = () => decodeFrame(goldenHistory()) as HistoryFrame;

test("a run is decoded line by line, each at its own steps", () => {
  const { lines, target, shown, snapshots } = frame();
  expect(lines.map(({ name, words }) => `${name}: ${words}`)).toEqual([
    "plus: side +1",
    "minus: side −1",
    "center: centre",
    "growth: growth",
  ]);
  expect([...(lines[3]?.steps ?? [])]).toEqual([2, 5]);
  expect([...(lines[3]?.losses ?? [])]).toEqual([-1, 0.5]);
  expect([target, shown, [...snapshots]]).toEqual([8, 2, [0, 2, 4]]);
});

test.each([
  [{ target: null }, "frame.target must be a finite number, got null."],
  [{ loss_limits: [2, 2] }, "frame.loss_limits must be increasing, got [2,2]."],
  [{ words: { plus: 3 } }, "frame.plus must be text, got 3."],
  [{ version: 2 }, "frame.version must be 1, got 2. Page and kernel run different releases"],
])("a run that cannot be read is refused: %o", (changes, message) => {
  expect(() => decodeFrame(goldenHistory(changes))).toThrow(message);
});

test("a line whose losses are not as many as its steps is refused", () => {
  const broken = withArray(goldenHistory(), "plus", { shape: [3], data: new Uint8Array(12) });
  expect(() => decodeFrame(broken)).toThrow("frame.arrays.plus.shape must be [4], got [3].");
});

test("a step is read with what each line showed last", () => {
  expect(historyPlot(frame()).read({ alpha: 3, beta: 0 })).toBe(
    "step 3 of 8 · side +1 1.5 · side −1 1.25 · centre 0.25 · growth −1",
  );
  expect(historyPlot(frame()).read({ alpha: 1, beta: 0 })).toBe(
    "step 1 of 8 · side +1 2.5 · side −1 2 · centre 0.25",
  );
  expect(historyPlot(frame()).describe()).toContain("step 5 of 8 · side +1 0.5");
  expect(
    upTo({ name: "plus", words: "", steps: Float32Array.of(4), losses: Float32Array.of(1) }, 3),
  ).toBeNull();
});

test("keys move from step to step, from the one that is shown, and stop at the ends", () => {
  const plot = historyPlot(frame());
  expect(plot.step(null, 1, 0).alpha).toBe(2);
  expect(plot.step({ alpha: 2, beta: 0 }, 1, 0).alpha).toBe(3);
  expect(plot.step({ alpha: 2, beta: 0 }, Number.POSITIVE_INFINITY, 0).alpha).toBe(5);
});

test("the axis goes to the step that is aimed at, so the lines grow into it", () => {
  const { pen } = fakePen();
  const axes = layOut(pen, THEME, SMALL, frame());
  expect(axes.across.place(8)).toBe(1);
  expect(axes.across.place(2)).toBe(0.25);
  expect(axes.area.left + axes.area.width).toBeLessThan(SMALL.width);
  expect(axes.area.top + axes.area.height).toBeLessThan(SMALL.height - 16); // room for the numbers below
});

test("most of a small picture is plot, and the legend breaks into rows where it is narrow", () => {
  const { pen } = fakePen();
  const wide = layOut(pen, THEME, SMALL, frame());
  const narrow = layOut(pen, THEME, { ...SMALL, width: 250 }, frame());
  expect(wide.area.height).toBeGreaterThan(75);
  expect(narrow.area.top).toBeGreaterThan(wide.area.top);
  expect(narrow.area.height).toBeGreaterThan(40);
});

test("pointing at a drawn run finds the nearest step, beside it none", () => {
  const plot = historyPlot(frame());
  expect(plot.pick(200, 60)).toBeNull();
  const { pen, texts } = fakePen();
  plot.draw(pen, THEME, SMALL, { alpha: 3, beta: 0 });
  expect(plot.pick(SMALL.width - 20, 60)?.alpha).toBe(5);
  expect(plot.pick(1, 60)).toBeNull();
  for (const words of ["side +1", "side −1", "centre", "growth", "step"]) expect(texts).toContain(words);
});

test("growth is drawn as points, each where it was measured", () => {
  const { pen, calls } = fakePen();
  historyPlot(frame()).draw(pen, THEME, SIZE, null);
  expect(calls.filter((name) => name === "arc").length).toBe(2 + 1); // two measured, one in the legend
});

test("a run before its first step is drawn and described", () => {
  const empty = { ...frame(), lines: [] } as Frame as HistoryFrame;
  const plot = historyPlot(empty);
  plot.draw(fakePen().pen, THEME, SMALL, null);
  expect(plot.describe()).toBe("nothing mined yet");
  expect(plot.step(null, 1, 0)).toEqual({ alpha: 0, beta: 0 });
});

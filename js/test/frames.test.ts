import { expect, test } from "vitest";
import { type CurveFrame, decodeFrame, type MapFrame } from "../src/frames.ts";
import { goldenCurve, goldenMap, withArray } from "./golden.ts";

test("a curve that Python wrote is read as it was", () => {
  const frame = decodeFrame(goldenCurve()) as CurveFrame;
  expect([...frame.alphas]).toEqual([-0.5, 0, 0.25, 1.5]);
  expect([...frame.losses]).toEqual([2.5, 0.125, Number.NaN, 60]);
  expect([...frame.computed]).toEqual([1, 1, 1, 0]);
  expect([...(frame.ghost?.losses ?? [])]).toEqual([3, 1, 2]);
  expect(frame).toMatchObject({ view: "curve", seq: 3, scale: "log", loss_limits: [0.1, 4] });
  expect(frame).toMatchObject({ kind: "v-basin", reason: "one valley, at 0", valleys: [[0, 0.125]] });
  expect(frame).toMatchObject({ center_loss: 0.125, progress: 0.25, is_mined: true, is_preview: false });
});

test("a map that Python wrote is read row by row", () => {
  const frame = decodeFrame(goldenMap()) as MapFrame;
  expect([...frame.betas]).toEqual([-0.25, 0.5, 2]);
  expect([...frame.losses]).toEqual([0, 1, 2, 3, 4, 5, Number.POSITIVE_INFINITY, 7, 8, 9, 10, 11]);
  expect(frame).toMatchObject({ view: "map", seq: 8, beta_label: "beta (filter norms)", is_preview: true });
});

test("the empty frame of a new view is none", () => {
  expect(decodeFrame({})).toBeNull();
});

test("what was decoded does not change when the message's buffer is used again", () => {
  const wire = goldenCurve();
  const frame = decodeFrame(wire) as CurveFrame;
  const { data } = wire.arrays.losses as { data: DataView };
  new Uint8Array(data.buffer).fill(0);
  expect(frame.losses[0]).toBe(2.5);
});

const short = new DataView(new ArrayBuffer(12));

test.each([
  [
    goldenCurve({ version: 2 }),
    "frame.version must be 1, got 2. Page and kernel run different releases: restart the kernel, reload the page.",
  ],
  [goldenCurve({ view: "volume" }), 'frame.view must be curve or map or history, got "volume".'],
  [goldenCurve({ scale: "root" }), 'frame.scale must be linear or log, got "root".'],
  [goldenCurve({ seq: "3" }), 'frame.seq must be a finite number, got "3".'],
  [goldenCurve({ kind: 3 }), "frame.kind must be text, got 3."],
  [goldenCurve({ is_mined: 1 }), "frame.is_mined must be true or false, got 1."],
  [goldenCurve({ caption: undefined }), "frame.caption must be text, got nothing."],
  [goldenCurve({ loss_limits: [4, 0.1] }), "frame.loss_limits must be increasing, got [4,0.1]."],
  [goldenCurve({ loss_limits: [0, 4] }), "frame.loss_limits must be above 0 on a log scale, got [0,4]."],
  [goldenCurve({ loss_limits: [1] }), "frame.loss_limits must be two finite numbers, got [1]."],
  [goldenCurve({ valleys: 3 }), "frame.valleys must be a list, got 3."],
  [goldenCurve({ valleys: [[0, null]] }), "frame.valleys must be two finite numbers, got [0,null]."],
  [goldenCurve({ arrays: [] }), "frame.arrays must be an object, got []."],
  [
    withArray(goldenCurve(), "losses", { dtype: "<f8" }),
    'frame.arrays.losses.dtype must be "<f4", got "<f8".',
  ],
  [
    withArray(goldenCurve(), "losses", { shape: [2, 2] }),
    "frame.arrays.losses.shape must be 1 integers, got [2,2].",
  ],
  [
    withArray(goldenCurve(), "losses", { data: "AAAA" }),
    'frame.arrays.losses.data must be bytes, got "AAAA".',
  ],
  [
    withArray(goldenCurve(), "losses", { data: short }),
    "frame.arrays.losses must be 16 bytes for its shape [4], got 12.",
  ],
  [
    withArray(goldenCurve(), "losses", { shape: [3], data: short }),
    "frame.arrays.losses.shape must be [4], got [3].",
  ],
  [
    withArray(goldenCurve(), "computed", { dtype: "<f4" }),
    'frame.arrays.computed.dtype must be "|u1", got "<f4".',
  ],
  [
    withArray(goldenMap(), "losses", { shape: [4, 3] }),
    "frame.arrays.losses.shape must be [3,4], got [4,3].",
  ],
  [
    withArray(goldenCurve(), "ghost_losses", { shape: [2], data: new Uint8Array(8) }),
    "frame.arrays.ghost_losses.shape must be [3], got [2].",
  ],
])("a damaged frame is refused by name (%#)", (wire, text) => {
  expect(() => decodeFrame(wire)).toThrow(new RangeError(text));
});

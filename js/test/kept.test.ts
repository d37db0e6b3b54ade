import { expect, test } from "vitest";
import { decodeFrame, type MapFrame } from "../src/frames.ts";
import { decodeKept, encodeKept, legendOf, readKept } from "../src/kept.ts";
import { makePicture } from "../src/surface_picture.ts";
import { goldenCurve, goldenMap } from "./golden.ts";

const ASKED = { mixing: 30, scale: 0.75, resolution: 7 };
const map = (changes: Partial<MapFrame> = {}): MapFrame => ({
  ...(decodeFrame(goldenMap()) as MapFrame),
  ...changes,
});

test("a kept surface comes back as it was", () => {
  const frame = { ...map({ name: "train", asked: ASKED }), tracks: [], nodes: null };
  expect(decodeKept(encodeKept(frame))).toEqual(frame);
  expect(decodeKept({})).toBeNull();
  expect(decodeKept(null)).toBeNull();
  expect(decodeKept(goldenCurve())).toBeNull();
});

test("the legend tells surfaces apart by what differs", () => {
  const train = map({ name: "train", asked: ASKED });
  expect(legendOf(map({ name: "test", asked: ASKED }), train)).toEqual(["test", "train"]);
  const turned = map({ name: "train", asked: { ...ASKED, mixing: -15, scale: 2 } });
  expect(legendOf(turned, train)).toEqual(["−15°, scale 2", "30°, scale 0.75"]);
  expect(legendOf(train, train)).toEqual(["now", "kept"]);
});

test("the kept loss is read at the same place, inside the kept surface only", () => {
  const [now, kept] = [map({ loss_limits: [-1, 60] }), map({ name: "train", loss_limits: [-1, 60] })];
  const half = { ...kept, alphas: kept.alphas.map((alpha) => alpha / 2) };
  const [alpha, beta] = [now.alphas[0] as number, now.betas[1] as number];
  expect(readKept(makePicture(now, kept), { alpha, beta })).toBe(
    ` · train: loss ${Number((kept.losses[now.alphas.length] as number).toPrecision(4))}`,
  );
  expect(readKept(makePicture(now, half), { alpha, beta })).toBe("");
  expect(readKept(makePicture(now), { alpha, beta })).toBe("");
});

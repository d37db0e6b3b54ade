import { expect, test } from "vitest";
import { boxLines, gridPlaces, labelledEdges } from "../src/box.ts";
import { BOX, eyeOf, HOME, matrixOf, type Point, project, rayThrough, STANDARD } from "../src/camera.ts";
import {
  HOLE,
  heightAt,
  inBox,
  lineOn,
  makeEnds,
  makeIndices,
  makeMesh,
  makePlaces,
  makeRelief,
  makeStrips,
  nearestLevels,
} from "../src/mesh.ts";
import { pick } from "../src/picking.ts";
import { makeScale } from "../src/scale.ts";

const ALPHAS = new Float32Array([-0.5, 0, 0.5, 1.5]);
const BETAS = new Float32Array([-1, 0, 2]);

const mesh = (losses: number[], scale: "linear" | "log" = "linear", low = 0, high = 4) =>
  makeMesh(
    { alphas: ALPHAS, betas: BETAS, losses: new Float32Array(losses) },
    {
      across: makeScale("linear", ALPHAS[0] as number, ALPHAS.at(-1) as number),
      up: makeScale(scale, low, high),
      away: makeScale("linear", BETAS[0] as number, BETAS.at(-1) as number),
    },
  );

const SLOPE = [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4];

test("heights run from the floor of the box to its lid, on either scale", () => {
  expect([...mesh(SLOPE).heights].slice(0, 9)).toEqual([0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 1]);
  const log = mesh(SLOPE, "log", 1, 4);
  expect(log.heights[4]).toBeCloseTo(0.5, 6);
  expect([...log.across]).toEqual([0, 0.25, 0.5, 1]);
  expect(log.away[1]).toBeCloseTo(1 / 3, 6);
});

test("losses without a height are holes, those far away stay within reason", () => {
  const { heights } = mesh([Number.NaN, Infinity, -Infinity, 1e30, 0, ...SLOPE.slice(5)], "log", 1, 4);
  expect([...heights].slice(0, 5)).toEqual([HOLE, HOLE, HOLE, 49.83, -50].map((h) => expect.closeTo(h, 0)));
  expect(heights.every(Number.isFinite)).toBe(true);
});

test("slopes are those of both neighbours, of one at an edge or beside a hole, and none at a hole", () => {
  const uneven = mesh([0, 1, 4, Number.NaN, 0, 0, 0, 0, 2, 2, 2, 2]);
  const relief = makeRelief(uneven);
  const slopes = (k: number) => [...relief.slice(3 * k + 1, 3 * k + 3)];
  expect(slopes(0)).toEqual([0.25 * 3, 0]); // a quarter of the box in one of three steps; none away: 0, then 0
  expect(slopes(1)).toEqual([0.5 * 3, -0.25 * 2]);
  expect(slopes(2)).toEqual([0.75 * 3, -1 * 2]); // its other neighbour is a hole
  expect(slopes(3)).toEqual([0, 0]);
  expect(slopes(5)).toEqual([0, ((0.5 - 0.25) / 2) * 2]);
  expect(relief[0]).toBe(0);
  expect(relief[9]).toBe(HOLE);
});

test("each band of heights knows the level that is nearest", () => {
  expect([...nearestLevels([0.2, 0.75], 4)]).toEqual([0.2, 0.2, 0.75, 0.75].map((v) => expect.closeTo(v, 6)));
  expect(nearestLevels([], 2).every((level) => level > 10)).toBe(true);
});

test("a segment is a strip of two triangles, with both its ends at every corner", () => {
  const ends = makeEnds([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
    [0, 0, 1],
  ]);
  expect(ends).toHaveLength(48);
  for (let corner = 0; corner < 4; corner++)
    expect([...ends.slice(6 * corner, 6 * corner + 6)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...ends.slice(42)]).toEqual([7, 8, 9, 0, 0, 1]);
  expect([...makeStrips(2)]).toEqual([0, 1, 2, 1, 3, 2, 4, 5, 6, 5, 7, 6]);
});

test("every square has two triangles that look up, and large grids have wide indices", () => {
  const places = makePlaces(mesh(SLOPE));
  const indices = makeIndices(4, 3);
  expect(indices).toHaveLength(36);
  expect(indices).toBeInstanceOf(Uint16Array);
  let area = 0;
  for (let k = 0; k < indices.length; k += 3) {
    const [a, b, c] = [0, 1, 2].map((j) => {
      const at = 2 * (indices[k + j] as number);
      return [places[at] as number, places[at + 1] as number];
    }) as [number[], number[], number[]];
    const cross =
      ((b[0] as number) - (a[0] as number)) * ((c[1] as number) - (a[1] as number)) -
      ((c[0] as number) - (a[0] as number)) * ((b[1] as number) - (a[1] as number));
    expect(cross).toBeGreaterThan(0);
    area += cross / 2;
  }
  expect(area).toBeCloseTo(1, 6);
  const large = makeIndices(300, 300);
  expect(large).toBeInstanceOf(Uint32Array);
  expect(Array.from(large).reduce((most, index) => Math.max(most, index), 0)).toBe(89_999);
});

test("heights between points are bilinear, and a hole does not spread along its neighbours", () => {
  const holed = mesh([1, 1, Number.NaN, 1, ...SLOPE.slice(4)]);
  expect(heightAt(holed, 0.125, 1 / 6)).toBeCloseTo(0.375, 5);
  expect(heightAt(holed, 1, 1)).toBe(1);
  expect(heightAt(holed, 0.4, 0.1)).toBeNaN();
  expect(heightAt(holed, 0.25, 0.1)).toBeCloseTo(0.325, 2);
});

test("a line on the surface breaks at holes and where it is cut", () => {
  const row = (pieces: Point[][]) => pieces.map((piece) => piece.length);
  expect(row(lineOn(mesh(SLOPE), [0, 0], [1, 0], 8))).toEqual([9]);
  expect(row(lineOn(mesh([1, Number.NaN, 1, 1, ...SLOPE.slice(4)]), [0, 0], [1, 0], 8))).toEqual([5]);
  expect(row(lineOn(mesh([1, 9, 1, 1, ...SLOPE.slice(4)]), [0, 0], [1, 0], 16))).toEqual([2, 10]);
});

const ray = (point: Point, camera = HOME) => {
  const seen = project(matrixOf(camera, 1.4), point);
  return rayThrough(camera, 1.4, seen.x, seen.y);
};

test("what is pointed at is found, from everywhere", () => {
  for (const camera of [HOME, STANDARD.top, { ...HOME, azimuth: 2.2 }]) {
    const hit = pick(mesh(SLOPE), ray(inBox(0.7, heightAt(mesh(SLOPE), 0.7, 0.4), 0.4), camera));
    expect(hit?.across).toBeCloseTo(0.7, 2);
    expect(hit?.away).toBeCloseTo(0.4, 2);
  }
});

test("the nearer of two walls is found, not what it hides", () => {
  const wall = mesh([0.2, 0.2, 0.2, 0.2, 3.9, 3.9, 3.9, 3.9, 0.2, 0.2, 0.2, 0.2]);
  const hit = pick(wall, ray(inBox(0.5, 0.2, 0.85), STANDARD.front));
  expect(hit?.away).toBeLessThan(0.34);
});

test("holes, what is cut off, and the sky are no hits", () => {
  const holed = mesh([...SLOPE.slice(0, 5), Number.NaN, ...SLOPE.slice(6)]);
  expect(pick(holed, ray(inBox(0.3, 0.5, 0.33), STANDARD.top))).toBeNull();
  const cut = mesh([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
  expect(pick(cut, ray(inBox(0.5, 0.5, 0.5)))).toBeNull();
  expect(pick(mesh(SLOPE), rayThrough(HOME, 1.4, 0.5, 0.01))).toBeNull();
});

const SCALES = {
  across: makeScale("linear", -0.5, 1.5),
  up: makeScale("linear", 0, 4),
  away: makeScale("linear", -1, 2),
};
const edgesOf = (camera = HOME) =>
  labelledEdges(camera, { matrix: matrixOf(camera, 1.4), width: 560, height: 400 }, SCALES);

test("three edges bear round ticks at their places, outside the box", () => {
  const edges = edgesOf();
  expect(edges.map(({ axis }) => axis)).toEqual(["across", "away", "up"]);
  const [across] = edges;
  expect(across?.ticks.map(({ text }) => text)).toEqual(["−0.5", "0.0", "0.5", "1.0", "1.5"]);
  expect(across?.places).toEqual([0, 0.25, 0.5, 0.75, 1].map((place) => expect.closeTo(place, 10)));
  const middle = project(matrixOf(HOME, 1.4), [0, 0, 0]);
  for (const { middle: at } of edges) {
    const outwards = (at.x - middle.x * 560) * at.outX + (at.y - middle.y * 400) * at.outY;
    expect(outwards).toBeGreaterThan(0);
  }
});

test("from above the ticks go round the lid, and the loss has none", () => {
  const edges = edgesOf(STANDARD.top);
  expect(edges.map(({ axis }) => axis)).toEqual(["across", "away"]);
  const { y } = project(matrixOf(STANDARD.top, 1.4), inBox(0.5, 1, 0));
  expect(edges[0]?.middle.y).toBeCloseTo(400 * y, 4);
});

test("walls and grid lines stand behind, whichever side is looked at", () => {
  for (const camera of [HOME, { ...HOME, azimuth: 2.5 }, { ...HOME, azimuth: -2.1 }]) {
    const { edges, grid } = boxLines(camera, gridPlaces(SCALES, edgesOf(camera)));
    expect([edges.length % 2, grid.length % 2]).toEqual([0, 0]);
    const eye = eyeOf(camera);
    const nearest = [Math.sign(eye[0]) * 0.5, BOX[1] / 2, Math.sign(eye[2]) * 0.5];
    // The corner of the lid nearest to the eye belongs to no wall that is drawn.
    expect([...edges, ...grid].some((point) => point.every((part, k) => part === nearest[k]))).toBe(false);
  }
});

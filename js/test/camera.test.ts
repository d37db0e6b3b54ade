import { expect, test } from "vitest";
import {
  between,
  type Camera,
  eyeOf,
  HOME,
  matrixOf,
  orbit,
  type Point,
  pan,
  project,
  rayThrough,
  STANDARD,
  zoom,
} from "../src/camera.ts";
import { moveOfKey } from "../src/orbit.ts";

const SKEW: Camera = { azimuth: 0.4, elevation: 0.7, distance: 3.2, target: [0.1, -0.2, 0.3] };

test.each([0.7, 1.8])(
  "a point lies on the ray through where it is seen, in pictures of any shape (%f)",
  (aspect) => {
    const point: Point = [0.3, -0.1, 0.45];
    const seen = project(matrixOf(SKEW, aspect), point);
    const { from, along } = rayThrough(SKEW, aspect, seen.x, seen.y);
    for (const k of [0, 1, 2] as const) expect(from[k] + seen.depth * along[k]).toBeCloseTo(point[k], 5);
  },
);

test("the target is in the middle, what is nearer has less depth", () => {
  const matrix = matrixOf(SKEW, 1.5);
  expect(project(matrix, SKEW.target).x).toBeCloseTo(0.5, 6);
  expect(project(matrix, SKEW.target).y).toBeCloseTo(0.5, 6);
  expect(project(matrix, SKEW.target).depth).toBeCloseTo(3.2, 5);
  const eye = eyeOf(SKEW);
  const nearer = SKEW.target.map((part, k) => part + 0.1 * ((eye[k] as number) - part)) as unknown as Point;
  expect(project(matrix, nearer).depth).toBeCloseTo(2.88, 5);
});

test("from above alpha runs right and beta up, as on the map", () => {
  const matrix = matrixOf(STANDARD.top, 1);
  const [middle, right, away] = [
    [0, 0, 0],
    [0.4, 0, 0],
    [0, 0, -0.4],
  ].map((point) => project(matrix, point as unknown as Point));
  expect(right?.x).toBeGreaterThan((middle?.x as number) + 0.1);
  expect(right?.y).toBeCloseTo(middle?.y as number, 5);
  expect(away?.y).toBeLessThan((middle?.y as number) - 0.1);
});

test("the whole box is seen from home, in wide and in tall pictures", () => {
  for (const aspect of [0.6, 1, 1.7]) {
    const matrix = matrixOf(HOME, aspect);
    for (let corner = 0; corner < 8; corner++) {
      const at = (bit: number, half: number) => ((corner >> bit) & 1 ? half : -half);
      const { x, y } = project(matrix, [at(0, 0.5), at(1, 0.31), at(2, 0.5)]);
      expect(Math.min(x, y)).toBeGreaterThan(0);
      expect(Math.max(x, y)).toBeLessThan(1);
    }
  }
});

test("turning stops above and below, and goes round and round", () => {
  expect(orbit(SKEW, 0, 9).elevation).toBeCloseTo(Math.PI / 2, 12);
  expect(orbit(SKEW, 0, -9).elevation).toBeCloseTo(-Math.PI / 2, 12);
  expect(orbit(SKEW, 2 * Math.PI, 0).azimuth).toBeCloseTo(0.4, 12);
});

test("moving takes what is seen along with the pointer", () => {
  const before = project(matrixOf(SKEW, 2), SKEW.target);
  const after = project(matrixOf(pan(SKEW, 0.1, 0.2), 2), SKEW.target);
  expect(after.x - before.x).toBeCloseTo(0.05, 5); // the picture is twice as wide as high
  expect(after.y - before.y).toBeCloseTo(-0.2, 5);
});

test("zooming has its ends", () => {
  expect(zoom(SKEW, 0.5).distance).toBeCloseTo(1.6, 12);
  expect(zoom(SKEW, 1e-3).distance).toBe(0.6);
  expect(zoom(SKEW, 1e3).distance).toBe(9);
});

test("a jump goes the shorter way round and arrives", () => {
  const from = { ...HOME, azimuth: 3 };
  const to = { ...HOME, azimuth: -3, distance: 5 };
  expect(Math.abs(between(from, to, 0.5).azimuth)).toBeCloseTo(Math.PI, 6);
  expect(between(from, to, 1)).toMatchObject({ azimuth: expect.closeTo(-3, 10), distance: 5 });
});

test("keys turn, move, zoom and jump", () => {
  const pressed = (key: string, isShifted = false) => moveOfKey(key, isShifted)?.move(SKEW) as Camera;
  expect(pressed("ArrowLeft").azimuth).toBeGreaterThan(0.4);
  expect(pressed("ArrowUp").elevation).toBeGreaterThan(0.7);
  expect(pressed("ArrowUp", true).target).not.toEqual(SKEW.target);
  expect(pressed("ArrowUp", true).elevation).toBe(0.7);
  expect(pressed("+").distance).toBeLessThan(3.2);
  expect(pressed("-").distance).toBeGreaterThan(3.2);
  expect([pressed("0"), pressed("1"), pressed("2"), pressed("3")]).toEqual([
    HOME,
    STANDARD.top,
    STANDARD.front,
    STANDARD.side,
  ]);
  expect(moveOfKey("1", false)?.isSudden).toBe(true);
  expect(moveOfKey("Tab", false)).toBeNull();
});

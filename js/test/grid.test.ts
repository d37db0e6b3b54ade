import { expect, test } from "vitest";
import { axisAt, indexPlaces, nearestIndex, readBetween, refine } from "../src/grid.ts";

// values = 10 row + column, so a reading is its own index
const grid = (changes: Record<number, number> = {}) => {
  const values = Float32Array.from({ length: 12 }, (_, k) => changes[k] ?? 10 * Math.floor(k / 4) + (k % 4));
  return { values, rows: 3, columns: 4 };
};

test("reading between the points is bilinear, up to the last row and column", () => {
  expect(readBetween(grid(), 0, 0)).toBe(0);
  expect(readBetween(grid(), 2, 3)).toBe(23);
  expect(readBetween(grid(), 1.5, 2.25)).toBeCloseTo(17.25, 5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d spoils only what needs it", (hole) => {
  const holed = grid({ 5: hole });
  expect(readBetween(holed, 0.5, 0.5)).toBeNaN();
  expect(readBetween(holed, 1.5, 1.5)).toBeNaN();
  expect(readBetween(holed, 1, 2)).toBe(12);
  expect(readBetween(holed, 1.5, 2)).toBe(17);
  expect(readBetween(holed, 0, 1.5)).toBe(1.5);
});

test("a finer grid lies on the same surface and keeps a hole's squares open", () => {
  const fine = refine(grid({ 5: Number.NaN }), 2);
  expect([fine.rows, fine.columns]).toEqual([5, 7]);
  expect(fine.values[4 * 7 + 6]).toBe(23);
  expect(fine.values[3 * 7 + 5]).toBeCloseTo(17.5, 5);
  expect(fine.values[2 * 7 + 2]).toBeNaN();
  expect(fine.values[1 * 7 + 1]).toBeNaN();
  expect(fine.values[1 * 7 + 4]).toBe(7);
});

test("places along an uneven axis keep their distances", () => {
  const axis = Float32Array.of(-1, 0, 3);
  expect([...indexPlaces(axis, 4)]).toEqual([0.5, 1 + 0.5 / 3, 1.5, 1 + 2.5 / 3].map(Math.fround));
  expect(axisAt(axis, 1.5)).toBe(1.5);
  expect(axisAt(axis, 2)).toBe(3);
  expect(nearestIndex(axis, 1.4)).toBe(1);
  expect(nearestIndex(axis, 99)).toBe(2);
});

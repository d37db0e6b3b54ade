import { expect, test } from "vitest";
import { contourSegments } from "../src/contours.ts";

const grid = (rows: number, columns: number, values: number[]) => ({
  values: Float32Array.from(values),
  rows,
  columns,
});

test("the line of a plane is where the plane has that height", () => {
  const values = Array.from({ length: 15 }, (_, k) => 2 * Math.floor(k / 5) + (k % 5));
  const segments = contourSegments(grid(3, 5, values), 3.5);
  expect(segments.length).toBeGreaterThan(0);
  for (let k = 0; k < segments.length; k += 2) {
    expect(2 * (segments[k] as number) + (segments[k + 1] as number)).toBeCloseTo(3.5, 6);
  }
});

test("round a hill the line is closed: every end meets another", () => {
  const values = Array.from(
    { length: 42 },
    (_, k) => 30 - (Math.floor(k / 7) - 2.4) ** 2 - ((k % 7) - 3.1) ** 2,
  );
  const segments = contourSegments(grid(6, 7, values), 26);
  const ends = new Map<string, number>();
  for (let k = 0; k < segments.length; k += 2) {
    const key = `${segments[k]?.toFixed(6)} ${segments[k + 1]?.toFixed(6)}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  expect(ends.size).toBeGreaterThan(4);
  expect([...ends.values()].every((count) => count === 2)).toBe(true);
});

test("every pattern of corners puts the line's ends on edges that change sides", () => {
  for (let pattern = 0; pattern < 16; pattern++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((bit) => (pattern >> bit) & 1) as [number, number, number, number];
    const segments = contourSegments(grid(2, 2, [a, b, c, d]), 0.25);
    const changes = [a !== b, b !== d, c !== d, a !== c].filter(Boolean).length;
    expect(segments.length / 2).toBe(changes);
  }
});

// corners a b / c d; the saddle point of [1 0 / 0 1] has height 0.5
test.each([
  [[1, 0, 0, 1], 0.4, "low corners are cut off", [0.6, 0.4]],
  [[1, 0, 0, 1], 0.6, "high corners are cut off", [0.4, 0.4]],
  [[0, 1, 1, 0], 0.4, "low corners are cut off", [0.4, 0.4]],
  [[0, 1, 1, 0], 0.6, "high corners are cut off", [0.6, 0.4]],
])("a saddle %j at level %d: %s", (values, level, _, sides) => {
  const segments = contourSegments(grid(2, 2, values), level);
  expect(segments).toHaveLength(8);
  // No segment may pass the middle: both ends of each lie on edges that share a corner.
  const lengths = [0, 4].map((k) => {
    const [row, column, toRow, toColumn] = segments.slice(k, k + 4) as [number, number, number, number];
    return [Math.abs(row - toRow), Math.abs(column - toColumn)];
  });
  for (const [rise, run] of lengths) {
    expect(rise).toBeCloseTo(0.4, 6);
    expect(run).toBeCloseTo(0.4, 6);
  }
  const north = [0, 4].map((k) => segments.slice(k, k + 4)).find((s) => s[0] === 0 || s[2] === 0) as number[];
  const column = north[0] === 0 ? north[1] : north[3];
  expect(column).toBeCloseTo(sides[0] as number, 6);
});

test("squares with a hole have no line, their neighbours do", () => {
  const values = [0, 1, 2, 3, 0, Number.NaN, 2, 3, 0, 1, 2, 3];
  const segments = contourSegments(grid(3, 4, values), 2.5);
  expect(segments).toHaveLength(8);
  expect(contourSegments(grid(3, 4, values), 0.5)).toEqual([]);
});

test("heights all negative have lines too", () => {
  expect(contourSegments(grid(2, 3, [-3, -2, -1, -3, -2, -1]), -1.5)).toEqual([0, 1.5, 1, 1.5]);
});

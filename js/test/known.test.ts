import { expect, test } from "vitest";
import { nodesOf, readGrid } from "../src/chebyshev.ts";
import { evenly, type Found, findPart, nodesAlong, readLosses } from "../src/known.ts";
import { decodeKnown, type KnownFrame } from "../src/known_frames.ts";
import { readAlong } from "../src/plane.ts";
import golden from "./golden/known.json";
import { goldenKnown, withArray } from "./golden.ts";

const known = () => decodeKnown(goldenKnown()) as KnownFrame;

/** The largest difference to numpy's values. */
function worst(part: number, steps: number[][], grid: number[][], losses: number[]): number {
  const { interpolant } = known().parts[part] as KnownFrame["parts"][number];
  const read = readAlong(
    interpolant,
    steps,
    grid.map((axis) => Float64Array.from(axis)),
  );
  expect(read).toHaveLength(losses.length);
  return losses.reduce((most, loss, k) => Math.max(most, Math.abs(loss - (read[k] as number))), 0);
}

test("nodes of stretched and plain axes are those of Python", () => {
  const axes = known().parts.flatMap(({ interpolant }) => [...interpolant.axes]);
  expect(axes).toHaveLength(golden.nodes.length);
  axes.forEach((axis, k) => {
    const nodes = nodesOf(axis);
    expect(nodes).toHaveLength((golden.nodes[k] as number[]).length);
    nodes.forEach((node, j) => {
      expect(node).toBeCloseTo(golden.nodes[k]?.[j] as number, 13);
    });
  });
});

test("lines and planes along the axes are read to rounding", () => {
  for (const { part, steps, grid, losses } of golden.cases.slice(0, 3))
    expect(worst(part, steps, grid, losses)).toBeLessThan(1e-12);
});

test("turned planes are read to a millionth, off a plane and off a volume", () => {
  for (const { part, steps, grid, losses } of golden.cases.slice(3))
    expect(worst(part, steps, grid, losses)).toBeLessThan(2e-6);
});

test("nodes give their own values", () => {
  const { interpolant } = known().parts[1] as KnownFrame["parts"][number];
  expect(readGrid(interpolant, interpolant.axes.map(nodesOf))).toEqual(interpolant.values);
});

test("the best part that covers the span is found, and where the picture's axes lie in it", () => {
  const frame = known();
  const [, , plane, volume] = frame.parts;
  expect(findPart(frame, 2, 30, 0.8)?.part).toBe(plane);
  const [first, second] = (findPart(frame, 2, 30, 0.8) as Found).steps;
  expect(first?.[0]).toBeCloseTo(Math.sqrt(0.75), 12);
  expect(second?.[0]).toBeCloseTo(-0.5, 12);
  (volume as { error: number }).error = 0.001;
  expect(findPart(frame, 2, 25, 0.8)?.part).toBe(volume);
  const steps = findPart(frame, 2, 25, 0.8)?.steps as number[][];
  golden.cases[4]?.steps.flat().forEach((part, k) => {
    expect(steps.flat()[k]).toBeCloseTo(part, 12);
  });
  expect(findPart(frame, 2, 30, 1.6)).toBeNull();
  expect(findPart(frame, 1, 30, 1.3)?.part).toBe(volume);
});

test("a line that does not turn holds at its own angle only", () => {
  const frame = known();
  frame.parts.length = 1;
  expect(findPart(frame, 1, 30, 0.5)?.steps).toEqual([[1]]);
  expect(findPart(frame, 1, 30, 0.6)).toBeNull();
  expect(findPart(frame, 1, 31, 0.5)).toBeNull();
  expect(findPart(frame, 2, 30, 0.5)).toBeNull();
});

test("a loss that is nowhere negative is not drawn negative", () => {
  const frame = known();
  const part = frame.parts[0] as KnownFrame["parts"][number];
  part.interpolant.values.fill(-0.25);
  const read = () => readLosses({ part, steps: [[1]] }, [evenly(0.5, 3)]);
  expect([...read()]).toEqual([0, 0, 0]);
  part.is_signed = true;
  expect([...read()].every((loss) => Math.abs(loss + 0.25) < 1e-6)).toBe(true);
});

test("computed points are found along a line, in lengths of its step", () => {
  const part = known().parts[2] as KnownFrame["parts"][number];
  part.nodes = new Float32Array([0.4, 0.3, -0.8, -0.6, 0.1, 0.2, 1.6, 1.2]);
  const found = nodesAlong({ part, steps: [[0.8, 0.6]] }, 1.5);
  expect([...found].map((along) => Number(along.toFixed(6)))).toEqual([-1, 0.5]);
});

test("even axes hold the centre", () => {
  expect([...evenly(0.6, 5)]).toEqual([-0.6, -0.3, 0, 0.3, 0.6]);
});

test("nothing is known at first", () => {
  expect(decodeKnown({})).toBeNull();
});

const partly = (changes: Record<string, unknown>) => {
  const frame = goldenKnown();
  const parts = [...(frame.parts as Record<string, unknown>[])];
  return { ...frame, parts: [{ ...parts[0], ...changes }, ...parts.slice(1)] };
};

test.each([
  [goldenKnown({ version: 2 }), "known.version must be 1, got 2. Page and kernel run different releases"],
  [goldenKnown({ view: "map" }), 'known.view must be "known", got "map".'],
  [goldenKnown({ parts: 3 }), "known.parts must be a list, got 3."],
  [goldenKnown({ mixing: null }), "frame.mixing must be a finite number, got null."],
  [partly({ axes: [] }), "known.parts.axes must be one to three axes, got 0."],
  [partly({ axes: [[1, 0, 5, 0]] }), "known.parts.axes must be increasing, got [1,0,5,0]."],
  [partly({ axes: [[0, 1, 1.5, 0]] }), "known.parts.axes must be of at least 2 nodes, got [0,1,1.5,0]."],
  [partly({ axes: [[0, 1, 5, -1]] }), "known.parts.axes must be of a strength from 0 on, got [0,1,5,-1]."],
  [partly({ axes: [[0, 1, 5]] }), "known.parts.axes must be 4 finite numbers, got [0,1,5]."],
  [partly({ turn: true }), "known.parts.turn must be true only for a plane, got 1."],
  [partly({ turn: {} }), "known.parts.turn must be false or true without three axes, got 1."],
  [
    withArray(goldenKnown(), "values_0", { dtype: "<f4" }),
    'frame.arrays.values_0.dtype must be "<f8", got "<f4".',
  ],
  [
    withArray(goldenKnown(), "values_0", { data: new Uint8Array(9) }),
    "frame.arrays.values_0 must be 136 bytes for its shape [17], got 9.",
  ],
  [
    withArray(goldenKnown(), "values_0", { shape: [9] }),
    "frame.arrays.values_0 must be 72 bytes for its shape [9], got 136.",
  ],
  [
    withArray(goldenKnown(), "nodes_0", { shape: [1, 7] }),
    "frame.arrays.nodes_0.shape must be [1,1], got [1,7].",
  ],
])("what cannot be read is refused in words %#", (frame, text) => {
  expect(() => decodeKnown(frame)).toThrow(text);
});

import { expect, test } from "vitest";
import { relaxed } from "../src/limits.ts";

const losses = (...values: number[]) => new Float32Array(values);

test("limits stay where the losses suit them, else they are fitted with a little room", () => {
  expect(relaxed([0, 4], losses(1, 3), "linear", null)).toEqual([0, 4]);
  expect(relaxed([0, 4], losses(1, 5), "linear", null)).toEqual(
    [0.68, 5.32].map((end) => expect.closeTo(end, 9)),
  );
  expect(relaxed([0, 4], losses(1, 1.5), "linear", null)).toEqual(
    [0.96, 1.54].map((end) => expect.closeTo(end, 9)),
  );
  expect(relaxed([-9, 4], losses(-3, -1), "linear", null)).toEqual(
    [-3.16, -0.84].map((end) => expect.closeTo(end, 9)),
  );
});

test("what is nowhere negative gets no negative end, what is flat gets some room", () => {
  expect(relaxed([0, 1], losses(0.01, 5), "linear", null)[0]).toBe(0);
  expect(relaxed([0, 1], losses(2, 2), "linear", null)).toEqual([1.9, 2.1]);
  expect(relaxed([1, 2], losses(0, 0), "linear", null)).toEqual([0, 1]);
});

test("walls are cut, holes are left out, and with nothing left all stays", () => {
  const walls = losses(0.5, Number.NaN, 500, Infinity);
  expect(relaxed([0, 1], walls, "linear", 9.5)).toEqual([0, 10.76].map((end) => expect.closeTo(end, 9)));
  expect(relaxed([0, 1], losses(Number.NaN), "linear", null)).toEqual([0, 1]);
});

test("on a log axis room is a factor, and losses of 0 are left out", () => {
  const [low, high] = relaxed([0.1, 1], losses(0, 0.01, 100), "log", null);
  expect([low, high]).toEqual([0.01 / 10 ** 0.32, 100 * 10 ** 0.32].map((end) => expect.closeTo(end, 4)));
  expect(relaxed([0.001, 1000], losses(0.01, 100), "log", null)).toEqual([0.001, 1000]);
});

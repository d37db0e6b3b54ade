import { expect, test } from "vitest";
import { cssColor, entryOf, makeTable, TABLE } from "../src/colormap.ts";

const lightness = (entry: number) =>
  0.2126 * (TABLE[3 * entry] as number) +
  0.7152 * (TABLE[3 * entry + 1] as number) +
  0.0722 * (TABLE[3 * entry + 2] as number);

test("higher is lighter, all along the table", () => {
  for (let entry = 1; entry < 256; entry++)
    expect(lightness(entry)).toBeGreaterThan(lightness(entry - 1) - 0.5);
  expect(lightness(255) - lightness(0)).toBeGreaterThan(150);
});

test("a table runs through its anchors", () => {
  const table = makeTable(["#000000", "#0a1400", "#ffffff"]);
  expect([...table.slice(0, 3)]).toEqual([0, 0, 0]);
  expect([...table.slice(765)]).toEqual([255, 255, 255]);
  expect(table[3 * 64]).toBe(5);
  expect(table[3 * 64 + 1]).toBe(10);
});

test("places outside take the end's colour", () => {
  expect([entryOf(-3), entryOf(-Infinity), entryOf(0.5), entryOf(7)]).toEqual([0, 0, 128, 255]);
  expect(cssColor(-1)).toBe("rgb(68, 1, 84)");
});

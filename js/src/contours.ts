/** Level lines of a grid by marching squares. */

import type { Grid } from "./grid.ts";

/**
 * Segments of the line where the surface equals `level`, as `[row, column, row, column]` in index units,
 * one after the other. Squares with a corner that is not finite have none.
 */
export function contourSegments(grid: Grid, level: number): number[] {
  const segments: number[] = [];
  for (let row = 0; row < grid.rows - 1; row++) {
    for (let column = 0; column < grid.columns - 1; column++) {
      marchSquare(grid, level, row, column, segments);
    }
  }
  return segments;
}

/** Corners a b (upper row index r), c d (row r + 1); bit 1 a, 2 b, 4 d, 8 c: set where not below the level. */
function marchSquare(grid: Grid, level: number, row: number, column: number, segments: number[]): void {
  const at = row * grid.columns + column;
  const a = grid.values[at] as number;
  const b = grid.values[at + 1] as number;
  const c = grid.values[at + grid.columns] as number;
  const d = grid.values[at + grid.columns + 1] as number;
  if (!Number.isFinite(a + b + c + d)) return;
  const pattern = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (d >= level ? 4 : 0) | (c >= level ? 8 : 0);
  if (pattern === 0 || pattern === 15) return;
  const edges = EDGES[pattern] ?? saddleEdges(pattern, a, b, c, d, level);
  for (const edge of edges) pushCrossing(edge, row, column, [a, b, c, d], level, segments);
}

/** Pairs of edges (n: a-b, e: b-d, s: c-d, w: a-c) that the line joins; 5 and 10 are saddles. */
const EDGES: Record<number, string> = {
  1: "wn",
  2: "ne",
  3: "we",
  4: "es",
  6: "ns",
  7: "ws",
  8: "sw",
  9: "ns",
  11: "es",
  12: "we",
  13: "ne",
  14: "wn",
};

/**
 * Which corners a saddle joins: the bilinear surface has its saddle point at (ad - bc) / (a + d - b - c);
 * if that is not below the level, the two high corners are joined and the lines cut off the low ones.
 */
function saddleEdges(pattern: number, a: number, b: number, c: number, d: number, level: number): string {
  const joinsHigh = (a * d - b * c) / (a + d - b - c) >= level;
  const highIsDiagonal = pattern === 5; // a and d
  return joinsHigh === highIsDiagonal ? "nesw" : "wnes";
}

function pushCrossing(
  edge: string,
  row: number,
  column: number,
  [a, b, c, d]: [number, number, number, number],
  level: number,
  segments: number[],
): void {
  if (edge === "n") segments.push(row, column + crossing(a, b, level));
  else if (edge === "s") segments.push(row + 1, column + crossing(c, d, level));
  else if (edge === "w") segments.push(row + crossing(a, c, level), column);
  else segments.push(row + crossing(b, d, level), column + 1);
}

/** Where between two values the level lies, 0 to 1. */
function crossing(from: number, to: number, level: number): number {
  return (level - from) / (to - from);
}

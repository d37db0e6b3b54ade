/** A theme and a size to draw with. */

import type { Theme } from "../src/theme.ts";

export const THEME: Theme = {
  is_dark: false,
  font: "serif",
  ink: "#111111",
  muted: "#666666",
  grid: "#dddddd",
  paper: "#ffffff",
  line: "#0000ff",
  valley: "#ff8800",
  growth: "#00aa00",
  hole: "#ff0000",
  metric: "#880088",
  quadratic: "#888800",
  kept: ["#008888", "#884400", "#8888ff"],
};
export const SIZE = { width: 500, height: 300, ratio: 1 };

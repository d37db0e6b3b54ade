/** The colour bar beside a map. */

import { type Area, LABEL_SIZE, setFont, TICK_SIZE } from "./axes.ts";
import { bandColor } from "./bands.ts";
import { cssColor } from "./colormap.ts";
import type { MapFrame } from "./frames.ts";
import { crisp, type Pen, segment, stroke, write, writeUpwards } from "./pen.ts";
import { cutLosses, lossLabel } from "./plot.ts";
import { makeTicks, type Scale, type Tick } from "./scale.ts";
import type { Theme } from "./theme.ts";

const GAP = 14;
const WIDTH = 14;
const TIP = 9; // height of the point where colours go on beyond the end

/** Also the levels of the map's lines. */
export function barTicks(colors: Scale, height: number): Tick[] {
  return makeTicks(colors, height / 27);
}

/** Room at the right of the map for the bar, given its widest tick label. */
export function barWidth(label: number): number {
  return GAP + WIDTH + 8 + Math.ceil(label) + LABEL_SIZE + 10;
}

/** With the edges of bands their colours, else all of the table. */
export function drawColorBar(
  pen: Pen,
  theme: Theme,
  map: Area,
  frame: MapFrame,
  colors: Scale,
  edges: readonly number[] | null = null,
): void {
  const bar = {
    left: crisp(map.left + map.width + GAP),
    top: crisp(map.top),
    width: WIDTH,
    height: map.height,
  };
  const { above, below } = cutLosses(frame);
  fillBar(pen, theme, bar, edges, above === undefined ? 0 : TIP, below === undefined ? 0 : TIP);
  const widest = drawBarTicks(pen, theme, bar, barTicks(colors, map.height), colors);
  setFont(pen, theme, LABEL_SIZE);
  pen.fillStyle = theme.ink;
  writeUpwards(
    pen,
    lossLabel(frame),
    bar.left + WIDTH + 8 + widest + LABEL_SIZE + 4,
    map.top + map.height / 2,
  );
}

/** Ends in a point where there are losses beyond the end. */
function fillBar(
  pen: Pen,
  theme: Theme,
  { left, top, width, height }: Area,
  edges: readonly number[] | null,
  above: number,
  below: number,
): void {
  const gradient = pen.createLinearGradient(0, top + height, 0, top);
  for (const [place, color] of edges ? bandStops(edges) : smoothStops())
    gradient.addColorStop(place, cssColor(color));
  stroke(pen, theme.muted, 1, () => {
    pen.moveTo(left, top);
    pen.lineTo(left + width / 2, top - above);
    pen.lineTo(left + width, top);
    pen.lineTo(left + width, top + height);
    pen.lineTo(left + width / 2, top + height + below);
    pen.lineTo(left, top + height);
    pen.closePath();
    pen.fillStyle = gradient;
    pen.fill();
  });
}

function smoothStops(): [number, number][] {
  return Array.from({ length: 33 }, (_, k) => [k / 32, k / 32]);
}

/** Two at each edge: the colour below it and the one above. */
function bandStops(edges: readonly number[]): [number, number][] {
  const inner = edges.flatMap((edge, band): [number, number][] => [
    [edge, bandColor(edges, band)],
    [edge, bandColor(edges, band + 1)],
  ]);
  return [[0, bandColor(edges, 0)], ...inner, [1, bandColor(edges, edges.length)]];
}

/** Returns the width of the widest label. */
function drawBarTicks(pen: Pen, theme: Theme, bar: Area, ticks: Tick[], colors: Scale): number {
  const right = bar.left + bar.width;
  let widest = 0;
  setFont(pen, theme, TICK_SIZE);
  pen.fillStyle = theme.muted;
  stroke(pen, theme.muted, 1, () => {
    for (const { value, label } of ticks) {
      const y = bar.top + (1 - colors.place(value)) * bar.height;
      segment(pen, right, crisp(y), 4, 0);
      write(pen, label, right + 7, y, "left", "middle");
      widest = Math.max(widest, pen.measureText(label).width);
    }
  });
  return widest;
}

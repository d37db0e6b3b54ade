/** The colour bar beside a map. */

import { type Area, crisp, drawTurned, LABEL_SIZE, setFont, TICK_SIZE } from "./axes.ts";
import { cssColor } from "./colormap.ts";
import type { MapFrame } from "./frames.ts";
import { extremes } from "./plot.ts";
import { makeTicks, type Scale } from "./scale.ts";
import type { Theme } from "./theme.ts";

const GAP = 14;
const WIDTH = 14;
const TIP = 9; // height of the point where colours go on beyond the end

/** Room at the right of the map for the bar, given its widest tick label. */
export function barWidth(label: number): number {
  return GAP + WIDTH + 8 + Math.ceil(label) + LABEL_SIZE + 10;
}

export function drawColorBar(
  context: CanvasRenderingContext2D,
  theme: Theme,
  map: Area,
  frame: MapFrame,
  colors: Scale,
): void {
  const left = map.left + map.width + GAP;
  const bar = { left, top: map.top, width: WIDTH, height: map.height };
  fillBar(context, bar);
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  context.strokeRect(crisp(bar.left), crisp(bar.top), bar.width, bar.height);
  drawTips(context, theme, bar, frame);
  const widest = drawBarTicks(context, theme, bar, colors);
  setFont(context, theme, LABEL_SIZE);
  context.fillStyle = theme.ink;
  const label = frame.scale === "log" ? `${frame.loss_label} (log)` : frame.loss_label;
  drawTurned(context, label, left + WIDTH + 8 + widest + LABEL_SIZE + 4, map.top + map.height / 2);
}

function fillBar(context: CanvasRenderingContext2D, { left, top, width, height }: Area): void {
  const gradient = context.createLinearGradient(0, top + height, 0, top);
  for (let k = 0; k <= 32; k++) gradient.addColorStop(k / 32, cssColor(k / 32));
  context.fillStyle = gradient;
  context.fillRect(left, top, width, height);
}

/** Points at the ends beyond which there are losses. */
function drawTips(context: CanvasRenderingContext2D, theme: Theme, bar: Area, frame: MapFrame): void {
  const found = extremes(frame.losses);
  if (!found) return;
  const [low, high] = frame.loss_limits;
  if (found.high > high + 1e-6 * Math.abs(high)) drawTip(context, theme, bar, bar.top, -TIP, cssColor(1));
  if (found.low < low - 1e-6 * Math.abs(low)) {
    drawTip(context, theme, bar, bar.top + bar.height, TIP, cssColor(0));
  }
}

function drawTip(
  context: CanvasRenderingContext2D,
  theme: Theme,
  bar: Area,
  y: number,
  length: number,
  color: string,
): void {
  context.beginPath();
  context.moveTo(crisp(bar.left), crisp(y));
  context.lineTo(crisp(bar.left) + bar.width / 2, crisp(y) + length);
  context.lineTo(crisp(bar.left) + bar.width, crisp(y));
  context.closePath();
  context.fillStyle = color;
  context.fill();
  context.strokeStyle = theme.muted;
  context.stroke();
}

/** Returns the width of the widest label. */
function drawBarTicks(context: CanvasRenderingContext2D, theme: Theme, bar: Area, colors: Scale): number {
  setFont(context, theme, TICK_SIZE);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  context.strokeStyle = theme.muted;
  let widest = 0;
  context.beginPath();
  for (const tick of makeTicks(colors, bar.height / 48)) {
    const y = bar.top + (1 - colors.place(tick.value)) * bar.height;
    context.moveTo(bar.left + bar.width, crisp(y));
    context.lineTo(bar.left + bar.width + 4, crisp(y));
    context.fillText(tick.label, bar.left + bar.width + 7, y + 0.5);
    widest = Math.max(widest, context.measureText(tick.label).width);
  }
  context.stroke();
  return widest;
}

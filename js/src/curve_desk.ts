/** The hands of a curve's view: its buttons, the brush, and the keys that zoom. */

import { type CurvePlot, curvePlot } from "./curve.ts";
import { type Look, MOST_KEPT, plainLook, type Range, rescaled, shownRange } from "./curve_look.ts";
import type { CurveFrame } from "./frames.ts";
import { quadraticOf } from "./quadratic.ts";
import type { Tool } from "./tools.ts";

const LEAST_DRAG = 6; // pixels; less is a click
const KEY_ZOOM = 0.7;

export interface Desk {
  tools: Tool[];
  plot(frame: CurveFrame): CurvePlot;
}

/** `changed` is called when the look is another, `redraw` when only the brush has moved. */
export function createDesk(
  canvas: HTMLCanvasElement,
  changed: () => void,
  redraw: () => void,
  signal: AbortSignal,
): Desk {
  const look = plainLook();
  let plot: CurvePlot | null = null;
  const zoomTo = (range: Range | null) => {
    look.zoom = range;
    changed();
  };
  const current = () => plot;
  watchBrush(canvas, look, current, zoomTo, redraw, signal);
  watchKeys(canvas, look, current, zoomTo, signal);
  canvas.addEventListener("dblclick", () => zoomTo(null), { signal });
  return {
    tools: toolsOf(look, current, zoomTo, changed),
    plot(frame) {
      plot = curvePlot(frame, look);
      return plot;
    },
  };
}

function toolsOf(
  look: Look,
  plot: () => CurvePlot | null,
  zoomTo: (range: Range | null) => void,
  changed: () => void,
): Tool[] {
  const frame = () => plot()?.frame;
  const set = (change: Partial<Look>) => {
    Object.assign(look, change);
    changed();
  };
  const nextMetric = () => {
    const count = frame()?.metrics.length ?? 0;
    set({ metric: look.metric + 1 < Math.max(count, 1) ? look.metric + 1 : -1 });
  };
  const keep = () => {
    const own = frame();
    if (own) set({ kept: [...look.kept, own].slice(-MOST_KEPT) });
  };
  const hasQuadratic = () => {
    const own = frame();
    return own !== undefined && quadraticOf(own.alphas, own.losses) !== null;
  };
  return [
    {
      text: "Whole",
      title: "Show all of the axis (0)",
      press: () => zoomTo(null),
      isOffered: () => look.zoom !== null,
    },
    {
      text: "Symlog",
      title: "A logarithmic loss axis that goes through 0",
      press: () => set({ isSymlog: !look.isSymlog }),
      isOn: () => look.isSymlog,
    },
    {
      text: "Metric",
      title: "Metrics, one after the other, on an axis of their own",
      press: nextMetric,
      isOn: () => look.metric >= 0,
      isOffered: () => look.metricRoom > 0 || (frame()?.metrics.length ?? 0) > 0,
    },
    {
      text: "Quadratic",
      title: "The parabola with this slice's own second derivative at the centre",
      press: () => set({ hasQuadratic: !look.hasQuadratic }),
      isOn: () => look.hasQuadratic,
      isOffered: hasQuadratic,
    },
    { text: "Keep", title: "Keep this curve for comparison with the next ones", press: keep },
    {
      text: "Clear",
      title: "Take the kept curves away",
      press: () => set({ kept: [] }),
      isOffered: () => look.kept.length > 0,
    },
  ];
}

function watchBrush(
  canvas: HTMLCanvasElement,
  look: Look,
  plot: () => CurvePlot | null,
  zoomTo: (range: Range | null) => void,
  redraw: () => void,
  signal: AbortSignal,
): void {
  let from: { x: number; alpha: number } | null = null;
  const alphaAt = (event: PointerEvent) =>
    plot()?.alphaAt(event.clientX - canvas.getBoundingClientRect().left) ?? null;
  const press = (event: PointerEvent) => {
    const alpha = alphaAt(event);
    if (event.button !== 0 || !event.isPrimary || alpha === null) return;
    from = { x: event.clientX, alpha };
    canvas.setPointerCapture?.(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const alpha = alphaAt(event);
    if (!from || alpha === null) return;
    const isDrag = Math.abs(event.clientX - from.x) >= LEAST_DRAG;
    look.brush = isDrag ? [Math.min(from.alpha, alpha), Math.max(from.alpha, alpha)] : null;
    redraw();
  };
  const end = (chosen: Range | null) => {
    from = null;
    look.brush = null;
    if (chosen && chosen[0] < chosen[1]) zoomTo(chosen);
    else redraw();
  };
  canvas.addEventListener("pointerdown", press, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  canvas.addEventListener("pointerup", () => end(look.brush), { signal });
  canvas.addEventListener("pointercancel", () => end(null), { signal });
}

function watchKeys(
  canvas: HTMLCanvasElement,
  look: Look,
  plot: () => CurvePlot | null,
  zoomTo: (range: Range | null) => void,
  signal: AbortSignal,
): void {
  const press = (event: KeyboardEvent) => {
    const frame = plot()?.frame;
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = shownRange(frame, look);
    const whole = shownRange(frame, { ...look, zoom: null });
    const about = Math.min(Math.max(0, shown[0]), shown[1]); // the center where it is seen
    if (event.key === "+" || event.key === "=") zoomTo(rescaled(shown, about, KEY_ZOOM, whole));
    else if (event.key === "-") zoomTo(rescaled(shown, about, 1 / KEY_ZOOM, whole));
    else if (event.key === "0" || event.key === "Escape") zoomTo(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  canvas.addEventListener("keydown", press, { signal });
}

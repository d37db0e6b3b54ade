/** One picture in a cell: frames in, drawings and acknowledgements out; pointer and keys read points. */

import { captureTools, type Shot } from "./capture.ts";
import { createDesk, type Desk } from "./curve_desk.ts";
import { createFrameLoop } from "./frame_loop.ts";
import { decodeFrame, type Frame, type MapFrame } from "./frames.ts";
import { historyPlot } from "./history.ts";
import { onAbort } from "./lifetime.ts";
import { addLineHandles } from "./line_handles.ts";
import { type Live, listen } from "./live.ts";
import { createChoice } from "./local.ts";
import { mapPlot } from "./map.ts";
import { acknowledge, type Model, watch } from "./model.ts";
import { createPanel, type Panel } from "./panel.ts";
import type { Pen } from "./pen.ts";
import type { Place, Plot, Size } from "./plot.ts";
import { formatNumber } from "./scale.ts";
import { readTheme, watchTheme } from "./theme.ts";
import { addTools } from "./tools.ts";

/** Changes only inside its own functions; drawn by the frame loop alone. */
interface Scene {
  plot: Plot | null;
  place: Place | null;
  /** Of a map: read and marked while nothing else is pointed at. */
  pin: Place | null;
  /** What is wrong with the last frame; empty when nothing is. */
  fault: string;
}

export function mountView(model: Model, root: HTMLElement, view: Frame["view"], signal: AbortSignal): void {
  const panel = createPanel(root, view);
  const scene: Scene = { plot: null, place: null, pin: null, fault: "" };
  let frameIsNew = true;
  const loop = createFrameLoop(() => {
    if (frameIsNew && !handles?.isHeld())
      takeFrame(model, scene, view, (frame) => plotOf(choose(frame), desk));
    drawScene(panel, scene);
    handles?.place(scene.plot?.grip?.() ?? null);
    if (frameIsNew) finishFrame(model, panel, scene, live);
    if (frameIsNew) showTools();
    frameIsNew = false;
  }, signal);
  const newFrame = () => {
    frameIsNew = true;
    loop.request();
  };
  const desk = view === "curve" ? createDesk(panel.canvas, newFrame, loop.request, signal) : null;
  const capture = view === "history" ? [] : captureTools(() => shotOf(panel, scene));
  const { update: showTools } = addTools(
    panel.top,
    [...(desk?.tools ?? []), ...capture],
    signal,
    `tools of the ${view}`,
  );
  const live = listen(model, newFrame, signal);
  const choose = createChoice(live);
  const handles = view === "map" ? addLineHandles(panel.stage, live, newFrame, signal) : null;
  const resize = () => panel.resize(model.get("width"), model.get("height"));
  watch(model, "frame", newFrame, signal);
  watch(model, "error", newFrame, signal);
  watch(model, "width", resize, signal);
  watch(model, "height", resize, signal);
  watchTheme(loop.request, signal);
  watchSize(panel, loop.request, signal);
  watchPointer(panel, scene, loop.request, signal);
  watchKeys(panel, scene, loop.request, signal);
  resize();
  loop.request();
}

/** A frame that cannot be read leaves the last picture as it is and says why. */
function takeFrame(model: Model, scene: Scene, view: Frame["view"], plotOf: (frame: Frame) => Plot): void {
  try {
    const frame = decodeFrame(model.get("frame"));
    scene.fault = frame && frame.view !== view ? `frame.view must be "${view}", got "${frame.view}".` : "";
    if (!frame || scene.fault) return;
    scene.plot = plotOf(frame);
  } catch (error) {
    scene.fault = error instanceof Error ? error.message : String(error);
  }
}

function plotOf(frame: Frame, desk: Desk | null): Plot {
  if (frame.view === "history") return historyPlot(frame);
  return frame.view === "curve" && desk ? desk.plot(frame) : mapPlot(frame as MapFrame);
}

/** The picture as it stands, without the pointer. */
function shotOf({ canvas, stage }: Panel, { plot }: Scene): Shot | null {
  if (!plot || plot.frame.view === "history") return null;
  const { frame } = plot;
  const [size, theme] = [sizeOf(stage), readTheme(canvas)];
  const draw = (pen: Pen) => plot.draw(pen, theme, size, null);
  return { frame, view: frame.view, size, theme, notes: plot.notes(), draw };
}

function sizeOf(stage: HTMLElement): Size {
  return { width: stage.clientWidth, height: stage.clientHeight, ratio: devicePixelRatio || 1 };
}

function finishFrame(model: Model, panel: Panel, scene: Scene, live: Live): void {
  panel.showError([model.get("error"), scene.fault, live.fault()].filter(Boolean).join("\n"));
  panel.top.style.visibility = scene.plot ? "" : "hidden"; // nothing to be saved or looked at in another way
  if (!scene.plot) panel.showRead("no picture yet");
  if (!scene.plot) return;
  panel.showFrame(scene.plot);
  acknowledge(model, scene.plot.frame.seq);
}

function drawScene({ canvas, stage, showRead }: Panel, scene: Scene): void {
  const { plot } = scene;
  const place = scene.place ?? scene.pin;
  if (plot) showRead(place ? readAt(plot, place, scene.pin) : plot.describe());
  const size = sizeOf(stage);
  const context = canvas.getContext("2d");
  if (!plot || !context || size.width < 100 || size.height < 60) return; // hidden, or no room to draw in
  const [width, height] = [Math.round(size.width * size.ratio), Math.round(size.height * size.ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  plot.draw(context, readTheme(canvas), size, place);
  canvas.dataset.seq = String(plot.frame.seq);
  if (plot.frame.view !== "history") canvas.dataset.kind = plot.frame.kind;
}

/** The pinned point with its distance, in lengths of the axes. */
function readAt(plot: Plot, place: Place, pin: Place | null): string {
  if (place.alpha !== pin?.alpha || place.beta !== pin.beta) return plot.read(place);
  const { alpha, beta } = plot.step(pin, 0, 0); // the point that is read: the grid may be another by now
  return `pinned: ${plot.read(pin)} · ${formatNumber(Math.hypot(alpha, beta))} lengths from the centre`;
}

function watchSize({ stage }: Panel, changed: () => void, signal: AbortSignal): void {
  const observer = new ResizeObserver(changed);
  observer.observe(stage);
  onAbort(signal, () => observer.disconnect());
  addEventListener("resize", changed, { signal }); // also when the window moves to a screen of another density
}

function watchPointer({ canvas }: Panel, scene: Scene, changed: () => void, signal: AbortSignal): void {
  const point = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    scene.place = scene.plot?.pick(event.clientX - box.left, event.clientY - box.top) ?? null;
    if (event.type === "pointerdown") pinDown(scene);
    changed();
  };
  const leave = () => {
    scene.place = null;
    changed();
  };
  for (const event of ["pointermove", "pointerdown"] as const)
    canvas.addEventListener(event, point, { signal });
  for (const event of ["pointerleave", "blur"]) canvas.addEventListener(event, leave, { signal });
}

function pinDown(scene: Scene): void {
  if (scene.plot?.frame.view === "map") scene.pin = scene.place;
}

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

function watchKeys({ canvas }: Panel, scene: Scene, changed: () => void, signal: AbortSignal): void {
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!scene.plot || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") scene.place = scene.pin = null;
    else if (event.key === "Enter") pinDown(scene);
    else if (step) scene.place = scene.plot.step(scene.place, ...step);
    else return;
    event.preventDefault();
    event.stopPropagation();
    changed();
  };
  canvas.addEventListener("keydown", press, { signal });
}

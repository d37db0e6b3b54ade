/** A loss surface in 3D: the frames of a map, drawn by WebGL2; where there is none, the map itself. */

import { between, type Camera, HOME, packCamera, unpackCamera } from "./camera.ts";
import { captureTools, type Shot } from "./capture.ts";
import { cutAt } from "./cut.ts";
import { createFrameLoop } from "./frame_loop.ts";
import { decodeFrame, type MapFrame } from "./frames.ts";
import { makeContext } from "./gl.ts";
import { decodeKept, readKept } from "./kept.ts";
import { onAbort } from "./lifetime.ts";
import { type Live, listen } from "./live.ts";
import { type Choose, createChoice } from "./local.ts";
import { acknowledge, type Model, watch } from "./model.ts";
import { add, createPanel, type Panel } from "./panel.ts";
import type { Pen } from "./pen.ts";
import { cutNotes, holeNote, pointNote } from "./plot.ts";
import { type Hands, watchHands } from "./surface_hands.ts";
import { drawOver, lookAt, makePicture, type Picture, sceneOf } from "./surface_picture.ts";
import { createScene, type SurfaceScene } from "./surface_scene.ts";
import { readTheme, watchTheme } from "./theme.ts";
import { addTools } from "./tools.ts";
import { mountView } from "./view.ts";

const NO_WEBGL = "This browser offers no WebGL2: the surface is drawn as a map.";
const LOST = "The graphics card has taken this surface away; it comes back as soon as it can.";
const JUMP_MS = 260;

/** Changes only inside this file's functions; drawn by the frame loop alone. */
interface State extends Hands {
  /** As it came, before it is cut lower. */
  frame: MapFrame | null;
  picture: Picture | null;
  /** Null while the context is lost. */
  scene: SurfaceScene | null;
  camera: Camera;
  fault: string;
}

export function mountSurface(model: Model, root: HTMLElement, signal: AbortSignal): void {
  const canvas = document.createElement("canvas");
  const gl = makeContext(canvas);
  if (!gl) {
    mountView(model, root, "map", signal);
    add(root, "div", "lw-notes").textContent = NO_WEBGL;
    return;
  }
  const panel = createPanel(root, "surface");
  canvas.className = "lw-scene";
  canvas.setAttribute("aria-hidden", "true"); // the canvas above it speaks for both
  panel.stage.prepend(canvas);
  const state: State = {
    ...{ frame: null, picture: null, scene: null, fault: "" },
    ...{ camera: HOME, jump: null, pointer: null },
  };
  let isNew = true;
  const loop = createFrameLoop(() => {
    if (isNew) takeFrame(model, state, choose);
    drawAll(model, panel, canvas, state);
    if (isNew) finishFrame(model, panel, state, live, showHands);
    isNew = false;
    if (state.jump) loop.request();
  }, signal);
  const changed = () => {
    isNew = true;
    loop.request();
  };
  const live = listen(model, changed, signal);
  const choose = createChoice(live);
  keepScene(canvas, gl, state, changed, signal);
  for (const trait of ["frame", "error", "cut", "over"] as const) watch(model, trait, changed, signal);
  const turned = () => {
    state.camera = unpackCamera(model.get("camera"));
    loop.request();
  };
  watch(model, "camera", turned, signal);
  watchPage(model, panel, loop.request, signal);
  const showHands = watchHands(model, panel, state, loop.request, signal);
  addTools(
    panel.top,
    captureTools(() => shotOf(model, panel, canvas, state)),
    signal,
    "save the surface",
  );
  turned();
  loop.request();
}

/** The picture as it stands: pixels of the scene, and what is drawn over them. */
function shotOf(model: Model, panel: Panel, canvas: HTMLCanvasElement, state: State): Shot | null {
  const { picture, camera } = state;
  if (!picture || !state.scene) return null;
  const { stage } = panel;
  const size = { width: stage.clientWidth, height: stage.clientHeight, ratio: devicePixelRatio || 1 };
  const theme = readTheme(panel.canvas);
  const draw = (pen: Pen) => {
    drawAll(model, panel, canvas, state); // pixels of WebGL are gone after the task that drew them
    const view = lookAt(picture, camera, pen, theme, size);
    pen.drawImage(canvas, 0, 0, view.area.width, view.area.height);
    drawOver(picture, view, pen, theme, size, null);
  };
  return { frame: picture.frame, view: "surface", size, theme, notes: notesOf(picture.frame), draw };
}

function notesOf(frame: MapFrame): string[] {
  return [...cutNotes(frame), ...holeNote(frame, "holes:"), pointNote(frame)];
}

/** Makes the scene, again after its context was lost, and gives the context back at the end. */
function keepScene(
  canvas: HTMLCanvasElement,
  gl: WebGL2RenderingContext,
  state: State,
  changed: () => void,
  signal: AbortSignal,
): void {
  const make = () => {
    state.scene = createScene(gl);
    if (state.picture) sendMeshes(state.scene, state.picture);
    changed();
  };
  const lost = (event: Event) => {
    event.preventDefault(); // else it is never given back
    state.scene = null; // its objects are gone with the context
    changed();
  };
  canvas.addEventListener("webglcontextlost", lost, { signal });
  canvas.addEventListener("webglcontextrestored", make, { signal });
  onAbort(signal, () => {
    state.scene?.dispose();
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  });
  make();
}

function watchPage(model: Model, panel: Panel, changed: () => void, signal: AbortSignal): void {
  const resize = () => panel.resize(model.get("width"), model.get("height"));
  for (const trait of ["width", "height"] as const) watch(model, trait, resize, signal);
  watchTheme(changed, signal);
  const observer = new ResizeObserver(changed);
  observer.observe(panel.stage);
  onAbort(signal, () => observer.disconnect());
  addEventListener("resize", changed, { signal }); // also when the window moves to a screen of another density
  resize();
}

/** A frame that cannot be read leaves the last picture as it is and says why. */
function takeFrame(model: Model, state: State, choose: Choose): void {
  try {
    const frame = decodeFrame(model.get("frame"));
    state.fault = frame && frame.view !== "map" ? `frame.view must be "map", got "${frame.view}".` : "";
    if (frame?.view !== "map") return;
    state.frame = choose(frame) as MapFrame;
    state.picture = makePicture(cutAt(state.frame, model.get("cut")), decodeKept(model.get("over")));
    if (state.scene) sendMeshes(state.scene, state.picture);
  } catch (error) {
    state.fault = error instanceof Error ? error.message : String(error);
  }
}

function sendMeshes(scene: SurfaceScene, { mesh, kept }: Picture): void {
  scene.setMesh(mesh);
  scene.setOver(kept?.mesh ?? null);
}

function finishFrame(model: Model, panel: Panel, state: State, live: Live, showHands: () => void): void {
  showHands();
  panel.showError(
    [model.get("error"), state.fault, live.fault(), state.scene ? "" : LOST].filter(Boolean).join("\n"),
  );
  if (!state.picture) return;
  const { frame, words } = state.picture;
  panel.showFrame({ frame, describe: words.describe, notes: () => notesOf(frame) });
  acknowledge(model, frame.seq);
}

function drawAll(model: Model, panel: Panel, canvas: HTMLCanvasElement, state: State): void {
  follow(model, state);
  const { stage } = panel;
  const size = { width: stage.clientWidth, height: stage.clientHeight, ratio: devicePixelRatio || 1 };
  const pen = panel.canvas.getContext("2d");
  if (!state.picture || !pen || size.width < 100 || size.height < 60) return; // hidden, or no room to draw in
  const { frame, words } = state.picture;
  const theme = readTheme(panel.canvas);
  resizeTo(panel.canvas, size.width, size.height, size.ratio);
  pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  const view = lookAt(state.picture, state.camera, pen, theme, size);
  resizeTo(canvas, view.area.width, view.area.height, size.ratio);
  state.scene?.draw({
    ...sceneOf(state.picture, view, theme, size),
    width: canvas.width,
    height: canvas.height,
    is_wireframe: model.get("wireframe"),
    is_transparent: model.get("transparent"),
  });
  const place = drawOver(state.picture, view, pen, theme, size, state.pointer);
  panel.showRead(place ? words.read(place) + readKept(state.picture, place) : words.describe());
  panel.canvas.dataset.seq = String(frame.seq);
  panel.canvas.dataset.kind = frame.kind;
}

/** Leads the camera on where it jumps. */
function follow(model: Model, state: State): void {
  if (!state.jump) return;
  const { from, to, start } = state.jump;
  const share = Math.min((performance.now() - start) / JUMP_MS, 1);
  if (share === 1) state.jump = null;
  model.set("camera", packCamera(between(from, to, share * share * (3 - 2 * share))));
}

function resizeTo(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** A loss surface in 3D: the frames of a map, drawn by WebGL2; where there is none, the map itself. */

import { between, type Camera, HOME, STANDARD } from "./camera.ts";
import { createFrameLoop } from "./frame_loop.ts";
import { decodeFrame, type MapFrame } from "./frames.ts";
import { onAbort } from "./lifetime.ts";
import { type Live, listen } from "./live.ts";
import { type Choose, createChoice } from "./local.ts";
import { acknowledge, type Model, watch } from "./model.ts";
import { watchOrbit } from "./orbit.ts";
import { add, createPanel, type Panel } from "./panel.ts";
import { cutNotes, holeNote, pointNote } from "./plot.ts";
import { drawOver, lookAt, makePicture, type Picture, sceneOf } from "./surface_picture.ts";
import { createScene, type SurfaceScene } from "./surface_scene.ts";
import { readTheme, watchTheme } from "./theme.ts";
import { addTools, type Tool } from "./tools.ts";
import { mountView } from "./view.ts";

const NO_WEBGL = "This browser offers no WebGL2: the surface is drawn as a map.";
const LOST = "The graphics card has taken this surface away; it comes back as soon as it can.";
const JUMP_MS = 260;

/** Changes only inside this file's functions; drawn by the frame loop alone. */
interface State {
  picture: Picture | null;
  /** Null while the context is lost. */
  scene: SurfaceScene | null;
  camera: Camera;
  jump: { from: Camera; to: Camera; start: number } | null;
  /** Where the pointer is, in CSS pixels of the scene. */
  pointer: { x: number; y: number } | null;
  fault: string;
}

export function mountSurface(model: Model, root: HTMLElement, signal: AbortSignal): void {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { antialias: true });
  if (!gl) {
    mountView(model, root, "map", signal);
    add(root, "div", "lw-notes").textContent = NO_WEBGL;
    return;
  }
  const panel = createPanel(root, "surface");
  canvas.className = "lw-scene";
  canvas.setAttribute("aria-hidden", "true"); // the canvas above it speaks for both
  panel.stage.prepend(canvas);
  const state: State = { picture: null, scene: null, camera: HOME, jump: null, pointer: null, fault: "" };
  let isNew = true;
  const loop = createFrameLoop(() => {
    if (isNew) takeFrame(model, state, choose);
    drawAll(model, panel, canvas, state);
    if (isNew) finishFrame(model, panel, state, live);
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
  for (const trait of ["frame", "error"] as const) watch(model, trait, changed, signal);
  watchPage(model, panel, loop.request, signal);
  watchHands(model, panel, state, loop.request, signal);
  loop.request();
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
    if (state.picture) state.scene.setMesh(state.picture.mesh);
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

function watchHands(
  model: Model,
  panel: Panel,
  state: State,
  changed: () => void,
  signal: AbortSignal,
): void {
  const turn = (camera: Camera, isSudden: boolean) => {
    const isLed = isSudden && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    state.jump = isLed ? { from: state.camera, to: camera, start: performance.now() } : null;
    if (!isLed) state.camera = camera;
    changed();
  };
  const point = (place: { x: number; y: number } | null) => {
    state.pointer = place;
    changed();
  };
  watchOrbit(panel.canvas, state, { turn, point }, signal);
  const update = addTools(panel.stage, [...viewTools(turn), ...switches(model)], signal);
  for (const trait of ["wireframe", "transparent"] as const) {
    const follow = () => {
      update();
      changed();
    };
    watch(model, trait, follow, signal);
  }
}

function viewTools(turn: (camera: Camera, isSudden: boolean) => void): Tool[] {
  const view = (text: string, name: keyof typeof STANDARD, title: string) => ({
    text,
    title,
    press: () => turn(STANDARD[name], true),
  });
  return [
    view("Reset", "home", "The view of the beginning (0)"),
    view("Top", "top", "From above (1)"),
    view("Front", "front", "Along beta (2)"),
    view("Side", "side", "Along alpha (3)"),
  ];
}

/** Traits, so that all views of one model show the same. */
function switches(model: Model): Tool[] {
  const toggle = (text: string, trait: "wireframe" | "transparent", title: string) => ({
    text,
    title,
    press: () => {
      model.set(trait, !model.get(trait));
      model.save_changes();
    },
    isOn: () => model.get(trait),
  });
  return [
    toggle("Wires", "wireframe", "Lines of the grid only"),
    toggle("Glass", "transparent", "See what is behind the walls"),
  ];
}

/** A frame that cannot be read leaves the last picture as it is and says why. */
function takeFrame(model: Model, state: State, choose: Choose): void {
  try {
    const frame = decodeFrame(model.get("frame"));
    state.fault = frame && frame.view !== "map" ? `frame.view must be "map", got "${frame.view}".` : "";
    if (frame?.view !== "map") return;
    state.picture = makePicture(choose(frame) as MapFrame);
    state.scene?.setMesh(state.picture.mesh);
  } catch (error) {
    state.fault = error instanceof Error ? error.message : String(error);
  }
}

function finishFrame(model: Model, panel: Panel, state: State, live: Live): void {
  panel.showError(
    [model.get("error"), state.fault, live.fault(), state.scene ? "" : LOST].filter(Boolean).join("\n"),
  );
  if (!state.picture) return;
  const { frame, words } = state.picture;
  const notes = () => [...cutNotes(frame), ...holeNote(frame, "holes:"), pointNote(frame)];
  panel.showFrame({ frame, describe: words.describe, notes });
  acknowledge(model, frame.seq);
}

function drawAll(model: Model, panel: Panel, canvas: HTMLCanvasElement, state: State): void {
  follow(state);
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
  panel.showRead(place ? words.read(place) : words.describe());
  panel.canvas.dataset.seq = String(frame.seq);
  panel.canvas.dataset.kind = frame.kind;
}

/** Leads the camera on where it jumps. */
function follow(state: State): void {
  if (!state.jump) return;
  const { from, to, start } = state.jump;
  const share = Math.min((performance.now() - start) / JUMP_MS, 1);
  state.camera = between(from, to, share * share * (3 - 2 * share));
  if (share === 1) state.jump = null;
}

function resizeTo(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

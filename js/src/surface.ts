/** A loss surface in 3D: the frames of a map, drawn by WebGL2; where there is none, the map itself. */

import type { Area } from "./axes.ts";
import { boxLines, type Edge, gridPlaces, labelledEdges, type Scales } from "./box.ts";
import { between, type Camera, HOME, matrixOf, type Point, project, rayThrough, STANDARD } from "./camera.ts";
import { createFrameLoop } from "./frame_loop.ts";
import { decodeFrame, type MapFrame } from "./frames.ts";
import { nearestIndex } from "./grid.ts";
import { onAbort } from "./lifetime.ts";
import { listen } from "./live.ts";
import { type Choose, createChoice } from "./local.ts";
import { mapPlot } from "./map.ts";
import { heightAt, inBox, lineOn, type Mesh, makeMesh } from "./mesh.ts";
import { acknowledge, type Model, watch } from "./model.ts";
import { watchOrbit } from "./orbit.ts";
import { add, createPanel, type Panel } from "./panel.ts";
import type { Pen } from "./pen.ts";
import { pick } from "./picking.ts";
import { cutNotes, holeNote, lossLabel, type Place, type Plot, pointNote } from "./plot.ts";
import { makeScale } from "./scale.ts";
import { drawBar, drawCenter, drawEdges, drawMark, levelsOf, sceneArea } from "./surface_drawing.ts";
import { createScene, type Lines, type SurfaceScene } from "./surface_scene.ts";
import { readTheme, type Theme, watchTheme } from "./theme.ts";
import { addTools } from "./tools.ts";
import { mountView } from "./view.ts";

const NO_WEBGL = "This browser offers no WebGL2: the surface is drawn as a map.";
const LOST = "The graphics card has taken this surface away; it comes back as soon as it can.";
const JUMP_MS = 260;
const ROOMY = 380; // pixels of the smaller side

/** A frame with all that is made of it once. */
interface Picture {
  frame: MapFrame;
  scales: Scales;
  mesh: Mesh;
  /** The line beta = 0, along which the curve runs, and the rim of the surface. */
  slice: Point[];
  rim: Point[];
  words: Plot;
}

/** Changes only inside this file's functions; drawn by the frame loop alone. */
interface State {
  picture: Picture | null;
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
  const state: State = { picture: null, camera: HOME, jump: null, pointer: null, fault: "" };
  let scene: SurfaceScene | null = createScene(gl);
  let isNew = true;
  const loop = createFrameLoop(() => {
    if (isNew) takeFrame(model, state, scene, choose);
    drawAll(model, panel, canvas, scene, state);
    if (isNew) finishFrame(model, panel, state, scene === null);
    isNew = false;
    if (state.jump) loop.request();
  }, signal);
  const changed = () => {
    isNew = true;
    loop.request();
  };
  const lost = (event: Event) => {
    event.preventDefault(); // else it is never given back
    scene = null; // its objects are gone with the context
    changed();
  };
  const restored = () => {
    scene = createScene(gl);
    if (state.picture) scene.setMesh(state.picture.mesh);
    changed();
  };
  const choose = createChoice(listen(model, changed, signal));
  canvas.addEventListener("webglcontextlost", lost, { signal });
  canvas.addEventListener("webglcontextrestored", restored, { signal });
  onAbort(signal, () => {
    scene?.dispose();
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  });
  for (const trait of ["frame", "error"] as const) watch(model, trait, changed, signal);
  watchPage(model, panel, loop.request, signal);
  watchHands(model, panel, state, loop.request, signal);
  loop.request();
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
  const toggle = (trait: "wireframe" | "transparent") => () => {
    model.set(trait, !model.get(trait));
    model.save_changes();
  };
  const view = (text: string, name: keyof typeof STANDARD, title: string) => ({
    text,
    title,
    press: () => turn(STANDARD[name], true),
  });
  const update = addTools(
    panel.stage,
    [
      view("Reset", "home", "The view of the beginning (0)"),
      view("Top", "top", "From above (1)"),
      view("Front", "front", "Along beta (2)"),
      view("Side", "side", "Along alpha (3)"),
      {
        text: "Wires",
        title: "Lines of the grid only",
        press: toggle("wireframe"),
        isOn: () => model.get("wireframe"),
      },
      {
        text: "Glass",
        title: "See what is behind the walls",
        press: toggle("transparent"),
        isOn: () => model.get("transparent"),
      },
    ],
    signal,
  );
  for (const trait of ["wireframe", "transparent"] as const) {
    const follow = () => {
      update();
      changed();
    };
    watch(model, trait, follow, signal);
  }
}

/** A frame that cannot be read leaves the last picture as it is and says why. */
function takeFrame(model: Model, state: State, scene: SurfaceScene | null, choose: Choose): void {
  try {
    const frame = decodeFrame(model.get("frame"));
    state.fault = frame && frame.view !== "map" ? `frame.view must be "map", got "${frame.view}".` : "";
    if (frame?.view !== "map") return;
    state.picture = makePicture(choose(frame) as MapFrame);
    scene?.setMesh(state.picture.mesh);
  } catch (error) {
    state.fault = error instanceof Error ? error.message : String(error);
  }
}

function makePicture(frame: MapFrame): Picture {
  const { alphas, betas } = frame;
  const ends = (axis: Float32Array) => [axis[0] as number, axis[axis.length - 1] as number] as const;
  const scales = {
    across: makeScale("linear", ...ends(alphas)),
    up: makeScale(frame.scale, ...frame.loss_limits),
    away: makeScale("linear", ...ends(betas)),
  };
  const mesh = makeMesh(frame, scales.up);
  const middle = scales.away.place(0);
  const hasMiddle = middle >= 0 && middle <= 1;
  const slice = hasMiddle ? lineOn(mesh, [0, middle], [1, middle], 2 * (mesh.columns - 1)) : [];
  const sides: [[number, number], [number, number]][] = [
    [
      [0, 0],
      [1, 0],
    ],
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 0],
      [0, 1],
    ],
    [
      [1, 0],
      [1, 1],
    ],
  ];
  const rim = sides.flatMap(([from, to]) => lineOn(mesh, from, to, Math.max(mesh.columns, mesh.rows) - 1));
  return { frame, scales, mesh, slice: segments(slice), rim: segments(rim), words: mapPlot(frame) };
}

/** Pieces of lines as pairs of points. */
function segments(pieces: readonly Point[][]): Point[] {
  return pieces.flatMap((piece) => piece.slice(1).flatMap((point, k) => [piece[k] as Point, point]));
}

function finishFrame(model: Model, panel: Panel, state: State, isLost: boolean): void {
  panel.showError([model.get("error"), state.fault, isLost ? LOST : ""].filter(Boolean).join("\n"));
  if (!state.picture) return;
  const { frame, words } = state.picture;
  const notes = () => [...cutNotes(frame), ...holeNote(frame, "holes:"), pointNote(frame)];
  panel.showFrame({ frame, describe: words.describe, notes });
  acknowledge(model, frame.seq);
}

function drawAll(
  model: Model,
  panel: Panel,
  canvas: HTMLCanvasElement,
  scene: SurfaceScene | null,
  state: State,
): void {
  follow(state);
  const { stage } = panel;
  const size = { width: stage.clientWidth, height: stage.clientHeight, ratio: devicePixelRatio || 1 };
  const pen = panel.canvas.getContext("2d");
  if (!state.picture || !pen || size.width < 100 || size.height < 60) return; // hidden, or no room to draw in
  const { frame, scales, mesh, words } = state.picture;
  const theme = readTheme(panel.canvas);
  resizeTo(panel.canvas, size.width, size.height, size.ratio);
  pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  const area = sceneArea(pen, theme, size, scales.up);
  const camera = withRoom(state.camera, area);
  const matrix = matrixOf(camera, area.width / area.height);
  const edges = labelledEdges(camera, { matrix, width: area.width, height: area.height }, scales);
  resizeTo(canvas, area.width, area.height, size.ratio);
  scene?.draw({
    camera,
    matrix,
    width: canvas.width,
    height: canvas.height,
    ratio: size.ratio,
    levels: levelsOf(size, scales.up),
    is_wireframe: model.get("wireframe"),
    is_transparent: model.get("transparent"),
    behind: boxOf(camera, scales, edges, theme),
    before: linesOn(state.picture, theme),
  });
  const names = { across: frame.alpha_label, away: frame.beta_label, up: lossLabel(frame) };
  drawEdges(pen, theme, area, edges, names);
  drawBar(pen, theme, area, size, frame, scales.up);
  drawCenterOf(pen, camera, area, mesh, scales, matrix);
  const place = placeUnder(state, camera, area);
  if (place) markPlace(pen, place, mesh, scales, matrix, area);
  panel.showRead(place ? words.read(place) : words.describe());
  panel.canvas.dataset.seq = String(frame.seq);
  panel.canvas.dataset.kind = frame.kind;
}

/** Ticks and names have a fixed size: in a small picture the box makes room for them. */
function withRoom(camera: Camera, { width, height }: Area): Camera {
  const lacking = Math.max(ROOMY - Math.min(width, height), 0) / ROOMY;
  return { ...camera, distance: camera.distance * (1 + 0.6 * lacking) };
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

function boxOf(camera: Camera, scales: Scales, edges: readonly Edge[], theme: Theme): Lines[] {
  const { edges: frame, grid } = boxLines(camera, gridPlaces(scales, edges));
  const shade = theme.is_dark ? 1 : 0;
  const ink = (opacity: number) => [shade, shade, shade, opacity] as const;
  return [
    { points: grid, color: ink(theme.is_dark ? 0.13 : 0.1), width: 1, nearer: 0 },
    { points: frame, color: ink(theme.is_dark ? 0.38 : 0.32), width: 1, nearer: 0 },
  ];
}

function linesOn({ slice, rim }: Picture, theme: Theme): Lines[] {
  const dark = theme.is_dark ? 0.35 : 0.25;
  return [
    { points: rim, color: [0, 0, 0, dark], width: 1.2, nearer: 0.001 },
    { points: slice, color: [0, 0, 0, 0.55], width: 4, nearer: 0.002 },
    { points: slice, color: [1, 1, 1, 1], width: 2, nearer: 0.003 },
  ];
}

/** The center, unless the surface hides it. */
function drawCenterOf(
  pen: Pen,
  camera: Camera,
  area: Area,
  mesh: Mesh,
  scales: Scales,
  matrix: Float32Array,
): void {
  const [across, away] = [scales.across.place(0), scales.away.place(0)];
  if (Math.min(across, away) < 0 || Math.max(across, away) > 1) return;
  const height = heightAt(mesh, across, away);
  if (!(height >= 0 && height <= 1)) return;
  const seen = project(matrix, inBox(across, height, away));
  const hit = pick(mesh, rayThrough(camera, area.width / area.height, seen.x, seen.y));
  if (hit && Math.hypot(hit.across - across, hit.away - away) > 0.05) return;
  drawCenter(pen, seen.x * area.width, seen.y * area.height);
}

/** The point of the grid nearest to where the pointer meets the surface. */
function placeUnder({ picture, pointer }: State, camera: Camera, area: Area): Place | null {
  if (!picture || !pointer || pointer.x > area.width) return null;
  const ray = rayThrough(camera, area.width / area.height, pointer.x / area.width, pointer.y / area.height);
  const hit = pick(picture.mesh, ray);
  if (!hit) return null;
  const { frame, scales } = picture;
  const column = nearestIndex(frame.alphas, scales.across.value(hit.across));
  const row = nearestIndex(frame.betas, scales.away.value(hit.away));
  return { alpha: frame.alphas[column] as number, beta: frame.betas[row] as number };
}

function markPlace(
  pen: Pen,
  { alpha, beta }: Place,
  mesh: Mesh,
  scales: Scales,
  matrix: Float32Array,
  area: Area,
): void {
  const [across, away] = [scales.across.place(alpha), scales.away.place(beta)];
  const height = Math.min(Math.max(heightAt(mesh, across, away), 0), 1);
  const seen = project(matrix, inBox(across, height, away));
  if (Number.isFinite(seen.x + seen.y)) drawMark(pen, seen.x * area.width, seen.y * area.height);
}

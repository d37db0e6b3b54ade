/** What hands do to a surface: turn it, point at it, switch what is shown. */

import { type Camera, packCamera, STANDARD } from "./camera.ts";
import { shareOf, topAt } from "./cut.ts";
import type { MapFrame } from "./frames.ts";
import { encodeKept } from "./kept.ts";
import { type Model, type State as Traits, watch } from "./model.ts";
import { watchOrbit } from "./orbit.ts";
import type { Panel } from "./panel.ts";
import { formatNumber } from "./scale.ts";
import { addSlider, addTools, type Slider, type Tool } from "./tools.ts";

/** The part of a view's state that hands change or need. */
export interface Hands {
  frame: MapFrame | null;
  camera: Camera;
  jump: { from: Camera; to: Camera; start: number } | null;
  /** Where the pointer is, in CSS pixels of the scene. */
  pointer: { x: number; y: number } | null;
}

const SWITCHES = ["wireframe", "transparent", "cut", "over"] as const;

/** Returns what shows switches and slider as they stand: for when another frame is there. */
export function watchHands(
  model: Model,
  panel: Panel,
  state: Hands,
  changed: () => void,
  signal: AbortSignal,
): () => void {
  const turn = (camera: Camera, isSudden: boolean) => {
    const isLed = isSudden && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    state.jump = isLed ? { from: state.camera, to: camera, start: performance.now() } : null;
    if (!isLed) model.set("camera", packCamera(camera)); // not saved: the kernel need not know of each move
    changed();
  };
  const point = (place: { x: number; y: number } | null) => {
    state.pointer = place;
    changed();
  };
  watchOrbit(panel.canvas, state, { turn, point }, signal);
  const tools = addTools(panel.stage, [...viewTools(turn), ...switches(model, state)], signal);
  const slider = addSlider(tools.row, cutSlider(model, state), signal);
  const update = () => {
    tools.update();
    slider.update();
  };
  const follow = () => {
    update();
    changed();
  };
  for (const trait of SWITCHES) watch(model, trait, follow, signal);
  return update;
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
function switches(model: Model, state: Hands): Tool[] {
  const tool = <T extends (typeof SWITCHES)[number]>(
    text: string,
    trait: T,
    title: string,
    isOn: () => boolean,
    value: () => Traits[T],
  ) => ({ text, title, isOn, press: () => save(model, trait, value()) });
  const flag = (text: string, trait: "wireframe" | "transparent", title: string) =>
    tool(
      text,
      trait,
      title,
      () => model.get(trait),
      () => !model.get(trait),
    );
  const isCut = () => model.get("cut") !== null;
  const hasOver = () => Object.keys((model.get("over") as object | null) ?? {}).length > 0;
  return [
    flag("Wires", "wireframe", "Lines of the grid only"),
    flag("Glass", "transparent", "See what is behind the walls"),
    tool("Cut", "cut", "Choose where walls are cut", isCut, () =>
      isCut() ? null : (state.frame?.loss_limits[1] ?? null),
    ),
    tool("Keep", "over", "Keep this surface, and see the next ones beside it", hasOver, () =>
      hasOver() || !state.frame ? {} : encodeKept(state.frame),
    ),
  ];
}

/** There only while walls are cut by hand. */
function cutSlider(model: Model, state: Hands): Slider {
  const top = () => model.get("cut");
  return {
    label: "walls cut at",
    isShown: () => top() !== null && state.frame !== null,
    share: () => (state.frame ? shareOf(state.frame, top() ?? 0) : 1),
    text: () => formatNumber(top() ?? 0),
    move: (share) => state.frame && save(model, "cut", topAt(state.frame, share)),
  };
}

function save<T extends keyof Traits>(model: Model, trait: T, value: Traits[T]): void {
  model.set(trait, value);
  model.save_changes();
}

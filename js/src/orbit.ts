/** Pointer, wheel and keys -> camera. */

import { type Camera, orbit, pan, STANDARD, zoom } from "./camera.ts";
import { onAbort } from "./lifetime.ts";

export interface Orbit {
  camera: Camera;
}

export interface OrbitEvents {
  /** The camera has changed; `isSudden` where it jumps, so that it may be led there. */
  turn(camera: Camera, isSudden: boolean): void;
  /** The pointer is here, in CSS pixels of the canvas, and drags nothing; null once it has left. */
  point(place: { x: number; y: number } | null): void;
}

const RADIANS_A_PIXEL = 0.0085;
const KEY_TURN = Math.PI / 24;
const KEY_PAN = 0.05;
const KEY_ZOOM = 1.12;
const WHEEL_ZOOM = 0.0014; // a pixel
const LINE_PIXELS = 16; // of a wheel that counts in lines

type Move = (camera: Camera) => Camera;

const KEYS: Record<string, Move> = {
  ArrowLeft: (camera) => orbit(camera, KEY_TURN, 0),
  ArrowRight: (camera) => orbit(camera, -KEY_TURN, 0),
  ArrowUp: (camera) => orbit(camera, 0, KEY_TURN),
  ArrowDown: (camera) => orbit(camera, 0, -KEY_TURN),
  "+": (camera) => zoom(camera, 1 / KEY_ZOOM),
  "=": (camera) => zoom(camera, 1 / KEY_ZOOM),
  "-": (camera) => zoom(camera, KEY_ZOOM),
};

const SHIFTED: Record<string, Move> = {
  ArrowLeft: (camera) => pan(camera, -KEY_PAN, 0),
  ArrowRight: (camera) => pan(camera, KEY_PAN, 0),
  ArrowUp: (camera) => pan(camera, 0, KEY_PAN),
  ArrowDown: (camera) => pan(camera, 0, -KEY_PAN),
};

const JUMPS: Record<string, keyof typeof STANDARD> = {
  "0": "home",
  Home: "home",
  "1": "top",
  "2": "front",
  "3": "side",
};

/** What a key does to the camera; null where it does nothing. */
export function moveOfKey(key: string, isShifted: boolean): { move: Move; isSudden: boolean } | null {
  const jump = JUMPS[key];
  if (jump) return { move: () => STANDARD[jump], isSudden: true };
  const move = (isShifted ? SHIFTED[key] : undefined) ?? KEYS[key];
  return move ? { move, isSudden: false } : null;
}

export function watchOrbit(canvas: HTMLElement, own: Orbit, events: OrbitEvents, signal: AbortSignal): void {
  watchDrags(canvas, own, events, signal);
  watchWheel(canvas, own, events, signal);
  const press = (event: KeyboardEvent) => {
    const found = moveOfKey(event.key, event.shiftKey);
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    events.turn(found.move(own.camera), found.isSudden);
  };
  canvas.addEventListener("keydown", press, { signal });
}

/** One pointer turns; with shift or another button it moves; two fingers pinch and move. */
function watchDrags(canvas: HTMLElement, own: Orbit, events: OrbitEvents, signal: AbortSignal): void {
  const held = new Map<number, { x: number; y: number }>();
  const press = (event: PointerEvent) => {
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    canvas.setPointerCapture(event.pointerId);
    events.point(null);
  };
  const move = (event: PointerEvent) => {
    const before = held.get(event.pointerId);
    if (!before) {
      events.point(placeIn(canvas, event));
      return;
    }
    const others = [...held].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const after = { x: event.clientX, y: event.clientY };
    held.set(event.pointerId, after);
    const isMove = event.shiftKey || event.buttons > 1;
    events.turn(dragged(own.camera, before, after, others[0] ?? null, isMove, canvas), false);
  };
  const release = (event: PointerEvent) => held.delete(event.pointerId);
  canvas.addEventListener("pointerdown", press, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const)
    canvas.addEventListener(end, release, { signal });
  for (const end of ["pointerleave", "blur"])
    canvas.addEventListener(end, () => events.point(null), { signal });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  canvas.addEventListener("dblclick", () => events.turn(STANDARD.home, true), { signal });
  onAbort(signal, () => held.clear());
}

interface Place {
  x: number;
  y: number;
}

function placeIn(canvas: HTMLElement, event: MouseEvent): Place {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function dragged(
  camera: Camera,
  before: Place,
  after: Place,
  other: Place | null,
  isMove: boolean,
  canvas: HTMLElement,
): Camera {
  const [right, down] = [after.x - before.x, after.y - before.y];
  const side = Math.max(Math.min(canvas.clientWidth, canvas.clientHeight), 1);
  if (other) {
    const apart = (place: Place) => Math.max(Math.hypot(place.x - other.x, place.y - other.y), 1);
    return pan(zoom(camera, apart(before) / apart(after)), right / side / 2, -down / side / 2);
  }
  if (isMove) return pan(camera, right / side, -down / side);
  return orbit(camera, -right * RADIANS_A_PIXEL, down * RADIANS_A_PIXEL);
}

/** The page scrolls on unless the picture has the focus: a notebook is read by scrolling. */
function watchWheel(canvas: HTMLElement, own: Orbit, events: OrbitEvents, signal: AbortSignal): void {
  const turn = (event: WheelEvent) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? LINE_PIXELS : 1);
    events.turn(zoom(own.camera, Math.exp(pixels * WHEEL_ZOOM)), false);
  };
  canvas.addEventListener("wheel", turn, { signal, passive: false });
}

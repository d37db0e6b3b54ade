/** The synced traits, and how to listen to them for as long as a signal lives. */

import type { AnyModel } from "@anywidget/types";
import { onAbort } from "./lifetime.ts";

export interface State {
  view: string;
  frame: unknown;
  error: string;
  width: number;
  height: number;
  /** Reference to the widget that holds what is known; empty where there is none. */
  known: string;
  wireframe: boolean;
  transparent: boolean;
  /** Of a surface: where it is seen from (`packCamera`), the loss above which it is cut, a second surface's frame. */
  camera: number[];
  cut: number | null;
  over: unknown;
  seq: number;
  ack: number;
  is_running: boolean;
  pause_ms: number;
  pulse: number;
  /** Number of the question, and the pulse that has come. */
  tick: [number, number];
  answered: number;
}

/** Not `send`: only trait changes are throttled by the notebook (one under way at a time). */
export type Model = Pick<AnyModel<State>, "get" | "set" | "on" | "off" | "save_changes" | "widget_manager">;

/** Calls back at every change of a trait until the signal aborts. */
export function watch(model: Model, trait: keyof State, callback: () => void, signal: AbortSignal): void {
  model.on(`change:${trait}`, callback);
  onAbort(signal, () => model.off(`change:${trait}`, callback));
}

/** Tells Python which frame was drawn. With two views of one model the first to draw it tells. */
export function acknowledge(model: Model, seq: number): void {
  if (model.get("ack") === seq) return;
  model.set("ack", seq);
  model.save_changes();
}

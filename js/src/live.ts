/** The controls of the page, by their own models, and what is known: what a view may draw without the kernel. */

import type { Asked } from "./asked.ts";
import type { KnownFrame } from "./known_frames.ts";
import { onAbort } from "./lifetime.ts";
import { acknowledge, type Model } from "./model.ts";
import { decodeSnapshots, type Scrub, type Snapshots, scrubTo } from "./scrub.ts";
import { knownOf } from "./shared.ts";
import { asFields } from "./wire.ts";

export interface Live {
  /** What the controls say now; null where they cannot be heard. */
  asked(): Asked | null;
  /** What is known of the sources that the controls name now; null where that is nothing. */
  known(): KnownFrame | null;
  /** The snapshot of mining that the controls ask for; null where there is none. */
  scrub(): Scrub | null;
  /** Whether the control of log height is on; null where it cannot be heard. */
  isLog(): boolean | null;
  /** Whether axes may move: no control has moved for a while, and they are not locked. */
  isAtRest(): boolean;
  /** A control of the page; null where it cannot be heard. */
  control(name: string): Control | null;
  /** Whether mixing turns the pictures inside one plane. */
  turns(): boolean;
  /** What is wrong with what is known, or with the kernel; empty where nothing is. */
  fault(): string;
}

const ALONE = "The kernel is gone: what is known is still drawn. Run the cell again for the rest.";

const REST_MS = 450; // longer than the kernel waits for: its own picture is better, and may come first

/** Of another widget of the page. */
export type Control = Pick<Model, "on" | "off" | "save_changes"> & {
  get(trait: string): unknown;
  set(trait: string, value: unknown): void;
  /** Whether a kernel is there to hear it. */
  comm_live?: boolean;
  /** JupyterLab's knows its kernel; other pages' do not have the field. */
  widget_manager?: { kernel?: Kernel | null };
};

interface Kernel {
  isDisposed?: boolean;
  status?: string;
  /** Told after it was shut down, and at every change of its status. */
  disposed?: Signal;
  statusChanged?: Signal;
}

interface Signal {
  connect(callback: () => void): unknown;
  disconnect(callback: () => void): unknown;
}

/** Calls back when a control moves or more is known. Nothing is heard where the page has no widget manager. */
export function listen(model: Model, changed: () => void, signal: AbortSignal): Live {
  const controls = new Map<string, Control>();
  const heard: (() => void)[] = []; // what ends it, one by one
  let known: KnownFrame | null = null;
  let snapshots: Snapshots | null = null;
  const faults = { known: "", snapshots: "" };
  let sharing: Control | null = null;
  let timer = 0;
  const rest = () => {
    timer = 0;
    changed();
  };
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(rest, REST_MS) as unknown as number;
    changed();
  };
  const watchOther = (other: Control, event: string, callback: () => void) => {
    if (signal.aborted) return;
    other.on(event, callback);
    heard.push(() => other.off(event, callback));
  };
  onAbort(signal, () => {
    clearTimeout(timer);
    for (const end of heard) end();
  });
  const connect = async () => {
    const shared = await find(model, model.get("known"));
    sharing = shared;
    const read = <T>(name: keyof typeof faults, decode: () => T): T | null => {
      faults[name] = "";
      try {
        return decode();
      } catch (error) {
        faults[name] = error instanceof Error ? error.message : String(error); // the kernel's own frames go on
        return null;
      }
    };
    const take = () => {
      known = read("known", () => knownOf(shared.get("frame")));
      changed();
    };
    const takeSnapshots = () => {
      snapshots = read("snapshots", () => decodeSnapshots(shared.get("snapshots") ?? {}));
      if (snapshots) acknowledge(shared as unknown as Model, snapshots.seq);
      changed();
    };
    for (const [name, reference] of Object.entries(asFields("known.controls", shared.get("controls")))) {
      const control = await find(model, reference);
      controls.set(name, control);
      for (const trait of TRAITS) watchOther(control, `change:${trait}`, moved);
    }
    watchOther(shared, "change:frame", take);
    watchOther(shared, "change:snapshots", takeSnapshots);
    watchOther(shared, "comm_live_update", changed);
    if (signal.aborted) return;
    heard.push(watchKernel(shared, changed));
    take();
    takeSnapshots();
  };
  if (model.get("known")) connect().catch(() => undefined); // a page that was saved: there is nothing to hear
  const asked = () => {
    const [mixing, scale, resolution] = DRAWN.map((name) => controls.get(name)?.get("value"));
    const isHeard = [mixing, scale, resolution].every((value) => typeof value === "number");
    return isHeard ? ({ mixing, scale, resolution } as Asked) : null;
  };
  const knownNow = () => (known && isOf(known.sources, controls) ? known : null);
  return {
    asked,
    known: knownNow,
    scrub: () =>
      snapshots && isOf(snapshots.sources, controls)
        ? scrubTo(snapshots, controls.get("mining_steps")?.get("value"))
        : null,
    isLog: () => asFlag(controls.get("log_height")?.get("value")),
    control: (name) => controls.get(name) ?? null,
    turns: () => knownNow()?.parts.some(({ turn }) => turn === true) ?? false,
    fault: () =>
      [faults.known, faults.snapshots, sharing && isCutOff(sharing) ? ALONE : ""].filter(Boolean).join("\n"),
    isAtRest: () => timer === 0 && controls.get("lock_axes")?.get("value") !== true,
  };
}

const DRAWN = ["mixing", "scale", "resolution"];
const SAME = 1e-6; // a slider sends 1.4000000000000001 for 1.4
const TRAITS = ["value", "index"]; // of sliders, of menus

function asFlag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

async function find(model: Model, reference: unknown): Promise<Control> {
  const id = String(reference).replace(/^IPY_MODEL_/, "");
  return (await model.widget_manager.get_model(id)) as unknown as Control;
}

/** Restarted, shut down, or dead. A busy kernel is none of these, and a page that cannot tell has one. */
function isCutOff({ comm_live, widget_manager }: Control): boolean {
  if (comm_live === false) return true;
  if (!widget_manager || !("kernel" in widget_manager)) return false;
  const { kernel } = widget_manager;
  return !kernel || kernel.isDisposed === true || kernel.status === "dead" || kernel.status === "terminating";
}

/** Calls back when the kernel goes, not each time it is busy; returns what ends it. */
function watchKernel(shared: Control, gone: () => void): () => void {
  const kernel = shared.widget_manager?.kernel;
  const signals = [kernel?.disposed, kernel?.statusChanged];
  let wasCutOff = isCutOff(shared);
  const look = () => {
    const isNow = isCutOff(shared);
    if (isNow !== wasCutOff) gone();
    wasCutOff = isNow;
  };
  for (const told of signals) told?.connect(look);
  return () => {
    for (const told of signals) told?.disconnect(look);
  };
}

/** Whether every other control still says what it said when this became known. */
function isOf(sources: Record<string, number>, controls: Map<string, Control>): boolean {
  return Object.entries(sources).every(([name, value]) => {
    const control = controls.get(name);
    const own = control?.get("index") ?? control?.get("value");
    return Math.abs((own as number) - value) < SAME; // not where it says nothing
  });
}

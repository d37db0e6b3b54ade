/** Stand-ins for what a browser and a notebook give us: a model, animation frames, a canvas that takes notes. */

import { vi } from "vitest";
import type { Model, State } from "../src/model.ts";

export class FakeModel {
  /** Traits that were told to Python, in order. */
  saved: [keyof State, unknown][] = [];
  #unsaved: [keyof State, unknown][] = [];
  #callbacks = new Map<string, Set<() => void>>();
  #state: State;

  constructor(state: Partial<State>) {
    const traits = { view: "", frame: {}, error: "", width: 0, height: 320, seq: 0, ack: 0, known: "" };
    const ticks = {
      is_running: false,
      pause_ms: 1000,
      pulse: 0,
      tick: [0, 0] as [number, number],
      answered: 0,
    };
    const surface = { wireframe: false, transparent: false, camera: [], cut: null, over: {} };
    this.#state = { ...traits, ...ticks, ...surface, ...state };
  }

  asModel(): Model {
    return this as unknown as Model;
  }

  get(trait: keyof State): unknown {
    return this.#state[trait];
  }

  set(trait: keyof State, value: unknown): void {
    this.#unsaved.push([trait, value]);
    this.receive(trait, value);
  }

  /** A change from Python. */
  receive(trait: keyof State, value: unknown): void {
    Object.assign(this.#state, { [trait]: value });
    for (const callback of [...(this.#callbacks.get(`change:${trait}`) ?? [])]) callback();
  }

  save_changes(): void {
    this.saved.push(...this.#unsaved.splice(0));
  }

  on(event: string, callback: () => void): void {
    const callbacks = this.#callbacks.get(event) ?? new Set();
    this.#callbacks.set(event, callbacks.add(callback));
  }

  off(event: string, callback: () => void): void {
    this.#callbacks.get(event)?.delete(callback);
  }

  countCallbacks(): number {
    return [...this.#callbacks.values()].reduce((sum, callbacks) => sum + callbacks.size, 0);
  }
}

/** Animation frames that come when the test says so. */
export function stubFrames(): { run(): void; count(): number } {
  const waiting = new Map<number, () => void>();
  let last = 0;
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => {
    waiting.set(++last, callback);
    return last;
  });
  vi.stubGlobal("cancelAnimationFrame", (id: number) => waiting.delete(id));
  return {
    run() {
      const callbacks = [...waiting.values()];
      waiting.clear();
      for (const callback of callbacks) callback();
    },
    count: () => waiting.size,
  };
}

/** Resize observers that are counted; no size ever changes. */
export function stubResizeObserver(): { live(): number } {
  let live = 0;
  class FakeResizeObserver {
    observe() {
      live++;
    }
    disconnect() {
      live--;
    }
  }
  vi.stubGlobal("ResizeObserver", FakeResizeObserver);
  return { live: () => live };
}

/** A 2D context that answers everything and notes the names of its calls and the text it writes. */
export function fakePen(): { pen: CanvasRenderingContext2D; calls: string[]; texts: string[] } {
  const calls: string[] = [];
  const texts: string[] = [];
  const own: Record<string, unknown> = {
    measureText: (text: string) => ({ width: 6 * text.length }),
    createLinearGradient: () => ({ addColorStop: () => undefined }),
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height),
    }),
    fillText: (text: string) => texts.push(text),
  };
  const pen = new Proxy(own, {
    get: (target, name: string) => {
      calls.push(name);
      return target[name] ?? (() => undefined);
    },
  });
  return { pen: pen as unknown as CanvasRenderingContext2D, calls, texts };
}

/** A WebGL2 context that answers everything, counts its objects, and notes calls, uniforms and what is sent. */
export interface FakeGL {
  gl: WebGL2RenderingContext;
  calls: string[];
  uniforms: Map<string, unknown>;
  uploads: (Float32Array | Uint16Array | Uint32Array)[];
  /** How many indices each drawing took. */
  draws: number[];
  renderer: string;
  compiles: boolean;
  /** Objects made and not yet deleted. */
  alive(): number;
}

export function fakeGL(): FakeGL {
  let alive = 0;
  const own: Record<string, unknown> = {
    isContextLost: () => false,
    getShaderParameter: () => fake.compiles,
    getProgramParameter: () => true,
    getShaderInfoLog: () => "ERROR 0:1",
    getUniformLocation: (_: unknown, name: string) => ({ name }),
    getExtension: () => ({ loseContext: () => fake.calls.push("loseContext") }),
    bufferData: (_: unknown, data: unknown) => fake.uploads.push((data as Float32Array).slice()),
    drawElements: (_: unknown, count: number) => fake.draws.push(count),
    getParameter: () => fake.renderer,
  };
  const answer = (name: string, args: unknown[]): unknown => {
    if (name.startsWith("create")) alive++;
    if (name.startsWith("delete")) alive--;
    if (name.startsWith("uniform")) fake.uniforms.set((args[0] as { name: string }).name, args.at(-1));
    return name.startsWith("create")
      ? { name }
      : (own[name] as ((...a: unknown[]) => unknown) | undefined)?.(...args);
  };
  const gl = new Proxy({} as WebGL2RenderingContext, {
    get: (_, name: string) => {
      if (/^[A-Z]/.test(name)) return name;
      return (...args: unknown[]) => {
        fake.calls.push(name);
        return answer(name, args);
      };
    },
  });
  const fake: FakeGL = {
    gl,
    calls: [],
    uniforms: new Map(),
    uploads: [],
    draws: [],
    renderer: "a card",
    compiles: true,
    alive: () => alive,
  };
  return fake;
}

/** Elements of that size in CSS pixels, and canvases with that context. */
export function stubStage(width: number, height: number, context: (kind: string) => unknown): void {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(context as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(height);
}

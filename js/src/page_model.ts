/** What stands in for a notebook in an exported page: models without a kernel, found by their names. */

import type { Model } from "./model.ts";

/** A widget's model of the page: keeps values and calls back when one changes. */
export class PageModel {
  #values: Record<string, unknown>;
  #callbacks = new Map<string, Set<() => void>>();
  readonly widget_manager: { get_model(id: string): Promise<PageModel> };

  /** `others`: name -> model, what a reference `IPY_MODEL_name` leads to. */
  constructor(values: Record<string, unknown>, others: Record<string, PageModel> = {}) {
    this.#values = values;
    this.widget_manager = {
      get_model: async (id) => others[id] ?? Promise.reject(new RangeError(`There is no model "${id}".`)),
    };
  }

  asModel(): Model {
    return this as unknown as Model;
  }

  get(name: string): unknown {
    return this.#values[name];
  }

  set(name: string, value: unknown): void {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    for (const callback of [...(this.#callbacks.get(`change:${name}`) ?? [])]) callback();
  }

  /** There is no kernel to tell. */
  save_changes(): void {}

  on(event: string, callback: () => void): void {
    this.#callbacks.set(event, (this.#callbacks.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: () => void): void {
    this.#callbacks.get(event)?.delete(callback);
  }
}

/** How one model of the page names another. */
export function referenceTo(name: string): string {
  return `IPY_MODEL_${name}`;
}

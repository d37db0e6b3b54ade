/** While the kernel works, asks it now and then, and tells which of its pulses has come; `transport.py` says why. */

import { onAbort } from "./lifetime.ts";
import { type Model, watch } from "./model.ts";

/** One question at a time: the next one follows the answer, after the pause that the kernel wants. */
export function startTicks(model: Model, signal: AbortSignal): void {
  let timer = 0;
  const ask = () => {
    timer = 0;
    if (!model.get("is_running")) return;
    const [count] = model.get("tick");
    try {
      model.set("tick", [count + 1, model.get("pulse")]);
      model.save_changes();
    } catch {
      // a page that was saved: nobody answers
    }
  };
  const plan = () => {
    if (timer === 0 && model.get("is_running") && !signal.aborted) {
      timer = setTimeout(ask, model.get("pause_ms")) as unknown as number;
    }
  };
  for (const trait of ["answered", "is_running"] as const) watch(model, trait, plan, signal);
  onAbort(signal, () => clearTimeout(timer));
  plan();
}

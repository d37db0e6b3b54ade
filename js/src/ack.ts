/** Acknowledges frames for views that cannot do it themselves. Shows nothing. */

import { onAbort } from "./lifetime.ts";
import { acknowledge, type Model, watch } from "./model.ts";

/** After a new `seq`, waits for two animation frames (others draw in the first) and answers with `ack`. */
export function startAck(model: Model, signal: AbortSignal): void {
  let pending = 0;
  const answer = () => {
    pending = 0;
    acknowledge(model, model.get("seq"));
  };
  const listen = () => {
    if (pending !== 0) return;
    pending = requestAnimationFrame(() => {
      pending = requestAnimationFrame(answer);
    });
  };
  watch(model, "seq", listen, signal);
  onAbort(signal, () => cancelAnimationFrame(pending));
}

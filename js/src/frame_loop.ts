/** Many requests, one draw per animation frame. Everything that draws goes through here. */

import { onAbort } from "./lifetime.ts";

export interface FrameLoop {
  request(): void;
}

export function createFrameLoop(draw: () => void, signal: AbortSignal): FrameLoop {
  let pending = 0;
  const run = () => {
    pending = 0;
    draw();
  };
  onAbort(signal, () => cancelAnimationFrame(pending));
  return {
    request() {
      if (pending === 0 && !signal.aborted) pending = requestAnimationFrame(run);
    },
  };
}

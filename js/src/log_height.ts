/** Log height follows its control at once: the kernel's own picture comes when it can. */

import type { Frame } from "./frames.ts";
import { refitted } from "./limits.ts";
import type { Live } from "./live.ts";

/** The frame with the loss axis that the control asks for; what was cut off stays cut off. */
export function inScale(frame: Frame, live: Live): Frame {
  const isLog = live.isLog();
  if (frame.view === "history" || isLog === null || isLog === (frame.scale !== "linear")) return frame;
  const scale = isLog ? "log" : "linear";
  const limits = refitted(frame.losses, scale, frame.loss_limits[1]);
  return limits ? { ...frame, scale, loss_limits: limits } : frame;
}

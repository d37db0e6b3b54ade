/** What anywidget loads: one module for every class of `widget/views.py`, told apart by the trait `view`. */

import { startAck } from "./ack.ts";
import { startGuard } from "./guard.ts";
import type { Model } from "./model.ts";
import { mountSurface } from "./surface.ts";
import { startTicks } from "./tick.ts";
import { mountView } from "./view.ts";

type CleanUp = () => void;

/** Once a model, displayed or not. */
function initialize({ model }: { model: Model }): CleanUp {
  const controller = new AbortController();
  const view = model.get("view");
  if (view === "ack") startAck(model, controller.signal);
  if (view === "tick") startTicks(model, controller.signal);
  if (view === "guard") startGuard(controller.signal);
  return () => controller.abort();
}

/** Once a display. */
function render({ model, el }: { model: Model; el: HTMLElement }): CleanUp {
  const controller = new AbortController();
  const view = model.get("view");
  if (view === "curve" || view === "map" || view === "history") mountView(model, el, view, controller.signal);
  if (view === "surface") mountSurface(model, el, controller.signal);
  return () => controller.abort();
}

export default { initialize, render };

/**
 * Frees the WebGL contexts of ipyvolume's canvases that have left the page. ipyvolume 0.6.3 builds a renderer
 * for each view and never disposes of it; browsers allow about 16 contexts and then take the oldest.
 */

import { onAbort } from "./lifetime.ts";

const CONTAINER = "ipyvolume-canvas-container";
const GRACE_MS = 500; // a view that only moves is back by then

export function startGuard(signal: AbortSignal): void {
  const containers = document.getElementsByClassName(CONTAINER); // live: cheap to look at again and again
  const known = new Set<HTMLCanvasElement>();
  const look = () => {
    for (const canvas of signal.aborted ? [] : rendererCanvases(containers)) known.add(canvas);
    for (const canvas of known) {
      if (canvas.isConnected) continue;
      known.delete(canvas);
      setTimeout(freeIfGone, GRACE_MS, canvas);
    }
    if (signal.aborted && known.size === 0) observer.disconnect();
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  // A closed guard still sees out the canvases that it knows: they may leave the page later than it.
  onAbort(signal, look);
  look();
}

/** The other canvas, above it, takes no pointer events and may have no context: asking would give it one. */
function rendererCanvases(containers: Iterable<Element>): HTMLCanvasElement[] {
  return [...containers]
    .flatMap((container) => [...container.querySelectorAll("canvas")])
    .filter((canvas) => canvas.parentElement?.style.pointerEvents !== "none");
}

function freeIfGone(canvas: HTMLCanvasElement): void {
  if (canvas.isConnected) return;
  const gl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  if (!gl || gl.isContextLost()) return;
  // On a busy page ipyvolume may still draw once; a lost context answers null, and three.js calls `.trim()` on it.
  gl.getProgramInfoLog = gl.getShaderInfoLog = () => "";
  gl.getExtension("WEBGL_lose_context")?.loseContext();
}

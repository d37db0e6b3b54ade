"""What a page does while a library draws in it: draw calls, changed pixels, long tasks, bytes from the kernel."""

from __future__ import annotations

from typing import Any

from browser.open_notebook import OpenNotebook

# Every WebGL context of the page keeps what it has drawn, so that it can be read; every draw call leaves its time.
WATCH = """() => {
  const seen = window.seen =
    { last: 0, first: 0, frames: new Map(), frame: 0, moved: 0, changes: [], long: [], poll: false };
  const now = () => performance.timeOrigin + performance.now();
  const own = HTMLCanvasElement.prototype.getContext;
  const refs = new Set(); // a context that nobody else holds may go
  window.contexts = () => [...refs].map(ref => ref.deref()).filter(Boolean);
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    if (!/webgl/.test(kind)) return own.call(this, kind, options);
    const made = own.call(this, kind, { ...options, preserveDrawingBuffer: true });
    if (made) refs.add(new WeakRef(made));
    return made;
  };
  for (const kind of [WebGLRenderingContext, WebGL2RenderingContext])
    for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
      const draw = kind.prototype[name];
      if (!draw) continue;
      kind.prototype[name] = function (...args) {
        const done = draw.apply(this, args);
        seen.last = now();
        seen.first ||= seen.last;
        seen.frames.set(seen.frame, seen.last);
        return done;
      };
    }
  const small = new OffscreenCanvas(100, 80).getContext("2d", { willReadFrequently: true });
  let before = "";
  const look = () => {
    let picture = "";
    for (const { canvas, drawingBufferWidth: width } of window.contexts()) {
      if (!canvas.isConnected || width < 200) continue;
      small.clearRect(0, 0, 100, 80);
      small.drawImage(canvas, 0, 0, 100, 80);
      let sum = 0;
      const { data } = small.getImageData(0, 0, 100, 80);
      for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) | 0;
      picture += sum + " ";
    }
    if (picture !== before) seen.changes.push(now());
    before = picture;
  };
  const step = () => {
    seen.frame++;
    if (seen.poll) look();
    requestAnimationFrame(step);
  };
  step();
  addEventListener("pointermove", () => { seen.moved = now(); }, true);
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) seen.long.push(entry.duration);
  }).observe({ entryTypes: ["longtask"] });
}"""
RESET = """poll => Object.assign(window.seen,
  { last: 0, first: 0, frames: new Map(), changes: [], long: [], poll })"""
READ = """() => ({ ...window.seen, frames: [...window.seen.frames.values()],
  now: performance.timeOrigin + performance.now() })"""
ALIVE = "() => window.contexts().filter(context => !context.isContextLost()).length"


class Watched:
    """A notebook's page, watched."""

    def __init__(self, notebook: OpenNotebook) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.received = 0
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable")
        self._session.send("Network.enable")
        self._session.on("Network.webSocketFrameReceived", self._on_frame)
        self.page.evaluate(WATCH)

    def _on_frame(self, event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]
        is_text = event["response"]["opcode"] == 1
        self.received += len(payload) if is_text else len(payload) * 3 // 4  # base64

    def reset(self, *, poll: bool = False) -> None:
        """Forget what was seen; `poll` compares pixels at every frame, which costs time itself."""
        self.page.evaluate(RESET, poll)

    def seen(self) -> dict[str, Any]:
        """What was seen since; times in ms since the epoch."""
        return self.page.evaluate(READ)  # type: ignore[no-any-return]

    def until_quiet(self, milliseconds: float, *, least: float = 0.0) -> dict[str, Any]:
        """What was seen, once something was drawn at or after `least` and nothing more for so long."""
        for _ in range(1200):
            seen = self.seen()
            last = max(seen["last"], *seen["changes"], 0.0)
            if last > least and seen["now"] - last > milliseconds:
                return seen
            self.page.wait_for_timeout(50)
        raise TimeoutError("nothing was drawn within a minute")

    def metrics(self) -> dict[str, float]:
        """Of the page's main thread: seconds of tasks, bytes of heap, numbers of listeners and nodes."""
        found = self._session.send("Performance.getMetrics")["metrics"]
        return {entry["name"]: entry["value"] for entry in found}

    def collect_garbage(self) -> None:
        """So that memory and listeners that are left are those that are held."""
        self._session.send("HeapProfiler.collectGarbage")

// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel, fakePen, stubFrames, stubResizeObserver, stubStage } from "./fakes.ts";
import { goldenCurve, goldenHistory, goldenMap, withArray } from "./golden.ts";

const opened: (() => void)[] = [];
let frames: ReturnType<typeof stubFrames>;
let sizes: ReturnType<typeof stubResizeObserver>;
let drawn: ReturnType<typeof fakePen>;

beforeEach(() => {
  frames = stubFrames();
  sizes = stubResizeObserver();
  drawn = fakePen();
  vi.stubGlobal("matchMedia", () => new EventTarget()); // happy-dom's own drops the listener's signal
  stubStage(420, 300, () => drawn.pen);
});

afterEach(() => {
  for (const close of opened.splice(0)) close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function show(model: FakeModel) {
  const el = document.createElement("div");
  document.body.append(el);
  const close = widget.render({ model: model.asModel(), el });
  opened.push(close);
  const canvas = el.querySelector("canvas") as HTMLCanvasElement;
  return { el, canvas, close, text: (part: string) => el.querySelector(`.lw-${part}`)?.textContent };
}

const press = (canvas: HTMLElement, key: string) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  canvas.dispatchEvent(event);
  frames.run();
  return event;
};

test("a frame is drawn once and acknowledged after that", () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  const { canvas, text } = show(model);
  expect(model.saved).toEqual([]);
  frames.run();
  expect(model.saved).toEqual([["ack", 3]]);
  expect(canvas.dataset).toMatchObject({ view: "curve", seq: "3", kind: "v-basin" });
  expect(text("kind")).toBe("v-basin");
  expect(text("tag")).toBe("mined");
  expect(text("caption")).toBe("Exact at 4 points.");
  expect(canvas.getAttribute("aria-label")).toContain("loss curve, v-basin, mined: alpha −0.5 to 1.5");
  expect(frames.count()).toBe(0);
});

test("many frames between two drawings are drawn as one, the newest", () => {
  const model = new FakeModel({ view: "map", frame: goldenMap() });
  const { canvas } = show(model);
  for (const seq of [9, 10, 11]) model.receive("frame", goldenMap({ seq }));
  expect(frames.count()).toBe(1);
  frames.run();
  expect(model.saved).toEqual([["ack", 11]]);
  expect(canvas.dataset.seq).toBe("11");
});

test("two views of one model both draw, and acknowledge once", () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  const views = [show(model), show(model)];
  frames.run();
  views[0]?.close();
  model.receive("frame", goldenCurve({ seq: 4 }));
  frames.run();
  expect(model.saved).toEqual([
    ["ack", 3],
    ["ack", 4],
  ]);
  expect(views.map(({ canvas }) => canvas.dataset.seq)).toEqual(["3", "4"]);
});

test("pointing redraws but acknowledges nothing", () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  const { canvas, text } = show(model);
  frames.run();
  canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: 360, clientY: 100 }));
  frames.run();
  expect(text("read")).toBe("alpha 1.5 · loss 60 ± 0.5 · interpolated · accuracy 0.125");
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  frames.run();
  expect(text("read")).toContain("lowest 0.125");
  expect(model.saved).toEqual([["ack", 3]]);
});

test("arrow keys read points and stay out of the notebook's hands", () => {
  const { canvas, text } = show(new FakeModel({ view: "map", frame: goldenMap() }));
  frames.run();
  expect(canvas.closest("[data-lm-suppress-shortcuts=true]")).not.toBeNull();
  expect(canvas.tabIndex).toBe(0);
  expect(press(canvas, "ArrowRight").defaultPrevented).toBe(true);
  press(canvas, "ArrowRight");
  press(canvas, "ArrowUp");
  expect(text("read")).toContain("alpha 0.25 · beta 0.5 · loss not finite · exact · second.pt: own loss 2.5");
  press(canvas, "End");
  expect(text("read")).toBe("alpha 1.5 · beta 0.5 · loss 7 · exact · first.pt: own loss 8, 4 off the plane");
  press(canvas, "Escape");
  expect(text("read")).toContain("lowest 0 at alpha −0.5, beta −0.25");
  expect(press(canvas, "Tab").defaultPrevented).toBe(false);
});

test("a click or Enter pins a point of a map, with its distance, until Escape", () => {
  const { canvas, text } = show(new FakeModel({ view: "map", frame: goldenMap() }));
  frames.run();
  press(canvas, "ArrowRight"); // the middle
  press(canvas, "ArrowRight");
  press(canvas, "Enter");
  const pinned = text("read");
  expect(pinned).toMatch(
    /^pinned: alpha 0.25 · beta −0.25 · loss 2 · exact · .* · 0.3536 lengths from the centre$/,
  );
  press(canvas, "ArrowRight");
  expect(text("read")).toMatch(/^alpha 1.5 · beta −0.25/);
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  frames.run();
  expect(text("read")).toBe(pinned);
  press(canvas, "Escape");
  expect(text("read")).toContain("lowest 0");
  canvas.dispatchEvent(new PointerEvent("pointerdown", { clientX: 200, clientY: 100 }));
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  frames.run();
  expect(text("read")).toMatch(/^pinned: alpha .* lengths from the centre$/);
});

test("an error is shown in words until it is gone; the picture stays", () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  const { el, canvas, text } = show(model);
  const banner = el.querySelector("[role=alert]") as HTMLElement;
  frames.run();
  expect(banner.hidden).toBe(true);
  model.receive("error", "loss_fn must be a scalar, got shape (32,).");
  frames.run();
  expect(banner.hidden).toBe(false);
  expect(text("error")).toBe("loss_fn must be a scalar, got shape (32,).");
  expect(canvas.dataset.seq).toBe("3");
  model.receive("error", "");
  frames.run();
  expect(banner.hidden).toBe(true);
});

test("a frame that cannot be read is named, the last picture stays, the next one works", () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  const { canvas, text } = show(model);
  frames.run();
  model.receive("frame", withArray(goldenCurve({ seq: 4 }), "losses", { data: new Uint8Array(12) }));
  frames.run();
  expect(text("error")).toBe("frame.arrays.losses must be 16 bytes for its shape [4], got 12.");
  expect(canvas.dataset.seq).toBe("3");
  model.receive("frame", goldenMap());
  frames.run();
  expect(text("error")).toBe('frame.view must be "curve", got "map".');
  model.receive("frame", goldenCurve({ seq: 5 }));
  frames.run();
  expect(text("error")).toBe("");
  expect(canvas.dataset.seq).toBe("5");
});

test("width and height follow their traits", () => {
  const model = new FakeModel({ view: "curve", height: 280 });
  const { el } = show(model);
  const [root, stage] = [".lw-view", ".lw-stage"].map((part) => el.querySelector(part) as HTMLElement);
  expect([root?.style.width, stage?.style.height]).toEqual(["", "280px"]);
  model.receive("width", 512);
  model.receive("height", 400);
  expect([root?.style.width, stage?.style.height]).toEqual(["512px", "400px"]);
});

test("a change of theme draws again", async () => {
  const model = new FakeModel({ view: "curve", frame: goldenCurve() });
  show(model);
  frames.run();
  document.body.dataset.jpThemeLight = "false";
  await vi.waitFor(() => expect(frames.count()).toBe(1));
});

/** The signals that each listener added from now on depends on. */
function watchListeners(): (AbortSignal | undefined)[] {
  const signals: (AbortSignal | undefined)[] = [];
  let owner: HTMLElement = HTMLElement.prototype;
  while (!Object.hasOwn(owner, "addEventListener")) owner = Object.getPrototypeOf(owner);
  const add = owner.addEventListener;
  vi.spyOn(owner, "addEventListener").mockImplementation(function (this: EventTarget, ...args: unknown[]) {
    const ends = args[0] === "abort"; // a signal's own listener goes with the signal
    if (!ends) signals.push((args[2] as AddEventListenerOptions | undefined)?.signal);
    Reflect.apply(add, this, args);
  });
  return signals;
}

test("after closing nothing listens, observes or draws", async () => {
  const signals = watchListeners();
  const model = new FakeModel({ view: "map", frame: goldenMap() });
  const { canvas, close } = show(model);
  expect(model.countCallbacks()).toBeGreaterThan(0);
  expect(signals.length).toBeGreaterThan(4);
  expect(sizes.live()).toBe(1);
  expect(frames.count()).toBe(1);
  close();
  expect(model.countCallbacks()).toBe(0);
  expect(signals.every((signal) => signal?.aborted)).toBe(true);
  expect(sizes.live()).toBe(0);
  expect(frames.count()).toBe(0);
  document.body.dataset.jpThemeLight = "true";
  canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: 200, clientY: 100 }));
  press(canvas, "ArrowLeft");
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(frames.count()).toBe(0);
  expect(model.saved).toEqual([]);
});

test("models of other views show nothing", () => {
  const el = document.createElement("div");
  widget.render({ model: new FakeModel({ view: "ack" }).asModel(), el })();
  expect(el.childNodes).toHaveLength(0);
});

test("a run of mining is drawn, acknowledged and spoken, and read by keys", () => {
  const model = new FakeModel({ view: "history", frame: goldenHistory() });
  const { canvas, text } = show(model);
  frames.run();
  expect(model.saved).toEqual([["ack", 4]]);
  expect(canvas.getAttribute("aria-label")).toContain("progress of mining: step 5 of 8 · side +1 0.5");
  expect(text("kind")).toBeUndefined();
  canvas.focus();
  press(canvas, "ArrowRight");
  expect(text("read")).toContain("step 2 of 8");
  model.receive("frame", goldenHistory({ seq: 5, target: 20 }));
  frames.run();
  expect(canvas.dataset.seq).toBe("5");
});

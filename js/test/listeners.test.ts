// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel, fakeGL, fakePen, stubFrames, stubResizeObserver, stubStage } from "./fakes.ts";
import { goldenCurve, goldenHistory, goldenMap } from "./golden.ts";

type Heard = { event: string; signal: AbortSignal | undefined };

beforeEach(() => {
  stubResizeObserver();
  vi.stubGlobal("matchMedia", () => document.createElement("i")); // happy-dom's own drops the listener's signal
  const [pen, card] = [fakePen().pen, fakeGL().gl];
  stubStage(560, 400, (kind) => (kind === "2d" ? pen : card));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Every listener that is added from now on, but for those that wait for an end themselves. */
function eavesdrop(): Heard[] {
  const heard: Heard[] = [];
  let target = HTMLElement.prototype as EventTarget; // not Node's own EventTarget, which has the name here
  while (!Object.hasOwn(target, "addEventListener")) target = Object.getPrototypeOf(target);
  const own = target.addEventListener;
  vi.spyOn(target, "addEventListener").mockImplementation(function (
    this: EventTarget,
    event: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ) {
    if (event !== "abort") heard.push({ event, signal: (options as AddEventListenerOptions)?.signal });
    own.call(this, event, listener, options);
  });
  return heard;
}

test.each([
  ["curve", goldenCurve()],
  ["map", goldenMap()],
  ["surface", goldenMap()],
  ["history", goldenHistory()],
])("a closed %s listens to nothing", (view, frame) => {
  const frames = stubFrames();
  const model = new FakeModel({ view, frame });
  const el = document.createElement("div");
  document.body.append(el);
  const heard = eavesdrop();
  const close = widget.render({ model: model.asModel(), el });
  frames.run();
  expect(heard.length).toBeGreaterThan(5);
  expect(heard.filter(({ signal }) => signal?.aborted !== false)).toEqual([]);
  close();
  expect(heard.filter(({ signal }) => !signal?.aborted)).toEqual([]);
  expect(model.countCallbacks()).toBe(0);
});

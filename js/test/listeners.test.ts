// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel, fakeGL, fakePen, stubFrames, stubResizeObserver } from "./fakes.ts";
import { goldenCurve, goldenHistory, goldenMap } from "./golden.ts";

type Heard = { event: string; signal: AbortSignal | undefined };

beforeEach(() => {
  stubResizeObserver();
  // The one of the page that is made for tests adds listeners of its own.
  vi.stubGlobal("matchMedia", () => document.createElement("i"));
  const [pen, card] = [fakePen().pen, fakeGL().gl];
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(((kind: string) =>
    kind === "2d" ? pen : card) as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(560);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
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

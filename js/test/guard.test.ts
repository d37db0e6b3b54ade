// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel } from "./fakes.ts";

declare function setImmediate(callback: (nothing: unknown) => void): void; // node's; no types of it here

let lost: HTMLCanvasElement[];
let asked: HTMLCanvasElement[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  lost = [];
  asked = [];
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    asked.push(this);
    const gl = {
      isContextLost: () => lost.includes(this),
      getExtension: () => ({ loseContext: () => lost.push(this) }),
    };
    return gl as never;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

/** As ipyvolume's view builds it: an overlay that takes no pointer events over the renderer's canvas. */
function addFigure(): { view: HTMLElement; canvas: HTMLCanvasElement } {
  const view = document.createElement("div");
  view.innerHTML =
    '<div class="ipyvolume-canvas-container"><div style="pointer-events: none"><canvas></canvas></div>' +
    '<div><canvas class="renderer"></canvas></div></div>';
  document.body.append(view);
  return { view, canvas: view.querySelector(".renderer") as HTMLCanvasElement };
}

const start = () => widget.initialize({ model: new FakeModel({ view: "guard" }).asModel() });

/** Lets the observer speak, then `milliseconds` pass. */
async function pass(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(milliseconds);
}

test("a figure's context is freed half a second after it left the page", async () => {
  const close = start();
  const { view, canvas } = addFigure();
  await pass(0);
  view.remove();
  await pass(400);
  expect(lost).toEqual([]);
  await pass(200);
  expect(lost).toEqual([canvas]);
  expect(asked).toEqual([canvas]);
  close();
});

test("a figure that only moves keeps its context", async () => {
  const close = start();
  const { view, canvas } = addFigure();
  await pass(0);
  view.remove();
  await pass(100);
  document.body.append(view);
  await pass(600);
  expect(lost).toEqual([]);
  view.remove();
  await pass(600);
  expect(lost).toEqual([canvas]);
  close();
});

test("other canvases are not touched", async () => {
  const close = start();
  const other = document.createElement("canvas");
  document.body.append(other);
  await pass(0);
  other.remove();
  await pass(600);
  expect(asked).toEqual([]);
  close();
});

test("a closed guard sees out the figures that it knew and takes up no new ones", async () => {
  const early = addFigure();
  const close = start();
  close();
  const late = addFigure();
  await pass(0);
  early.view.remove();
  late.view.remove();
  await pass(600);
  expect(lost).toEqual([early.canvas]);
});

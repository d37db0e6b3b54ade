// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { createDesk } from "../src/curve_desk.ts";
import { type CurveFrame, decodeFrame } from "../src/frames.ts";
import { fakePen } from "./fakes.ts";
import { goldenCurve } from "./golden.ts";
import { SIZE, THEME } from "./looks.ts";

const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

function open(changes: Record<string, unknown> = {}) {
  const canvas = document.createElement("canvas");
  const [changed, redraw, controller] = [vi.fn(), vi.fn(), new AbortController()];
  controllers.push(controller);
  const desk = createDesk(canvas, changed, redraw, controller.signal);
  const texts = (frame: Record<string, unknown> = changes) => {
    const { pen, texts: written } = fakePen();
    desk.plot(decodeFrame(goldenCurve(frame)) as CurveFrame).draw(pen, THEME, SIZE, null);
    return written;
  };
  const point = (name: string, clientX: number) =>
    canvas.dispatchEvent(new PointerEvent(name, { clientX, clientY: 99, isPrimary: true, button: 0 }));
  const press = (key: string) =>
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  const tool = (name: string) => desk.tools.find(({ text }) => text === name) as (typeof desk.tools)[number];
  texts();
  return { canvas, desk, changed, redraw, controller, texts, point, press, tool };
}

const [FIRST, LAST] = ["−0.5", "1.5"]; // labels of the whole axis

test("a drag across the curve shows that part, a double click all of it", () => {
  const { texts, point, canvas, tool, changed, redraw } = open();
  expect(texts()).toEqual(expect.arrayContaining([FIRST, LAST]));
  expect(tool("Whole").isOffered?.()).toBe(false);
  point("pointerdown", 200);
  point("pointermove", 260);
  expect([redraw.mock.calls.length, changed.mock.calls.length]).toEqual([1, 0]);
  point("pointerup", 260);
  expect(changed).toHaveBeenCalledOnce();
  expect(texts()).not.toEqual(expect.arrayContaining([LAST]));
  expect(tool("Whole").isOffered?.()).toBe(true);
  canvas.dispatchEvent(new MouseEvent("dblclick"));
  expect(texts()).toEqual(expect.arrayContaining([FIRST, LAST]));
});

test("a click is no drag, nor is one that was cancelled", () => {
  const { point, tool } = open();
  point("pointerdown", 200);
  point("pointermove", 203);
  point("pointerup", 203);
  point("pointerdown", 200);
  point("pointermove", 300);
  point("pointercancel", 300);
  point("pointerup", 300);
  expect(tool("Whole").isOffered?.()).toBe(false);
});

test("keys zoom about the center and back", () => {
  const { texts, press } = open();
  for (const key of ["+", "=", "+"]) press(key);
  expect(texts()).not.toEqual(expect.arrayContaining([LAST]));
  for (const key of ["-", "-", "-"]) press(key);
  expect(texts()).toEqual(expect.arrayContaining([FIRST, LAST]));
  press("+");
  press("Escape");
  expect(texts()).toEqual(expect.arrayContaining([FIRST, LAST]));
});

test("kept curves stand in the legend beside the present one, three at most, until they are cleared", () => {
  const { texts, tool } = open();
  expect(tool("Clear").isOffered?.()).toBe(false);
  for (const name of ["a", "b", "c", "d"]) {
    texts({ name });
    tool("Keep").press();
  }
  const written = texts({ name: "e" });
  expect(written).toEqual(expect.arrayContaining(["b", "c", "d", "e"]));
  expect(written).not.toContain("a");
  tool("Clear").press();
  expect(texts({ name: "e" })).not.toContain("b");
});

test("symlog, quadratic and metric are switched, and the metric's room stays while it is not known", () => {
  const plain = open({ metrics: [] });
  expect(plain.tool("Metric").isOffered?.()).toBe(false);
  const { texts, tool, desk } = open();
  expect(texts()).toEqual(expect.arrayContaining(["accuracy", "accuracy (right)", "loss (log)"]));
  const pick = () => desk.plot(decodeFrame(goldenCurve({ metrics: [] })) as CurveFrame);
  const without = pick();
  without.draw(fakePen().pen, THEME, SIZE, null);
  expect(without.pick(470, 99)).toBeNull();
  tool("Metric").press();
  expect(tool("Metric").isOn?.()).toBe(false);
  const wide = pick();
  wide.draw(fakePen().pen, THEME, SIZE, null);
  expect(wide.pick(470, 99)).not.toBeNull();
  expect(texts()).not.toContain("accuracy");
  tool("Symlog").press();
  expect(texts()).toContain("loss (symlog)");
});

test("the quadratic is offered where there is one, and named after the slice", () => {
  const { tool, desk } = open();
  expect(tool("Quadratic").isOffered?.()).toBe(false); // the loss beside the center is not finite
  const frame = decodeFrame(goldenCurve({ metrics: [] })) as CurveFrame;
  frame.losses.set([1, 0.5, 1, 2]);
  const { pen, texts } = fakePen();
  const plot = desk.plot(frame);
  expect(tool("Quadratic").isOffered?.()).toBe(true);
  tool("Quadratic").press();
  plot.draw(pen, THEME, SIZE, null);
  expect(texts.some((text) => text.startsWith("quadratic of this slice, curvature 8"))).toBe(true);
});

test("what the Hessian predicts is drawn unasked, by its own name", () => {
  const { texts } = open();
  const bend = { slope: 1, curvature: -3, parts: [-0.25] };
  expect(texts({ bend })).toContain("quadratic by the Hessian, curvature −3");
  expect(texts().join()).not.toContain("Hessian");
  expect(() => texts({ bend: { slope: 1, parts: [] } })).toThrow("curvature");
});

test("a closed desk hears nothing", () => {
  const { controller, press, point, changed, redraw } = open();
  controller.abort();
  press("+");
  point("pointerdown", 200);
  point("pointermove", 300);
  expect([changed.mock.calls.length, redraw.mock.calls.length]).toEqual([0, 0]);
});

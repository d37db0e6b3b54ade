// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { addLineHandles } from "../src/line_handles.ts";
import type { Control, Live } from "../src/live.ts";
import { type Grip, placeOn, pointed, pressed, snapped } from "../src/slice_line.ts";
import { FakeModel } from "./fakes.ts";

const GRIP: Grip = { x: 150, y: 100, perAlpha: 200, perBeta: 50, span: 0.5 };
const MIXING = { min: -90, max: 90, step: 1 };

test("values snap to a slider's steps and stay inside its limits", () => {
  const scale = { min: 0.01, max: 3, step: 0.01 };
  expect([0.304, 0.1 + 0.2, 7, -1].map((value) => snapped(value, scale))).toEqual([0.3, 0.3, 3, 0.01]);
  expect(pressed("PageUp", 20, MIXING)).toBe(30);
  expect(pressed("ArrowLeft", -90, MIXING)).toBe(-90);
  expect(pressed("Tab", 20, MIXING)).toBeNull();
});

test("a pointer on a point of the line says its angle and reach, whatever the shape of the map", () => {
  for (const degrees of [-70, 0, 25, 90]) {
    const [found, reach] = pointed(GRIP, ...placeOn(GRIP, 0.4, degrees));
    expect(found).toBeCloseTo(degrees, 9);
    expect(reach).toBeCloseTo(0.4, 9);
  }
});

function handles(turns: boolean) {
  const mixing = new FakeModel({ value: 20, ...MIXING } as never);
  const scale = new FakeModel({ value: 0.5, min: 0.01, max: 3, step: 0.01 } as never);
  const models: Record<string, unknown> = { mixing, scale };
  const live = { control: (name: string) => models[name] as Control, turns: () => turns } as Live;
  const stage = document.createElement("div");
  const released = vi.fn();
  const own = addLineHandles(stage, live, released, new AbortController().signal);
  own.place(GRIP);
  const knob = (name: string) => stage.querySelector(`.lw-knob-${name}`) as HTMLElement;
  for (const name of ["mixing", "scale"]) knob(name).setPointerCapture = () => undefined;
  const point = (name: string, event: string, [clientX, clientY]: [number, number]) =>
    knob(name).dispatchEvent(new PointerEvent(event, { clientX, clientY, pointerId: 1 }));
  return { mixing, scale, own, released, knob, point, line: stage.querySelector(".lw-line") as HTMLElement };
}

test("dragging the round handle drives mixing, and the map stays until it is let go", () => {
  const { mixing, own, point, released, line, knob } = handles(true);
  point("mixing", "pointerdown", placeOn(GRIP, 0.3, 0));
  expect(own.isHeld()).toBe(true);
  point("mixing", "pointermove", placeOn(GRIP, 0.3, 33.2));
  expect(mixing.saved).toEqual([["value", 53]]);
  expect([line.hidden, knob("mixing").getAttribute("aria-valuenow")]).toEqual([false, "53"]);
  point("mixing", "pointermove", placeOn(GRIP, 0.3, 120));
  expect(mixing.get("value" as never)).toBe(90);
  point("mixing", "pointerup", [0, 0]);
  expect([own.isHeld(), line.hidden, released.mock.calls.length]).toEqual([false, true, 1]);
});

test("the handle at the end drives the scale, by pointer and by keys", () => {
  const { scale, point, knob } = handles(true);
  point("scale", "pointerdown", placeOn(GRIP, 0.5, 0));
  point("scale", "pointermove", placeOn(GRIP, 0.804, 0));
  point("scale", "pointerup", [0, 0]);
  const event = new KeyboardEvent("keydown", { key: "ArrowUp", cancelable: true });
  knob("scale").dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(scale.saved).toEqual([
    ["value", 0.8],
    ["value", 0.81],
  ]);
});

test("where mixing leaves the plane only the span can be dragged, and the handle says why", () => {
  const { knob } = handles(false);
  expect([knob("mixing").hidden, knob("scale").hidden]).toEqual([true, false]);
  expect(knob("scale").title).toContain("Mixing leaves this plane");
});

import { afterEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel, stubFrames } from "./fakes.ts";

afterEach(() => vi.unstubAllGlobals());

test("a sequence number is answered after two animation frames, the newest for all", () => {
  const frames = stubFrames();
  const model = new FakeModel({ view: "ack" });
  widget.initialize({ model: model.asModel() });
  model.receive("seq", 5);
  frames.run();
  expect(model.saved).toEqual([]);
  model.receive("seq", 6);
  frames.run();
  expect(model.saved).toEqual([["ack", 6]]);
  model.receive("seq", 7);
  frames.run();
  frames.run();
  expect(model.saved).toEqual([
    ["ack", 6],
    ["ack", 7],
  ]);
});

test("after closing nothing is answered", () => {
  const frames = stubFrames();
  const model = new FakeModel({ view: "ack" });
  const close = widget.initialize({ model: model.asModel() });
  model.receive("seq", 5);
  close();
  model.receive("seq", 6);
  frames.run();
  frames.run();
  expect(model.saved).toEqual([]);
  expect(model.countCallbacks()).toBe(0);
  expect(frames.count()).toBe(0);
});

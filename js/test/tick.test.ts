import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import type { State } from "../src/model.ts";
import { FakeModel } from "./fakes.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function started(state: Partial<State> = {}): { model: FakeModel; close: () => void } {
  const model = new FakeModel({ view: "tick", ...state });
  return { model, close: widget.initialize({ model: model.asModel() }) };
}

function answer(model: FakeModel, count: number, state: Partial<State> = {}): void {
  for (const [trait, value] of Object.entries(state)) model.receive(trait as keyof State, value);
  model.receive("answered", count);
}

test("while there is work, each answer is followed by one question, after the pause that was asked for", () => {
  const { model } = started({ is_running: true });
  vi.advanceTimersByTime(999);
  expect(model.saved).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(model.saved).toEqual([["tick", [1, 0]]]);
  vi.advanceTimersByTime(60_000);
  expect(model.saved).toHaveLength(1); // the kernel is busy, or gone
  answer(model, 1, { pulse: 3, pause_ms: 80 });
  vi.advanceTimersByTime(80);
  expect(model.saved.slice(1)).toEqual([["tick", [2, 3]]]);
});

test("nothing is asked while nothing runs, and questions begin and end with the work", () => {
  const { model } = started();
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
  model.receive("is_running", true);
  vi.advanceTimersByTime(1000);
  answer(model, 1, { is_running: false });
  vi.advanceTimersByTime(60_000);
  expect(model.saved).toEqual([["tick", [1, 0]]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("after closing nothing is asked", () => {
  const { model, close } = started({ is_running: true });
  close();
  model.receive("answered", 1);
  vi.advanceTimersByTime(60_000);
  expect(model.saved).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  expect(model.countCallbacks()).toBe(0);
});

test("on a page that was saved, where nobody listens, asking does no harm", () => {
  const { model } = started({ is_running: true });
  model.save_changes = () => {
    throw "Syncing error: no comm channel defined";
  };
  vi.advanceTimersByTime(60_000);
  expect(model.get("tick")).toEqual([1, 0]);
  expect(vi.getTimerCount()).toBe(0);
});

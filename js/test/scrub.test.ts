import { expect, test, vi } from "vitest";
import { type CurveFrame, decodeFrame, type Frame, type MapFrame } from "../src/frames.ts";
import { type Live, listen } from "../src/live.ts";
import { createChoice } from "../src/local.ts";
import { mapPlot } from "../src/map.ts";
import { decodeSnapshots, type Snapshots, scrubTo } from "../src/scrub.ts";
import { FakeModel } from "./fakes.ts";
import { goldenCurve, goldenMap, goldenSnapshots } from "./golden.ts";

const ASKED = { mixing: 0, scale: 2, resolution: 7 };
const snapshots = (changes = {}) => decodeSnapshots(goldenSnapshots(changes)) as Snapshots;
const live = (steps: number): Live => ({
  asked: () => ASKED,
  known: () => null,
  scrub: () => scrubTo(snapshots(), steps),
  isLog: () => null,
  isAtRest: () => false,
  fault: () => "",
  control: () => null,
  turns: () => false,
});
const own = (step?: number) => ({ asked: step === undefined ? ASKED : { ...ASKED, step } });
const curve = (step?: number) => decodeFrame(goldenCurve(own(step))) as CurveFrame;
const map = (step?: number) => decodeFrame(goldenMap(own(step))) as MapFrame;
const drawn = (frame: Frame, steps: number) => createChoice(live(steps))(frame);

test("curves of snapshots are what numpy wrote", () => {
  const { seq, rise, sources, curves } = snapshots();
  expect([seq, rise, sources.kind, sources.radius]).toEqual([2, 12.5, 1, 0.3]);
  expect(curves.map(({ asked }) => asked?.step)).toEqual([0, 10, 20, 30, 40]);
  const first = curves[0] as CurveFrame;
  expect(first.alphas).toHaveLength(17);
  for (const [k, alpha] of first.alphas.entries())
    expect(first.losses[k]).toBeCloseTo(0.4 + 0.1 * alpha ** 2 * (1 + 0.1 * alpha), 6);
});

test("the slider means the last snapshot before it, else the first, and none at 0", () => {
  const stepAt = (steps: unknown) => scrubTo(snapshots(), steps)?.curve.asked?.step;
  expect([5, 10, 19, 40, 900].map(stepAt)).toEqual([0, 10, 10, 40, 40]);
  expect([stepAt(0), stepAt(undefined)]).toEqual([undefined, undefined]);
  const late = snapshots({ curves: (goldenSnapshots().curves as unknown[]).slice(2) });
  expect(scrubTo(late, 3)?.curve.asked?.step).toBe(20);
  expect(scrubTo(snapshots({ curves: [] }), 3)).toBeNull();
});

test("a curve of another snapshot gives way to the one that is asked for, judged and mined", () => {
  const [frame, wanted] = [curve(40), snapshots().curves[2] as CurveFrame];
  const seen = drawn(frame, 25) as CurveFrame;
  expect(seen.losses).toEqual(wanted.losses);
  expect(seen.kind).toBe(wanted.kind);
  expect(seen.kind).not.toBe(frame.kind);
  expect(seen).toMatchObject({ is_mined: true, is_local: true, about: wanted.about, seq: frame.seq });
  expect(seen).toMatchObject({ scale: frame.scale, loss_limits: frame.loss_limits });
  expect((drawn(curve(), 10) as CurveFrame).losses).toEqual(snapshots().curves[1]?.losses); // nothing was mined
});

test("the kernel's own stays where it is of that snapshot, or of one between that does not travel", () => {
  for (const [step, steps] of [
    [20, 25],
    [23, 25],
    [55, 60],
  ] as const) {
    const frame = curve(step);
    expect(drawn(frame, steps)).toBe(frame);
  }
  const ahead = curve(27);
  expect(drawn(ahead, 25)).not.toBe(ahead);
});

test("a map of another snapshot stays, and says whose it is", () => {
  const notes = (frame: Frame) => mapPlot(frame as MapFrame).notes();
  expect(notes(drawn(map(40), 25))).toContain("of step 40");
  expect(notes(drawn(map(), 25))).toContain("not mined");
  const right = map(20);
  expect(drawn(right, 25)).toBe(right);
  const before = map(40);
  expect(drawn(before, 0)).toBe(before); // nothing is asked of the run
});

test.each([
  [{ version: 2, curves: [goldenCurve({ version: 2 })] }, "frame.version must be 1, got 2."],
  [{ curves: [goldenMap()] }, 'snapshots.curves must be curves with their steps, got "map".'],
  [{ curves: [goldenCurve()] }, 'snapshots.curves must be curves with their steps, got "curve".'],
  [{ curves: [{}] }, "snapshots.curves must be curves with their steps, got nothing."],
  [{ curves: 3 }, "snapshots.curves must be a list, got 3."],
  [{ rise: "much" }, 'frame.rise must be a finite number, got "much".'],
  [{ sources: { kind: null } }, "known.sources must be finite numbers, got null."],
])("what cannot be read is refused by name %#", (changes, text) => {
  expect(() => snapshots(changes)).toThrow(text);
});

test("the slider is heard in the browser while the other controls say what they said", async () => {
  const values = {
    kind: { index: 1 },
    radius: { value: 0.30000000000000004 },
    seed: { value: 4 },
    mixing: { value: 0 },
  };
  const fields = { ...values, scale: { value: 2 }, resolution: { value: 7 }, mining_steps: { value: 10 } };
  const models: Record<string, FakeModel> = {};
  for (const [name, state] of Object.entries(fields)) models[name] = new FakeModel(state as never);
  const controls = Object.fromEntries(Object.keys(fields).map((name) => [name, `IPY_MODEL_${name}`]));
  const shared = new FakeModel({ frame: {}, snapshots: goldenSnapshots(), controls } as never);
  models.shared = shared;
  const model = new FakeModel({ known: "IPY_MODEL_shared" });
  Object.assign(model, { widget_manager: { get_model: async (id: string) => models[id] } });
  const changed = vi.fn();
  const heard = listen(model.asModel(), changed, new AbortController().signal);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const step = () => heard.scrub()?.curve.asked?.step;
  expect(step()).toBe(10);
  expect(shared.saved).toEqual([["ack", 2]]);
  const before = changed.mock.calls.length;
  models.mining_steps?.receive("value" as never, 35);
  expect([step(), changed.mock.calls.length]).toEqual([30, before + 1]);
  models.scale?.receive("value" as never, 1.9);
  expect(heard.scrub()).toBeNull();
  models.scale?.receive("value" as never, 2);
  shared.receive("snapshots" as never, { ...goldenSnapshots({ seq: 3 }), curves: [{}] });
  expect(heard.scrub()).toBeNull();
  expect(heard.fault()).toContain("snapshots.curves must be curves with their steps");
  shared.receive("snapshots" as never, {});
  expect([heard.fault(), heard.scrub()]).toEqual(["", null]);
});

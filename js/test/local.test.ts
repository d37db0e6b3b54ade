import { expect, test, vi } from "vitest";
import type { Asked } from "../src/asked.ts";
import { type CurveFrame, decodeFrame, type Frame, type MapFrame, type Track } from "../src/frames.ts";
import { findPart, readLosses } from "../src/known.ts";
import { decodeKnown, type KnownFrame } from "../src/known_frames.ts";
import { type Live, listen } from "../src/live.ts";
import { createChoice } from "../src/local.ts";
import { FakeModel } from "./fakes.ts";
import { goldenCurve, goldenKnown, goldenMap } from "./golden.ts";

const ASKED = { mixing: 30, scale: 0.75, resolution: 7 };
const known = () => decodeKnown(goldenKnown()) as KnownFrame;
const curve = (asked: Asked | null = ASKED) => decodeFrame(goldenCurve({ asked })) as CurveFrame;
const map = (asked: Asked | null = ASKED) => decodeFrame(goldenMap({ asked })) as MapFrame;
const live = (asked: Asked | null, own: KnownFrame | null = known(), isAtRest = false): Live => ({
  asked: () => asked,
  known: () => own,
  scrub: () => null,
  isLog: () => null,
  isAtRest: () => isAtRest,
  fault: () => "",
  control: () => null,
  turns: () => false,
});
const newest = (frame: Frame, own: Live) => createChoice(own)(frame);

test("the kernel's frame is drawn where it is what the controls ask for", () => {
  const [own, plane] = [curve(), map()];
  expect(newest(own, live(ASKED))).toBe(own);
  expect(newest(own, live({ ...ASKED, resolution: 9 }))).toBe(own); // a curve has none
  expect(newest(plane, live(ASKED))).toBe(plane);
  expect(newest(plane, live({ ...ASKED, resolution: 9 }))).not.toBe(plane);
});

test("and where nothing better can be made", () => {
  const moved = { ...ASKED, scale: 0.5 };
  for (const frame of [curve(), map()]) {
    expect(newest(frame, live({ ...ASKED, scale: 9 }))).toBe(frame);
    expect(newest(frame, live(moved, null))).toBe(frame);
    expect(newest(frame, live(null))).toBe(frame);
    const coarse = known();
    for (const part of coarse.parts) part.error = 100;
    expect(newest(frame, live(moved, coarse))).toBe(frame);
  }
  const alone = map(null);
  expect(newest(alone, live(moved))).toBe(alone);
});

test("a map follows mixing, scale and resolution, within the limits of the last frame", () => {
  const asked = { mixing: -40, scale: 0.6, resolution: 9 };
  const frame = map();
  const local = newest(frame, live(asked)) as MapFrame;
  expect(local).toMatchObject({ seq: 8, kind: "", is_preview: false, asked, loss_limits: frame.loss_limits });
  expect([local.alphas.length, local.betas.length, local.losses.length]).toEqual([9, 9, 81]);
  expect([local.alphas[0], local.betas[8]]).toEqual([-0.6, 0.6].map((end) => expect.closeTo(end, 6)));
  const found = findPart(known(), 2, -40, 0.6);
  expect(found?.part.turn).toBe(true);
  const corner = readLosses(found as NonNullable<typeof found>, [
    new Float64Array([0.6]),
    new Float64Array([-0.6]),
  ]);
  expect(local.losses[8]).toBeCloseTo(corner[0] as number, 5);
  expect(local.computed.some(Boolean)).toBe(false);
  expect([local.alpha_label, local.beta_label]).toEqual(["alpha, mixed at −40°", "beta, mixed at −40°"]);
});

test("what knows the plane is asked once for all views of a page", () => {
  const own = known();
  const moved = live({ mixing: 12, scale: 0.6, resolution: 9 }, own);
  const [one, other] = [newest(map(), moved), newest(map(), moved)] as [MapFrame, MapFrame];
  expect(one.losses).toBe(other.losses);
  expect(one).toMatchObject({ is_local: true, kind: "" });
  const before = [...one.losses];
  const turned = newest(map(), live({ mixing: 40, scale: 0.6, resolution: 9 }, own)) as MapFrame;
  expect(turned.losses).toBe(one.losses); // its array is used again
  expect([...turned.losses]).not.toEqual(before);
});

test("a curve has its computed points, and keeps its name where only the scale changes", () => {
  const local = newest(curve(), live({ ...ASKED, scale: 0.4 })) as CurveFrame;
  expect(local).toMatchObject({
    kind: "",
    valleys: [],
    ghost: null,
    alpha_label: "alpha (filter norms)",
    is_mined: true,
  });
  expect(local.alphas.every((alpha, k) => k === 0 || alpha > (local.alphas[k - 1] as number))).toBe(true);
  expect(local.alphas.length).toBeGreaterThanOrEqual(201);
  expect(local.computed.length).toBe(local.alphas.length);
  expect(local.losses.every(Number.isFinite)).toBe(true);
  const nodes = local.computed.reduce((sum, one) => sum + one, 0);
  expect(nodes).toBe([...local.alphas].filter((_, k) => local.computed[k] === 1).length);
});

test("a curve tells its own error, name and caption; what only the kernel knows is left out", () => {
  const about =
    "interpolated from 29 points · alpha -1 to 1 along gaussian · alpha = 1: each filter · centre 0.1";
  const frame = { ...curve(), about, name: "gaussian · test · −1 to 1" };
  const local = newest(frame, live({ ...ASKED, mixing: -40, scale: 0.4 })) as CurveFrame;
  const error = findPart(known(), 1, -40, 0.4)?.part.error as number;
  const told = local.errors as Float32Array;
  expect(told.every((value, k) => value === (local.computed[k] === 1 ? 0 : Math.fround(error)))).toBe(true);
  expect([local.metrics, local.spread]).toEqual([[], null]);
  expect(local.name).toBe("gaussian, mixed at −40° · test · −0.4 to 0.4");
  expect(local.about).toMatch(
    /^read off what is known, off by about [\d.·⁻⁰-⁹]+ · mixing −40°, alpha −0.4 to 0.4 · /,
  );
  expect(local.about).toMatch(/to 0.4 · alpha = 1: each filter · centre 0.1$/);
});

test("models and computed points turn with the plane, and models are gone where it is another", () => {
  const frame = map();
  const mixing = 75; // 45 degrees on
  const plane = known();
  for (const part of plane.parts) part.nodes = Float32Array.of(0.1, -0.2, 1.4, 1.4);
  const local = newest(frame, live({ ...ASKED, mixing, scale: 0.5 }, plane)) as MapFrame;
  const [track] = local.tracks as [Track];
  const near = (values: number[]) => values.map((value) => expect.closeTo(value, 5));
  expect([...track.values.slice(0, 4)]).toEqual(near([Math.SQRT1_2 * 2.75, Math.SQRT1_2 * 0.25, 8, 4]));
  const [cos, sin] = [Math.cos((mixing * Math.PI) / 180), Math.sin((mixing * Math.PI) / 180)];
  const nodes = near([0.1 * cos - 0.2 * sin, -0.1 * sin - 0.2 * cos]); // the other lies outside
  expect([...(local.nodes as Float32Array)]).toEqual(nodes);
  const other = known();
  for (const part of other.parts) if (part.turn === true) part.turn = false;
  other.mixing = mixing;
  expect((newest(frame, live({ ...ASKED, mixing, scale: 0.3 }, other)) as MapFrame).tracks).toEqual([]);
});

test("axes stay put during a drag, relax at rest, and stay there in the next drag", () => {
  const [frame, moving] = [map(), { asked: ASKED as Asked, isAtRest: false }];
  const own = known();
  const choose = createChoice({
    ...live(null, own),
    asked: () => moving.asked,
    isAtRest: () => moving.isAtRest,
  });
  const limitsAt = (changes: Partial<Asked>, isAtRest: boolean) => {
    Object.assign(moving, { asked: { ...ASKED, ...changes }, isAtRest });
    return (choose(frame) as MapFrame).loss_limits;
  };
  const first = frame.loss_limits;
  expect(limitsAt({ scale: 0.5 }, false)).toEqual(first);
  const fitted = limitsAt({ scale: 0.5 }, true);
  expect(fitted[1] - fitted[0]).toBeLessThan((first[1] - first[0]) / 2);
  expect(limitsAt({ scale: 0.45 }, false)).toEqual(fitted);
  expect(limitsAt({}, true)).toEqual(first); // the kernel's own frame
  expect(limitsAt({ scale: 0.5 }, false)).toEqual(first);
});

test("log height follows its control, cut where it was cut, and not where there is nothing above 0", () => {
  const frame = { ...map(), scale: "linear", loss_limits: [0, 5] } as MapFrame;
  const seen = (isLog: boolean | null, told = frame) =>
    newest(told, { ...live(ASKED), isLog: () => isLog }) as MapFrame;
  expect(seen(null)).toBe(frame);
  expect(seen(false)).toBe(frame);
  const log = seen(true);
  expect(log.scale).toBe("log");
  expect(log.losses).toBe(frame.losses);
  const lowest = Math.min(...frame.losses.filter((loss) => loss > 0));
  expect(log.loss_limits[0]).toBeGreaterThan(0);
  expect(log.loss_limits[0]).toBeLessThan(lowest);
  expect(log.loss_limits[1]).toBeGreaterThan(5); // the cut, with its room
  expect(log.loss_limits[1]).toBeLessThan(6);
  expect(seen(false, log)).toMatchObject({ scale: "linear" });
  const flat = { ...frame, losses: frame.losses.map(() => 0) };
  expect(seen(true, flat)).toBe(flat);
});

/** A page with sliders, a menu, and what is known, by reference. */
function page(changes: Record<string, unknown> = {}) {
  const controls = {
    mixing: new FakeModel({ value: 30 } as never),
    scale: new FakeModel({ value: 0.75 } as never),
    resolution: new FakeModel({ value: 7 } as never),
    a: new FakeModel({ index: 0, value: undefined } as never),
    seed: new FakeModel({ value: 4 } as never),
    lock_axes: new FakeModel({ value: false } as never),
  };
  const references = Object.fromEntries(Object.keys(controls).map((name) => [name, `IPY_MODEL_${name}`]));
  const shared = new FakeModel({ frame: goldenKnown(changes), controls: references } as never);
  const models: Record<string, FakeModel> = { ...controls, shared };
  const model = new FakeModel({ known: "IPY_MODEL_shared" });
  const get_model = vi.fn(async (id: string) => models[id] ?? Promise.reject(new Error("no such model")));
  Object.assign(model, { widget_manager: { get_model } });
  return { controls, shared, model, models, get_model };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test("controls of the page are heard in the browser, until the view closes", async () => {
  const { controls, shared, model } = page();
  const [changed, controller] = [vi.fn(), new AbortController()];
  const heard = listen(model.asModel(), changed, controller.signal);
  expect([heard.asked(), heard.known()]).toEqual([null, null]);
  await settle();
  expect(heard.asked()).toEqual(ASKED);
  expect(heard.known()?.parts).toHaveLength(4);
  const before = changed.mock.calls.length;
  controls.mixing.receive("value" as never, -5);
  expect(changed).toHaveBeenCalledTimes(before + 1);
  expect(heard.asked()?.mixing).toBe(-5);
  controller.abort();
  expect(Object.values({ ...controls, shared }).map((one) => one.countCallbacks())).toEqual([
    0, 0, 0, 0, 0, 0, 0,
  ]);
});

test("a control that has moved rests a while later, unless the axes are locked", async () => {
  vi.useFakeTimers();
  const { controls, model } = page();
  const changed = vi.fn();
  const heard = listen(model.asModel(), changed, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(1);
  expect(heard.isAtRest()).toBe(true);
  controls.scale.receive("value" as never, 0.5);
  const before = changed.mock.calls.length;
  expect(heard.isAtRest()).toBe(false);
  await vi.advanceTimersByTimeAsync(500);
  expect(heard.isAtRest()).toBe(true);
  expect(changed).toHaveBeenCalledTimes(before + 1);
  controls.lock_axes.receive("value" as never, true);
  await vi.advanceTimersByTimeAsync(500);
  expect(heard.isAtRest()).toBe(false);
  vi.useRealTimers();
});

test("what is known of other sources is not drawn", async () => {
  const { controls, model, shared } = page();
  const heard = listen(model.asModel(), () => undefined, new AbortController().signal);
  await settle();
  controls.seed.receive("value" as never, 5);
  expect(heard.known()).toBeNull();
  controls.seed.receive("value" as never, 4);
  controls.a.receive("index" as never, 1);
  expect(heard.known()).toBeNull();
  shared.receive("frame", goldenKnown({ seq: 3, sources: { a: 1, seed: 4 } }));
  expect(heard.known()?.seq).toBe(3);
});

test("a page without the controls, a closed view, and what cannot be read are left to the kernel", async () => {
  const lonely = page();
  delete lonely.models.mixing;
  const broken = page({ version: 9 });
  const closed = page();
  const controller = new AbortController();
  const heard = [lonely, broken].map(({ model }) =>
    listen(model.asModel(), () => undefined, new AbortController().signal),
  );
  const late = listen(closed.model.asModel(), () => undefined, controller.signal);
  controller.abort();
  await settle();
  expect(heard.map((one) => one.known())).toEqual([null, null]);
  expect(heard[1]?.fault()).toContain("known.version must be 1, got 9.");
  expect(late.known()).toBeNull();
  expect(closed.shared.countCallbacks() + closed.controls.mixing.countCallbacks()).toBe(0);
});

test.each([
  [{ comm_live: true }, ""],
  [{ comm_live: true, widget_manager: { kernel: { status: "busy" } } }, ""],
  [{ comm_live: false }, "The kernel is gone"],
  [{ widget_manager: { kernel: null } }, "The kernel is gone"],
  [{ widget_manager: { kernel: { status: "dead" } } }, "The kernel is gone"],
])("a kernel that is gone is told, one that is busy is not %#", async (fields, text) => {
  const { model, shared } = page();
  Object.assign(shared, fields);
  const heard = listen(model.asModel(), () => undefined, new AbortController().signal);
  await settle();
  expect(heard.fault().slice(0, 18)).toBe(text);
  expect(heard.known()).not.toBeNull();
});

test("a view that belongs to no explorer asks for nothing", () => {
  const { model, get_model } = page();
  model.receive("known", "");
  listen(model.asModel(), () => undefined, new AbortController().signal);
  expect(get_model).not.toHaveBeenCalled();
});

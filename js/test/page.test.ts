// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeKnown, type KnownFrame } from "../src/known_frames.ts";
import { openPage } from "../src/page.ts";
import { readPage } from "../src/page_data.ts";
import { PageModel } from "../src/page_model.ts";
import { reachOf } from "../src/page_reach.ts";
import { fakePen, stubFrames, stubResizeObserver } from "./fakes.ts";
import { goldenCurve, goldenHistory, goldenKnown, goldenMap, withArray } from "./golden.ts";

const ASKED = { mixing: 30, scale: 0.75, resolution: 7 };
const KNOWN = { sources: {} };
let frames: ReturnType<typeof stubFrames>;

beforeEach(() => {
  frames = stubFrames();
  stubResizeObserver();
  vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(
    (kind: string) => (kind === "2d" ? fakePen().pen : null) as never,
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(420);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

/** A frame as a page carries it: its bytes as base64. */
function packed(frame: Record<string, unknown>) {
  const arrays = Object.entries(frame.arrays as Record<string, { data: DataView }>).map(([name, array]) => {
    const { buffer, byteOffset, byteLength } = array.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return [name, { ...array, data: btoa(String.fromCharCode(...bytes)) }];
  });
  return { ...frame, arrays: Object.fromEntries(arrays) };
}

function pageText(changes: Record<string, unknown> = {}): string {
  const own = {
    version: 1,
    frames: {
      curve: packed(goldenCurve({ asked: ASKED, scale: "linear", loss_limits: [0, 3] })),
      map: packed(goldenMap({ asked: ASKED, scale: "linear", loss_limits: [0, 3] })),
    },
    axes: { curve: { linear: [0, 3], log: null }, map: { linear: [0, 3], log: [0.1, 4] } },
    known: packed(goldenKnown(KNOWN)),
    is_log: false,
  };
  return JSON.stringify({ ...own, ...changes });
}

function opened(text: string) {
  document.body.innerHTML =
    '<p id="page-fault" hidden></p><form id="page-controls"></form><p id="page-now"></p>' +
    ["curve", "map", "surface", "history"].map((view) => `<div data-page-view="${view}"></div>`).join("") +
    '<script type="application/json" id="page-data"></script>';
  (document.getElementById("page-data") as HTMLElement).textContent = text;
  openPage(document);
  const part = (id: string) => document.getElementById(id) as HTMLElement;
  const input = (name: string) => document.querySelector<HTMLInputElement>(`input[name=${name}]`);
  return { part, input, names: [...document.querySelectorAll("input")].map((one) => one.name) };
}

function move(input: HTMLInputElement | null, position: number) {
  (input as HTMLInputElement).value = String(position);
  input?.dispatchEvent(new Event("input"));
}

/** What a view says of its picture, once it has drawn. */
async function told(view: string) {
  await new Promise((resolve) => setTimeout(resolve, 0));
  frames.run();
  return document.querySelector(`[data-page-view=${view}] canvas`)?.getAttribute("aria-label") ?? "";
}

test("a page carries the frames of a notebook, on both scales", () => {
  const { pictures, known, history, is_log } = readPage(pageText());
  expect(pictures.map?.linear).toMatchObject({ scale: "linear", loss_limits: [0, 3] });
  expect(pictures.map?.log).toMatchObject({ scale: "log", loss_limits: [0.1, 4] });
  expect(pictures.curve?.log).toBeNull();
  expect(pictures.map?.frame.losses).toEqual(
    readPage(pageText({ frames: { map: packed(goldenMap()) } })).pictures.map?.frame.losses,
  );
  expect(known.frame?.parts).toHaveLength(4);
  expect([history, is_log]).toEqual([null, false]);
});

test("and is refused in words where it was damaged", () => {
  const damaged = (frame: Record<string, unknown>) => ({ frames: { map: frame } });
  const map = packed(goldenMap());
  const cases: [Record<string, unknown>, string][] = [
    [{ version: 2 }, "page.version must be 1, got 2."],
    [damaged({ ...map, view: "curve" }), "frame.arrays.losses.shape must be 1 integers"],
    [damaged(packed(goldenHistory())), 'page.frames.map.view must be "map", got "history".'],
    [damaged(withArray(map as never, "losses", { data: "AAAA" })), "frame.arrays.losses must be"],
    [
      damaged(withArray(map as never, "losses", { data: "no base64!" })),
      'page.frames.map.arrays.losses.data must be base64, got "no base64!…".',
    ],
    [damaged(withArray(map as never, "losses", { data: 7 })), "losses.data must be text, got 7."],
    [{ is_log: "no" }, 'frame.is_log must be true or false, got "no".'],
    [{ frames: { history: map } }, 'page.frames.history.view must be "history", got "map".'],
  ];
  for (const [changes, message] of cases) expect(() => readPage(pageText(changes))).toThrow(message);
  const { part } = opened(pageText({ version: 2 }));
  expect(part("page-fault").hidden).toBe(false);
  expect(part("page-fault").textContent).toContain("cannot be drawn. page.version must be 1, got 2.");
});

test("sliders go as far as every picture is known, the exported one included", () => {
  const known = decodeKnown(goldenKnown(KNOWN)) as KnownFrame;
  const reach = reachOf(known, [1, 2], 30, 0.5);
  const [least, most] = (reach as NonNullable<typeof reach>).scale;
  expect(least).toBeLessThanOrEqual(0.5);
  expect(most).toBeGreaterThan(0.5);
  expect(reach?.mixing).toEqual([-90, 90]);
  expect(reachOf(known, [1, 2], 30, 99)?.mixing ?? null).toEqual([30, 30]);
  expect(reachOf({ ...known, parts: [] }, [1, 2], 30, 0.5)).toBeNull();
  const vague = { ...known, parts: known.parts.map((part) => ({ ...part, error: 100 })) };
  expect(reachOf(vague, [1, 2], 30, 0.5)).toBeNull();
});

test("moving a slider redraws every view, and a button puts all back", async () => {
  const { part, input, names } = opened(pageText());
  expect(names).toEqual(["mixing", "scale", "resolution", "log_height", "lock_axes"]);
  const first = [await told("curve"), await told("map"), await told("surface")];
  expect(part("page-now").textContent).toBe("Drawn as exported.");
  move(input("mixing"), -40);
  expect(input("mixing")?.getAttribute("aria-valuetext")).toBe("−40°");
  expect(part("page-now").textContent).toMatch(
    /^Read off \d+ computed points; .*Nothing is evaluated here\.$/,
  );
  const moved = [await told("curve"), await told("map"), await told("surface")];
  for (const [place, text] of moved.entries()) expect(text).not.toBe(first[place]);
  move(input("resolution"), 9);
  expect(await told("map")).toBeTruthy();
  expect(document.querySelector("[data-page-view=map] .lw-notes")?.textContent).toContain("of 81 drawn");
  part("page-controls").querySelector("button")?.click();
  expect([await told("curve"), await told("map"), await told("surface")]).toEqual(first);
});

test("without anything known the pictures stay, and there is no slider", async () => {
  const { part, names } = opened(pageText({ known: {} }));
  expect(names).toEqual(["log_height"]);
  expect(part("page-controls").querySelector("button")).toBeNull();
  expect(part("page-now").textContent).toBe("");
  expect(await told("map")).toContain("loss map");
});

test("a run of mining has its plot", async () => {
  const history = packed(goldenHistory());
  const { curve } = JSON.parse(pageText()).frames;
  opened(pageText({ frames: { curve, history }, axes: { curve: { linear: [0, 3], log: null } } }));
  expect(await told("history")).toContain("progress of mining: step");
  expect(document.querySelector("[data-page-view=map] canvas")).toBeNull();
});

test("a model of the page tells only changes, and finds others by name", async () => {
  const [other, called] = [new PageModel({ value: 1 }), vi.fn()];
  const model = new PageModel({ value: 1 }, { other });
  model.on("change:value", called);
  model.set("value", 1);
  expect(called).not.toHaveBeenCalled();
  model.set("value", 2);
  model.off("change:value", called);
  model.set("value", 3);
  expect(called).toHaveBeenCalledTimes(1);
  expect(await model.widget_manager.get_model("other")).toBe(other);
  await expect(model.widget_manager.get_model("none")).rejects.toThrow('There is no model "none".');
});

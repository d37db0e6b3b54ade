// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index.ts";
import { FakeModel, fakeGL, fakePen, stubFrames, stubResizeObserver, stubStage } from "./fakes.ts";
import { goldenCurve, goldenMap } from "./golden.ts";

const opened: (() => void)[] = [];
let frames: ReturnType<typeof stubFrames>;
let sizes: ReturnType<typeof stubResizeObserver>;
let drawn: ReturnType<typeof fakePen>;
let card: ReturnType<typeof fakeGL> | null;

beforeEach(() => {
  frames = stubFrames();
  sizes = stubResizeObserver();
  drawn = fakePen();
  card = fakeGL();
  const media = Object.assign(new EventTarget(), { matches: true }); // reduced motion: jumps at once
  vi.stubGlobal("matchMedia", () => media);
  stubStage(560, 400, (kind) => (kind === "2d" ? drawn.pen : (card?.gl ?? null)));
});

afterEach(() => {
  for (const close of opened.splice(0)) close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function show(model: FakeModel) {
  const el = document.createElement("div");
  document.body.append(el);
  const close = widget.render({ model: model.asModel(), el });
  opened.push(close);
  const [scene, canvas] = [".lw-scene", ".lw-canvas"].map((name) => el.querySelector(name));
  const text = (part: string) => el.querySelector(`.lw-${part}`)?.textContent;
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => one.textContent === name) as HTMLButtonElement;
  return { el, close, text, button, scene: scene as HTMLCanvasElement, canvas: canvas as HTMLCanvasElement };
}

const surface = (changes: Record<string, unknown> = {}) =>
  new FakeModel({ view: "surface", frame: goldenMap(changes) });

/** The matrix of the last drawing. */
const seen = () => String(card?.uniforms.get("matrix"));

function press(canvas: HTMLElement, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  canvas.dispatchEvent(event);
  frames.run();
  return event;
}

test("a map's frame is drawn as a surface, acknowledged and spoken", () => {
  const model = surface();
  const { canvas, text } = show(model);
  frames.run();
  expect(model.saved).toEqual([["ack", 8]]);
  expect(card?.calls).toContain("drawElements");
  expect(canvas.dataset).toMatchObject({ view: "surface", seq: "8" });
  expect(canvas.getAttribute("aria-label")).toMatch(/^loss surface, preview: lowest 0 .* Arrow keys turn it/);
  expect(text("notes")).toContain("holes: 1 point not finite");
  expect(drawn.texts).toContain("beta (filter norms)");
  expect(frames.count()).toBe(0);
});

test("heights go to the card once a frame, the grid only when it changes", () => {
  const model = surface();
  show(model);
  frames.run();
  const uploads = card?.uploads ?? [];
  const sent = () => uploads.filter((one) => one instanceof Float32Array && one.length === 36); // slopes too, of 4 x 3
  const grids = () => uploads.filter((one) => one instanceof Uint16Array).length;
  expect(grids()).toBe(1);
  expect(sent()).toHaveLength(1);
  model.receive("frame", goldenMap({ seq: 9 }));
  frames.run();
  expect(sent()).toHaveLength(2);
  expect([0, 3].map((k) => sent()[1]?.[k])).toEqual([1 / 11, 2 / 11].map((v) => expect.closeTo(v, 6)));
  expect(grids()).toBe(1);
});

test("keys and buttons turn it, and stay out of the notebook's hands", () => {
  const { canvas, button } = show(surface());
  frames.run();
  const home = seen();
  expect(canvas.closest("[data-lm-suppress-shortcuts=true]")).not.toBeNull();
  expect(press(canvas, "ArrowLeft").defaultPrevented).toBe(true);
  expect(seen()).not.toBe(home);
  press(canvas, "0");
  expect(seen()).toBe(home);
  expect(press(canvas, "Tab").defaultPrevented).toBe(false);
  expect(press(canvas, "1", { ctrlKey: true }).defaultPrevented).toBe(false);
  button("Top").click();
  frames.run();
  const top = seen();
  expect(top).not.toBe(home);
  press(canvas, "0");
  press(canvas, "1");
  expect(seen()).toBe(top);
});

function pointer(canvas: HTMLElement, kind: string, x: number, y: number, more: PointerEventInit = {}): void {
  canvas.dispatchEvent(
    new PointerEvent(kind, { clientX: x, clientY: y, pointerId: 1, bubbles: true, ...more }),
  );
  frames.run();
}

test("a drag turns, with shift it moves, and the wheel zooms once the picture has the focus", () => {
  const { canvas } = show(surface());
  canvas.setPointerCapture = () => undefined;
  frames.run();
  const pictures = [seen()];
  pointer(canvas, "pointerdown", 100, 100, { buttons: 1 });
  pointer(canvas, "pointermove", 140, 90, { buttons: 1 });
  pictures.push(seen());
  pointer(canvas, "pointermove", 150, 120, { buttons: 1, shiftKey: true });
  pictures.push(seen());
  pointer(canvas, "pointerup", 150, 120);
  pointer(canvas, "pointermove", 10, 10);
  const wheel = () => {
    const event = new WheelEvent("wheel", { deltaY: 100, cancelable: true });
    canvas.dispatchEvent(event);
    frames.run();
    return event.defaultPrevented;
  };
  expect(wheel()).toBe(false); // the page scrolls on
  expect(seen()).toBe(pictures[2]);
  canvas.focus();
  expect(wheel()).toBe(true);
  pictures.push(seen());
  expect(new Set(pictures).size).toBe(4);
});

test("pointing reads the nearest point of the surface", () => {
  const { canvas, text } = show(surface({ loss_limits: [-1, 60] }));
  press(canvas, "1");
  expect(text("read")).toContain("lowest 0 at alpha −0.5, beta −0.25");
  pointer(canvas, "pointermove", 153, 285);
  expect(text("read")).toBe("alpha 0 · beta −0.25 · loss 1 · exact");
  pointer(canvas, "pointerleave", 0, 0);
  expect(text("read")).toContain("lowest 0");
});

test("switches are traits, so that two views stay in step", () => {
  const model = surface();
  const views = [show(model), show(model)];
  frames.run();
  views[0]?.button("Wires").click();
  frames.run();
  expect(model.saved).toContainEqual(["wireframe", true]);
  expect(views.map(({ button }) => button("Wires").getAttribute("aria-pressed"))).toEqual(["true", "true"]);
  expect(card?.uniforms.get("stride")).toBe(1);
  views[1]?.button("Glass").click();
  frames.run();
  expect(card?.calls).toContain("cullFace");
  expect(model.get("transparent")).toBe(true);
});

test("walls are cut where the slider says, in every view, until cutting is switched off", () => {
  const model = surface({ loss_limits: [-1, 60] });
  const [one, two] = [show(model), show(model)];
  frames.run();
  const sliders = [one, two].map(({ el }) => el.querySelector("input[type=range]") as HTMLInputElement);
  const isHidden = () => sliders.map((slider) => slider.closest("label")?.hidden);
  expect(isHidden()).toEqual([true, true]);
  one.button("Cut").click();
  expect(model.saved.at(-1)).toEqual(["cut", 60]);
  expect(isHidden()).toEqual([false, false]);
  const late = show(model); // a view that is opened later
  frames.run();
  expect(late.el.querySelector("label")?.textContent).toBe("walls cut at60");
  const [slider] = sliders as [HTMLInputElement];
  slider.value = "0";
  slider.dispatchEvent(new Event("input"));
  frames.run();
  const cut = model.get("cut") as number;
  expect(cut).toBeCloseTo(-1 + 0.061, 5);
  expect(sliders[1]?.value).toBe("0");
  expect(one.text("notes")).toContain("cut at −0.939, reaches");
  expect(two.text("notes")).toContain("cut at −0.939, reaches");
  two.button("Cut").click();
  frames.run();
  expect(model.get("cut")).toBeNull();
  expect(isHidden()).toEqual([true, true]);
  expect(one.text("notes")).not.toContain("cut at");
});

test("a kept surface is drawn beside the next, with a legend, until it is let go", () => {
  const model = surface({ name: "train" });
  const { button } = show(model);
  frames.run();
  // Of the surface's triangles; lines have their own number.
  const draws = () => card?.draws.splice(0).filter((count) => count === 36).length;
  draws();
  button("Keep").click();
  model.receive("frame", goldenMap({ seq: 9, name: "test" }));
  drawn.texts.length = 0;
  frames.run();
  expect(draws()).toBe(3); // its two sides
  expect(card?.uniforms.get("tint")).toHaveLength(4);
  expect(drawn.texts).toEqual(expect.arrayContaining(["train", "test"]));
  const before = card?.alive() as number;
  button("Keep").click();
  frames.run();
  expect(draws()).toBe(1);
  expect(card?.alive()).toBe(before - 4);
});

test("the camera is a trait, which views share and the kernel is not told of", () => {
  const model = surface();
  const [one] = [show(model), show(model)];
  frames.run();
  const saved = model.saved.length;
  press(one.canvas, "ArrowLeft");
  expect((model.get("camera") as number[]).length).toBe(6);
  expect(model.saved.length).toBe(saved);
  const left = seen();
  model.receive("camera", []);
  frames.run();
  const home = seen();
  expect(home).not.toBe(left);
  model.receive("camera", [0, 1, 2]);
  frames.run();
  expect(seen()).toBe(home);
});

test("a lost context is told, and drawn anew once it is back", () => {
  const model = surface();
  const { scene, text } = show(model);
  frames.run();
  const event = new Event("webglcontextlost", { cancelable: true });
  scene.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  frames.run();
  expect(text("error")).toContain("The graphics card has taken this surface away");
  const programs = () => card?.calls.filter((call) => call === "createProgram").length;
  expect(programs()).toBe(2);
  model.receive("frame", goldenMap({ seq: 9 }));
  scene.dispatchEvent(new Event("webglcontextrestored"));
  frames.run();
  expect(text("error")).toBe("");
  expect(programs()).toBe(4);
  expect(model.saved.at(-1)).toEqual(["ack", 9]);
});

test("without WebGL2 there is a map, and a word why", () => {
  card = null;
  const model = surface();
  const { el, canvas } = show(model);
  frames.run();
  expect(canvas.dataset).toMatchObject({ view: "map", seq: "8" });
  expect(el.textContent).toContain("This browser offers no WebGL2: the surface is drawn as a map.");
  expect(model.saved).toEqual([["ack", 8]]);
});

test("frames of other views are refused in words, the picture stays", () => {
  const model = surface();
  const { canvas, text } = show(model);
  frames.run();
  model.receive("frame", goldenCurve());
  frames.run();
  expect(text("error")).toBe('frame.view must be "map", got "curve".');
  expect(canvas.dataset.seq).toBe("8");
});

test("a surface of holes only is drawn as nothing and said so", () => {
  const frame = goldenMap();
  (frame.arrays.losses as { data: unknown }).data = new Float32Array(12).fill(Number.NaN);
  const { text } = show(new FakeModel({ view: "surface", frame }));
  frames.run();
  expect(text("read")).toBe("loss surface without a finite loss");
});

test("after closing nothing listens or draws, and the card has all of it back", () => {
  const model = surface();
  const { close, canvas } = show(model);
  frames.run();
  expect(card?.alive()).toBeGreaterThan(6);
  close();
  expect(card?.alive()).toBe(0);
  expect(card?.calls.at(-1)).toBe("loseContext");
  expect(model.countCallbacks()).toBe(0);
  expect(sizes.live()).toBe(0);
  canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: 200, clientY: 100 }));
  press(canvas, "ArrowLeft");
  expect(frames.count()).toBe(0);
});

test("shaders that do not compile throw the compiler's words", () => {
  card = fakeGL();
  card.compiles = false;
  expect(() => show(surface())).toThrow("a shader must compile, got: ERROR 0:1");
});

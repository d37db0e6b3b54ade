// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeGL } from "./fakes.ts";

let asked: [string, unknown][];
const card = fakeGL();

beforeEach(() => {
  vi.resetModules(); // what draws is found out once a page
  asked = [];
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(((
    kind: string,
    options: unknown,
  ) => {
    asked.push([kind, options]);
    return card.gl;
  }) as never);
});

afterEach(() => void vi.restoreAllMocks());

test.each([
  ["ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)))", false],
  ["llvmpipe (LLVM 15.0.6, 256 bits)", false],
  ["ANGLE (NVIDIA, NVIDIA GeForce RTX 3070 Direct3D11)", true],
])("edges are smoothed by a graphics card, not by the processor: %s", async (renderer, antialias) => {
  card.renderer = renderer;
  const { makeContext } = await import("../src/gl.ts");
  for (let count = 0; count < 2; count++) makeContext(document.createElement("canvas"));
  expect(asked.slice(1)).toEqual([
    ["webgl2", { antialias }],
    ["webgl2", { antialias }],
  ]);
  expect(card.calls.filter((call) => call === "loseContext")).toHaveLength(1); // the one that was made to ask
  card.calls.length = 0;
});

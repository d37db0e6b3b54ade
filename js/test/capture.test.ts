// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bandColor, bandEdges, bandPlace, piecesAbove } from "../src/bands.ts";
import { captureTools, fileName, headline, type Shot, svgText, wrapped } from "../src/capture.ts";
import { curvePlot } from "../src/curve.ts";
import { type CurveFrame, decodeFrame, type MapFrame } from "../src/frames.ts";
import { mapPlot } from "../src/map.ts";
import { makeScale, makeTicks } from "../src/scale.ts";
import { SvgPen } from "../src/svg.ts";
import { fakePen } from "./fakes.ts";
import { goldenCurve, goldenMap } from "./golden.ts";
import { SIZE, THEME } from "./looks.ts";

const ruler = () => fakePen().pen;

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => ruler() as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const curve = (changes = {}) => decodeFrame(goldenCurve(changes)) as CurveFrame;
const map = (changes = {}) => decodeFrame(goldenMap(changes)) as MapFrame;

function shotOf(frame: CurveFrame | MapFrame): Shot {
  const plot = frame.view === "curve" ? curvePlot(frame) : mapPlot(frame);
  const draw = (pen: Parameters<Shot["draw"]>[0]) => plot.draw(pen, THEME, SIZE, null);
  return { frame, view: frame.view, size: SIZE, theme: THEME, notes: plot.notes(), draw };
}

const read = (text: string | null) =>
  new DOMParser().parseFromString(text as string, "image/svg+xml").documentElement;

test("a saved curve is shapes and text, with its caption below", () => {
  const text = svgText(shotOf(curve({ about: "exact · alpha −0.5 to 1.5 · 20 of 30 samples" }))) as string;
  const svg = read(text);
  expect(svg.querySelector("title")?.textContent).toBe("loss curve · v-basin · mined");
  expect(text).not.toContain("<image");
  const words = [...svg.querySelectorAll("text")].map((element) => element.textContent);
  expect(words).toEqual(expect.arrayContaining(["alpha (filter norms)", "loss (log)", "accuracy"]));
  expect(words.join(" ")).toContain("exact · alpha −0.5 to 1.5 · 20 of 30 samples");
  expect(words.join(" ")).not.toContain("Exact at 4 points.");
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test("a saved map has its contours as paths, none over a hole, and holes hatched", () => {
  const text = svgText(shotOf(map())) as string;
  expect(text).not.toContain("<image");
  const fills = [...read(text).querySelectorAll("path")].map((path) => path.getAttribute("fill"));
  const colors = new Set(fills.filter((fill) => fill?.startsWith("rgb(")));
  expect(colors.size).toBeGreaterThan(12);
  expect(text).toContain(`stroke="${THEME.hole}"`);
  const whole = map();
  whole.losses.fill(3);
  expect(svgText(shotOf(whole))).not.toContain(`stroke="${THEME.hole}"`);
});

test("what is clipped, turned, see-through or shaded is so in SVG too", () => {
  const pen = new SvgPen(ruler());
  pen.translate(3, 4);
  pen.save();
  pen.beginPath();
  pen.rect(1, 2, 30, 40);
  pen.clip();
  pen.rotate(-Math.PI / 2);
  pen.fillStyle = "rgba(0, 10, 20, 0.5)";
  pen.globalAlpha = 0.5;
  pen.font = '600 12px "A & B", serif';
  pen.textAlign = "center";
  pen.fillText("a < b", 5, 6);
  pen.restore();
  const shade = pen.createLinearGradient(0, 9, 0, 0);
  shade.addColorStop(0.25, "#123456");
  pen.fillStyle = shade;
  pen.fillRect(0, 0, 1, 1);
  const text = pen.finish(100, 50, "t");
  const svg = read(text);
  expect(svg.querySelector("clipPath path")?.getAttribute("transform")).toBe("translate(3 4)");
  const written = svg.querySelector("g text");
  expect(written?.textContent).toBe("a < b");
  expect(written?.getAttribute("transform")).toBe("translate(3 4)rotate(-90)");
  expect(written?.getAttribute("fill")).toBe("rgb(0,10,20)");
  expect(written?.getAttribute("fill-opacity")).toBe("0.25");
  expect(text).toContain('font-size="12" font-family="&quot;A &amp; B&quot;, serif" font-weight="600"');
  expect(text).toContain('fill="url(#shade2)"');
  expect(text).toContain('<stop offset="0.25" stop-color="#123456"/>');
  expect(text.split("<g").length).toBe(text.split("</g>").length);
});

test("files are named after what they show, and nothing is saved before there is a picture", () => {
  expect(fileName(shotOf(curve()))).toBe("loss-curve-v-basin-mined");
  expect(fileName(shotOf(map({ kind: "" })))).toBe("loss-map");
  expect(headline(shotOf(map()))).toBe("loss map · not mined · preview");
  const made = vi.spyOn(document, "createElement");
  for (const { press } of captureTools(() => null)) press();
  expect(made).not.toHaveBeenCalled();
});

test("both buttons hand a file to the browser", async () => {
  const saved: string[] = [];
  vi.stubGlobal("URL", {
    createObjectURL: (blob: Blob) => `blob:${blob.type}`,
    revokeObjectURL: () => undefined,
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.download} ${this.getAttribute("href")}`);
  });
  HTMLCanvasElement.prototype.toBlob = (done) => done(new Blob([], { type: "image/png" }));
  for (const { press } of captureTools(() => shotOf(curve()))) press();
  expect(saved).toEqual([
    "loss-curve-v-basin-mined.png blob:image/png",
    "loss-curve-v-basin-mined.svg blob:image/svg+xml",
  ]);
});

test("a caption is broken between words, and a word that is too long stands alone", () => {
  expect(wrapped(ruler(), "one two three fourfive six", 48)).toEqual(["one two", "three", "fourfive", "six"]);
  expect(wrapped(ruler(), "", 48)).toEqual([]);
});

test("bands end at the ticks, and each has one colour, from one end of the table to the other", () => {
  const colors = makeScale("linear", 0.2, 4.3);
  const ticks = makeTicks(colors, 4);
  const edges = bandEdges(colors, ticks);
  expect(edges.length).toBeGreaterThanOrEqual(14);
  expect(edges.every((edge, k) => k === 0 || edge > (edges[k - 1] as number))).toBe(true);
  for (const { value } of ticks.filter(({ value }) => value > 0.2 && value < 4.3)) {
    expect(Math.min(...edges.map((edge) => Math.abs(edge - colors.place(value))))).toBeLessThan(1e-9);
  }
  expect([bandPlace(edges, -3), bandPlace(edges, 7)]).toEqual([0, 1]);
  const [edge] = edges as [number];
  expect(bandPlace(edges, edge - 1e-6)).toBe(bandColor(edges, 0));
  expect(bandPlace(edges, edge)).toBe(bandColor(edges, 1));
});

test("the pieces above a level cover just what the plane has above it", () => {
  const grid = {
    rows: 3,
    columns: 4,
    values: Float32Array.from({ length: 12 }, (_, k) => (k % 4) + Math.floor(k / 4)),
  };
  const covered = (level: number) => {
    let sum = 0;
    piecesAbove(grid, level, (outline) => {
      for (let k = 0; k < outline.length; k += 2) {
        const [r, c] = [outline[k], outline[k + 1]] as [number, number];
        const next = (k + 2) % outline.length;
        sum += (c * (outline[next] as number) - r * (outline[next + 1] as number)) / 2;
      }
    });
    return Math.abs(sum);
  };
  expect(covered(-1)).toBeCloseTo(6, 9);
  expect(covered(1)).toBeCloseTo(5.5, 9); // less the corner under row + column = 1
  expect(covered(4.5)).toBeCloseTo(0.125, 9);
  expect(covered(9)).toBe(0);
  grid.values[0] = Number.NaN;
  expect(covered(-1)).toBeCloseTo(5, 9);
});

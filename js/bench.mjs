// Prints how long it takes to read a plane off what is known. `node bench.mjs`
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = `
export { readAlong } from "./src/plane.ts";
export { nodesOf, readPoints } from "./src/chebyshev.ts";
`;
const here = fileURLToPath(new URL(".", import.meta.url));
const options = { resolveDir: here, loader: "ts" };
const { outputFiles } = await build({
  stdin: { contents: source, ...options },
  bundle: true,
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { nodesOf, readAlong, readPoints } = await import(`data:text/javascript;base64,${code}`);

const MIXED = [
  [0.8, 0.6],
  [-0.6, 0.8],
];
const TILTED = [
  [0.8, 0.6, 0],
  [-0.36, 0.48, 0.8],
];

function uniform(count) {
  return Float64Array.from({ length: count }, (_, k) => (2 * k) / (count - 1) - 1);
}

/** Of losses that are smooth, or as rough as they can be. */
function interpolant(counts, isRough) {
  const axes = counts.map((count) => ({ low: -1.5, high: 1.5, count, strength: 1.5 }));
  const nodes = axes.map(nodesOf);
  const size = counts.reduce((product, count) => product * count, 1);
  const values = Float64Array.from({ length: size }, (_, k) => {
    if (isRough) return Math.sin(k);
    let rest = k;
    const x = nodes.map((axis) => {
      const at = rest % axis.length;
      rest = (rest - at) / axis.length;
      return axis[at];
    });
    return Math.log1p(x.reduce((sum, part, axis) => sum + (axis + 1) * part * part, 0));
  });
  return { axes, values };
}

function median(act) {
  const times = Array.from({ length: 31 }, () => {
    const start = performance.now();
    act();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return `${times[15].toFixed(2)} (least ${times[0].toFixed(2)})`;
}

for (const points of [41, 101]) {
  const grid = [uniform(points), uniform(points)];
  const along = [
    [1, 0],
    [0, 1],
  ];
  for (const [name, counts, steps, isRough] of [
    ["plane of 33 x 33, along its axes", [33, 33], along, false],
    ["plane of 33 x 33, mixed", [33, 33], MIXED, false],
    ["plane of 33 x 33, mixed and rough", [33, 33], MIXED, true],
    ["volume of 9 x 9 x 9, tilted", [9, 9, 9], TILTED, false],
    ["volume of 17 x 17 x 17, tilted", [17, 17, 17], TILTED, false],
  ]) {
    const known = interpolant(counts, isRough);
    console.log(`${points} x ${points}, ${name}: ${median(() => readAlong(known, steps, grid))} ms`);
  }
  const known = interpolant([33, 33]);
  const rows = Array.from(grid[1], (beta) => [
    grid[0].map((x) => 0.8 * x - 0.6 * beta),
    grid[0].map((x) => 0.6 * x + 0.8 * beta),
  ]);
  const all = () => rows.map((row) => readPoints(known, row));
  console.log(`${points} x ${points}, plane of 33 x 33, mixed, every point exactly: ${median(all)} ms`);
}

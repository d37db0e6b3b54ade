// Bundles what runs in notebooks (`widget.js`, a module) and in exported pages (`page.js`, a plain script).
// `node build.mjs [FOLDER]`; the default is the folder of the committed bundles.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = process.argv[2] ?? `${here}../landscape_widget/static`;

const bundle = (entry, outfile, format) =>
  build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}`],
    outfile: `${folder}/${outfile}`,
    bundle: true,
    format,
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
  });

await bundle("index.ts", "widget.js", "esm");
await bundle("page_main.ts", "page.js", "iife");

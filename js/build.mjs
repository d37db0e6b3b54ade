// Bundles what runs in notebooks (`widget.js`, a module) and in exported pages (`page.js`, a plain script).
// `node build.mjs [FOLDER]`; the default is the folder of the committed bundles.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = process.argv[2] ?? `${here}../landscape_widget/static`;

async function bundled(entry) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}`],
    write: false,
    bundle: true,
    format: "iife",
    globalName: "made",
    target: "es2022",
    minify: true,
    legalComments: "none",
  });
  return outputFiles[0].text.trim();
}

// A browser never unloads a module, and a notebook gives every view of every run of a cell a module of its own: all
// but a page's first find the views made, and their function is never even compiled.
const views = await bundled("index.ts");
const key = `landscape_widget ${createHash("sha256").update(views).digest("hex").slice(0, 12)}`;
const module = `const make=()=>{${views}return made.default};export default()=>globalThis["${key}"]??=make();`;
await writeFile(`${folder}/widget.js`, `${module}\n`);
await writeFile(`${folder}/page.js`, `${await bundled("page_main.ts")}\n`);

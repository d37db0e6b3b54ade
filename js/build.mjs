// Bundles src/index.ts into one ES module. `node build.mjs [FILE]`; the default is the committed bundle.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  outfile: process.argv[2] ?? `${here}../landscape_widget/static/widget.js`,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
});

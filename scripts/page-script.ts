/**
 * Bundles what runs in the browser (`src/report/page/`) into `dist/report/page/script.js`, and
 * writes the licences of the libraries in it beside it. The same sources give the same bytes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildResult, build, type Metafile, type Plugin } from "esbuild";
import { licencesOf } from "./bundled-licences.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "dist/report/page");
const PORT = join(ROOT, "src/report/page/port");

/** The modules of Node, by what takes their place in a browser. */
const TWINS = new Map([
  [join(ROOT, "src/entry/sha256.ts"), join(PORT, "sha256.ts")],
  [join(ROOT, "src/integrity/keys/verify-signature.ts"), join(PORT, "verify-signature.ts")],
]);

const twins: Plugin = {
  name: "twins",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\/(?:sha256|verify-signature)\.js$/ }, async ({ pluginData, ...args }) => {
      if (pluginData === "resolved") return undefined;
      const { resolveDir, kind, importer } = args;
      const found = await resolve(args.path, {
        resolveDir,
        kind,
        importer,
        pluginData: "resolved",
      });
      return { path: TWINS.get(found.path) ?? found.path };
    });
  },
};

/** Bundles the script. */
async function bundled(): Promise<{ readonly text: string; readonly metafile: Metafile }> {
  const result: BuildResult<{ write: false; metafile: true }> = await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/report/page/main.ts"],
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    minify: true,
    charset: "ascii",
    legalComments: "none",
    inject: [join(PORT, "buffer.ts")],
    plugins: [twins],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  return { text: result.outputFiles[0]?.text ?? "", metafile: result.metafile };
}

const { text, metafile } = await bundled();
const unfit = /.{0,40}(?:<\/script|<!--|[^\n -~]).{0,40}/i.exec(text);
if (unfit !== null) throw new Error(`a script element cannot hold this as it is: ${unfit[0]}`);
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, "script.js"), text);
writeFileSync(join(OUT, "licences.txt"), licencesOf(metafile));

/**
 * Runs before all tests. Bundles the built package and OpenTelemetry for the programs that tests
 * start: one that loads them as some 300 modules takes twice the processor time (measured).
 *
 * Programs in {@link PROGRAMS} find the bundle by the name of the package. The tests of
 * `test/package` and `test/examples` load the package as it is published.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { PROGRAMS, ROOT } from "./fixtures/program-folder.js";

/** Programs of fixtures that use the package. */
const FIXTURES = ["crash-program", "pruning-program", "writer-program"];
const OPEN_TELEMETRY = ["@opentelemetry/api", "@opentelemetry/sdk-logs"];

/** A package of which each subpath is a file of the same name. */
const manifestOf = (name: string): string =>
  JSON.stringify({ name, type: "module", exports: { ".": "./index.js", "./*": "./*.js" } });

export async function setup(): Promise<void> {
  if (!existsSync(join(ROOT, "dist/index.js"))) return; // tests of the sources need no build
  const { exports, peerDependencies } = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"));
  const names = [...subpaths.map((subpath) => join("quorumlog", subpath)), ...OPEN_TELEMETRY];
  const packages = ["quorumlog", ...OPEN_TELEMETRY];
  const external = Object.keys(peerDependencies).filter((name) => !OPEN_TELEMETRY.includes(name));
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      ...names.map((name) => ({
        in: name,
        out: join("node_modules", packages.includes(name) ? join(name, "index") : name),
      })),
      ...FIXTURES.map((name) => ({ in: `test/fixtures/${name}.ts`, out: name })),
    ],
    outdir: PROGRAMS,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    platform: "node",
    format: "esm",
    target: "node22.15",
    external,
    // OpenTelemetry is CommonJS
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    write: false,
    logLevel: "warning",
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path, text]));
  files.set(join(PROGRAMS, "package.json"), '{ "type": "module" }');
  for (const name of packages)
    files.set(join(PROGRAMS, "node_modules", name, "package.json"), manifestOf(name));
  for (const [path, text] of files) replace(path, text);
}

/** Leaves a file alone that is right, since another run of tests may use it. */
function replace(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Makes `dist/quorumlog.cjs`, the command, of three files. To load some hundred small modules takes
 * Node longer than all that a command does, and to compile all of them in one file takes longer
 * than the commands that people wait for (measured). So `quorumlog.cjs` and `quorumlog-shared.cjs`
 * have what these commands need, and `quorumlog-more.cjs` is loaded for the others.
 *
 * A module first runs when it is needed. A module of Node or of a package is loaded when it is
 * first used, so no command loads OpenTelemetry, HTTP or cryptography that does not use it.
 *
 * The files are not minified: a stack trace in a bug report has the names of our functions. What
 * draws the pictures of a report is in them, and its licences are beside them.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build, type Plugin, transform } from "esbuild";
import { licencesOf } from "./bundled-licences.ts";

const DIST = resolve("dist");
const TARGET = "node22.15";

/** What is loaded at once. All other modules that are imported when asked go to the third file. */
const AT_ONCE: ReadonlySet<string> = new Set([
  "cli/commands/query.js",
  "cli/commands/stats.js",
  "cli/commands/tail.js",
  "cli/input/file-source.js",
  "journal/journal.js",
]);
const MORE = "quorumlog-more";

/** An `import()` of one of our modules. */
const DYNAMIC_IMPORT = /\bimport\("(\.[^"]+)"\)/g;

/** The modules that go to the third file, by their path in `dist`. */
const more = new Set<string>();

function placeOf(path: string): string {
  return relative(DIST, path).replaceAll("\\", "/");
}

const parts: Plugin = {
  name: "parts",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^${MORE}$`) }, ({ path }) => ({ path, namespace: MORE }));
    onLoad({ filter: /.*/, namespace: MORE }, () => {
      const modules = [...more].map((place) => `"${place}": () => require("./${place}"),`);
      return { contents: `export const modules = {${modules.join("\n")}};`, resolveDir: DIST };
    });
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(DIST)) return undefined;
      // CommonJS has no `import.meta.url`. Each module keeps the address that it has in `dist`.
      const place = JSON.stringify(placeOf(path));
      const address = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${place})).href`;
      const contents = readFileSync(path, "utf8")
        .replaceAll("import.meta.url", address)
        .replaceAll(DYNAMIC_IMPORT, (_, name) => {
          const imported = placeOf(join(dirname(path), name));
          return more.has(imported)
            ? `import("${MORE}").then(({ modules }) => modules["${imported}"]())`
            : `Promise.resolve().then(() => require("${name}"))`;
        });
      return { contents, loader: "js" };
    });
  },
};

/** Finds what goes to the third file. */
const discovery: Plugin = {
  name: "discovery",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      for (const [, name = ""] of readFileSync(path, "utf8").matchAll(DYNAMIC_IMPORT)) {
        const place = placeOf(join(dirname(path), name));
        if (!AT_ONCE.has(place)) more.add(place);
      }
      return undefined;
    });
  },
};

/** A file as CommonJS, in which a module that is not ours is loaded when it is first used. */
async function commonJsOf(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: "cjs",
    target: TARGET,
    supported: { "dynamic-import": false },
  });
  const names = new Set<string>();
  let lazy = code
    .replaceAll(/"(\.\/quorumlog-\w+)\.js"/g, '"$1.cjs"')
    .replaceAll(/^var (import_\w+) = (require\("[^."][^"]*"\));$/gm, (_, name, load) => {
      names.add(name);
      return `var ${name} = lazily(() => ${load});`;
    });
  for (const name of names)
    lazy = lazy
      // `new` takes what stands before the first call as the class
      .replaceAll(new RegExp(`\\bnew ${name}\\.(\\w+)`, "g"), `new (${name}().$1)`)
      .replaceAll(new RegExp(`\\b${name}\\b\\.`, "g"), `${name}().`);
  return lazy.replace(/^(?:#!.*\n)?/, (first) => `${first}${PRELUDE}`);
}

const PRELUDE = `"use strict";
const lazily = (load, it) => () => (it ??= load());
`;

const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const options = {
  outdir: DIST,
  bundle: true,
  platform: "node",
  target: TARGET,
  format: "esm",
  external: Object.keys(peerDependencies),
  metafile: true,
  write: false,
  logLevel: "warning",
} as const;
const entryPoints = [{ in: "dist/cli/bin.js", out: "quorumlog" }];
await build({ ...options, entryPoints, plugins: [discovery] });
const { metafile, outputFiles } = await build({
  ...options,
  entryPoints: [...entryPoints, { in: MORE, out: MORE }],
  splitting: true,
  chunkNames: "quorumlog-shared",
  plugins: [parts],
});
for (const { path, text } of outputFiles)
  writeFileSync(path.replace(/\.js$/, ".cjs"), await commonJsOf(text));
chmodSync("dist/quorumlog.cjs", 0o755);
writeFileSync("dist/quorumlog.licences.txt", licencesOf(metafile));

/**
 * Makes `dist/quorumlog.cjs`, the command in one file. To load some hundred small modules takes
 * Node longer than all that a command does (measured). In CommonJS, what a module imports is loaded
 * when the module first runs, so no command loads OpenTelemetry or HTTP that does not use it.
 *
 * The file is not minified: a stack trace in a bug report has the names of our functions. What
 * draws the pictures of a report is in it, and its licences are beside it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { licencesOf } from "./bundled-licences.ts";

/** CommonJS has no `import.meta.url`. Each module keeps the address that it has in `dist`. */
const moduleAddresses: Plugin = {
  name: "module-addresses",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      const place = JSON.stringify(relative("dist", path).replaceAll("\\", "/"));
      const address = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${place})).href`;
      return { contents: text.replaceAll("import.meta.url", address), loader: "js" };
    });
  },
};

const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));

const { metafile } = await build({
  entryPoints: ["dist/cli/bin.js"],
  outfile: "dist/quorumlog.cjs",
  bundle: true,
  platform: "node",
  target: "node22.15",
  format: "cjs",
  external: Object.keys(peerDependencies),
  plugins: [moduleAddresses],
  metafile: true,
  logLevel: "warning",
});
writeFileSync("dist/quorumlog.licences.txt", licencesOf(metafile));

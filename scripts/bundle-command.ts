/**
 * Makes `dist/quorumlog.cjs`, the command in one file. To load some hundred small modules takes
 * Node longer than all that a command does (measured). In CommonJS, what a module imports is loaded
 * when the module first runs, so no command loads OpenTelemetry or HTTP that does not use it.
 *
 * The file is not minified: a stack trace in a bug report has the names of our functions.
 */
import { build } from "esbuild";

await build({
  entryPoints: ["dist/cli/bin.js"],
  outfile: "dist/quorumlog.cjs",
  bundle: true,
  platform: "node",
  target: "node22.15",
  format: "cjs",
  packages: "external",
  logLevel: "warning",
});

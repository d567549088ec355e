import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { signedJournal } from "../fixtures/journals.js";
import { inLongRuns } from "../fixtures/long-runs.js";

const DIST = resolve(import.meta.dirname, "../../dist");
const MODULES = resolve(DIST, "cli/bin.js");
const BUNDLE = resolve(DIST, "quorumlog.cjs");

const RARELY_USED = /^node:(?:https?|worker_threads|fs\/promises|zlib)$/;

/** Writes the address of each module that is loaded to stderr. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      writeSync(2, "loaded " + url + "\\n");
      return next(url, context);
    },
  });
`)}`;

async function loadedBy(script: string, ...argv: string[]): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, [
    "--import",
    HOOK,
    script,
    ...argv,
  ]);
  return stderr.split("\n").flatMap((line) => line.match(/^loaded (.+)$/)?.[1] ?? []);
}

test("the help loads every command, but no OpenTelemetry, no HTTP and no log", async () => {
  const loaded = await loadedBy(MODULES, "--help");
  expect(loaded.filter((url) => /\/cli\/commands\//.test(url)).length).toBeGreaterThan(10);
  expect(loaded.filter((url) => /node_modules|^node:https?$|\/loki\//.test(url))).toEqual([]);
  expect(loaded.filter((url) => /governance-audit-log|sealed-log/.test(url))).toEqual([]);
});

test.each([
  ["export", "--format", "ndjson"],
  ["verify", "--key"],
  ...inLongRuns(["stats"], ["query"], ["tail"], ["prove", "--sequence", "0"]),
])(
  "%s reads a journal without OpenTelemetry, HTTP or another command",
  async (command, ...more) => {
    const { path, vkey } = await signedJournal(3);
    const argv = [command, path, ...more, ...(command === "verify" ? [vkey] : [])];
    const loaded = await loadedBy(MODULES, ...argv);
    const ours = loaded.filter((url) => url.includes("/dist/"));
    expect(ours.length).toBeGreaterThan(20);
    expect(loaded.filter((url) => /node_modules|^node:https?$/.test(url))).toEqual([]);
    // what counts holds for stats stands in the room log, and loads nothing else of it
    const others = ours.filter((url) => !url.endsWith("/log/retention.js"));
    expect(others.filter((url) => /\/(?:log|loki|delivery|otlp|winston|http)\//.test(url))).toEqual(
      [],
    );
    expect(ours.filter((url) => /\/cli\/commands\//.test(url))).toHaveLength(1);
  },
);

describe("the command of the package", () => {
  const SHARED = resolve(DIST, "quorumlog-shared.cjs");
  const MORE = resolve(DIST, "quorumlog-more.cjs");
  const addresses = (...paths: string[]) => paths.map((path) => pathToFileURL(path).href);

  test.each(["stats", "query", "tail"])(
    "%s loads two files, and neither packages nor HTTP",
    async (command) => {
      const { path } = await signedJournal(3);
      const loaded = await loadedBy(BUNDLE, command, path);
      expect(loaded.filter((url) => !url.startsWith("node:"))).toEqual(addresses(BUNDLE, SHARED));
      expect(loaded).toContain("node:crypto"); // each line that is shown is hashed
      expect(loaded.filter((url) => RARELY_USED.test(url))).toEqual([]);
    },
  );

  test("verify loads one file more, and neither packages nor HTTP", async () => {
    const { path, vkey } = await signedJournal(3);
    const loaded = await loadedBy(BUNDLE, "verify", path, "--key", vkey);
    expect(loaded.filter((url) => !url.startsWith("node:"))).toEqual(
      addresses(BUNDLE, SHARED, MORE),
    );
    expect(loaded.filter((url) => /^node:(?:https?|worker_threads)$/.test(url))).toEqual([]);
  });

  test("the version needs no module of Node that takes long to load", async () => {
    const loaded = await loadedBy(BUNDLE, "--version");
    expect(loaded.filter((url) => !url.startsWith("node:"))).toEqual(addresses(BUNDLE, SHARED));
    expect(loaded.filter((url) => url.startsWith("node:"))).toEqual([]);
  });
});

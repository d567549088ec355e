import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** A folder within the project, so that tests in it find Vitest. */
function folder(): string {
  mkdirSync(join(ROOT, "temp"), { recursive: true });
  const path = mkdtempSync(join(ROOT, "temp/ci-run-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Runs `.ci/run` of a project whose `npm` is this script. */
function ciRun(
  project: string,
  npm: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; status: number | null }> {
  mkdirSync(join(project, ".ci"));
  copyFileSync(join(ROOT, ".ci/run"), join(project, ".ci/run"));
  writeFileSync(join(project, "npm"), `#!/usr/bin/env bash\n${npm}`, { mode: 0o755 });
  const path = [project, resolve(process.execPath, ".."), process.env["PATH"]].join(delimiter);
  const { promise, resolve: done } = Promise.withResolvers<{
    stdout: string;
    status: number | null;
  }>();
  const { CI_REPORTS: _reports, CI_NODE: _node, ...env } = process.env;
  const child = execFile(
    "bash",
    [join(project, ".ci/run")],
    { env: { ...env, ...variables, PATH: path } },
    (_error, stdout) => done({ stdout, status: child.exitCode }),
  );
  return promise;
}

test("a run of CI ends with the names of what failed, and where the output and the reports are", async () => {
  const project = folder();
  writeFileSync(
    join(project, "a.test.ts"),
    `import { beforeAll, describe, expect, test } from "vitest";
    test("passes", () => {});
    describe("a group", () => {
      beforeAll(() => { throw new Error("no start"); });
      test("is left out", () => {});
    });
    test("adds up", () => expect(1 + 1).toBe(3));
    test("leaves a promise alone", async () => {
      Promise.reject(new Error("nobody listens"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });`,
  );
  writeFileSync(
    join(project, "vitest.config.ts"),
    `import { reporters } from "../../scripts/failures-reporter.ts";
    export default { test: { root: import.meta.dirname, reporters: reporters() } };`,
  );
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const npm = `[ "$1" != test ] || exec node ${vitest} run --root ${project} --config ${project}/vitest.config.ts`;
  const { stdout, status } = await ciRun(project, npm);
  expect(status).toBe(1);
  const reports = join(project, "temp/ci");
  const [, end = ""] = stdout.split("!!! FAILED: ");
  expect(end).toMatch(/^npm test\nFailed tests and unhandled errors:\n/);
  expect(end).toContain("  a.test.ts > adds up: expected 2 to be 3 ");
  expect(end).toContain("  a.test.ts > a group: no start\n");
  expect(end).toMatch(/ {2}unhandled error during .*a\.test\.ts.*: nobody listens\n/);
  expect(end).not.toContain("passes");
  expect(end).toMatch(
    new RegExp(`\nOutput: ${reports}/npm-test.log\nReports of the tests: ${reports}\n$`),
  );
  expect(readdirSync(reports).sort()).toEqual([
    "failures.txt",
    "npm-ci.log",
    "npm-run-demo.log",
    "npm-test.log",
    expect.stringMatching(/^vitest-\d+\.json$/),
  ]);
});

test.each([
  ["the Node of the lock file", {}, []],
  ["the Node that CI_NODE names", { CI_NODE: "22.15.0" }, ["node@22.15.0"]],
])(
  "a run of CI uses %s, and says in its last line that it passed",
  async (_, variables, installed) => {
    const npm = 'echo "npm $*"; [ "$2" != test:long ] || echo "!!! SKIPPED: the real votes"';
    const { stdout, status } = await ciRun(folder(), npm, variables);
    expect(status).toBe(0);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const name of Object.keys(scripts).filter((script) => script.startsWith("test")))
      expect(stdout).toMatch(new RegExp(`^npm (?:run )?${name}$`, "m"));
    expect(stdout.split("took").at(-1)).toContain("\n!!! SKIPPED: the real votes\n");
    expect(stdout).toMatch(/\n=== PASSED: every step\n$/);
    const steps = [...stdout.matchAll(/^npm (\w+)(?:.*?(node@\S+))?/gm)];
    expect(steps.slice(0, 2 + installed.length - 1).map(([, command]) => command)).toEqual(
      ["ci", "install"].slice(0, 1 + installed.length),
    );
    expect(steps.flatMap(([, , node]) => node ?? [])).toEqual(installed);
  },
);

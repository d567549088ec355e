import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { goPath } from "../e2e/programs.ts";
import { LONG } from "../fixtures/long-runs.js";

const ROOT = resolve(import.meta.dirname, "../..");
const WORKFLOWS = globSync(".github/workflows/*.yml", { cwd: ROOT });
/** The module that says which version of actionlint to run. */
const FOLDER = join(import.meta.dirname, "workflow");
const GO = goPath();

/** Why actionlint cannot run, if so: the first time, its modules come from the network. */
function missing(): string | undefined {
  if (GO === undefined) return "there is no Go";
  const { status } = spawnSync(GO, ["mod", "download"], { cwd: FOLDER, timeout: 60_000 });
  return status === 0 ? undefined : "go mod download failed";
}

function actionlint(file: string): { status: number | null; stdout: string } {
  const { status, stdout, stderr } = spawnSync(
    GO ?? "",
    ["tool", "actionlint", "-no-color", "-shellcheck=", "-pyflakes=", file],
    { cwd: FOLDER, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  return { status, stdout };
}

const reason = LONG ? missing() : "npm run test:long does it";
if (reason !== undefined) {
  if (LONG) console.warn(`!!! SKIPPED: actionlint: ${reason}`);
  test.skip(`actionlint: ${reason}`, () => {});
} else {
  test.each(WORKFLOWS)("actionlint finds nothing wrong with %s", (path) => {
    expect(actionlint(resolve(ROOT, path))).toEqual({ status: 0, stdout: "" });
  });

  test("actionlint finds a matrix that a workflow does not have", () => {
    const { status, stdout } = actionlint(join(FOLDER, "wrong.yml"));
    expect(status).toBe(1);
    expect(stdout).toContain('property "node" is not defined');
  });
}

test("the workflow runs .ci/run on the oldest Node that the package supports, and on newer lines", () => {
  const { jobs } = parse(readFileSync(resolve(ROOT, ".github/workflows/ci.yml"), "utf8"));
  const { engines } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
  expect(jobs.test.strategy.matrix.node).toEqual([engines.node.replace(">=", ""), "24", "26"]);
  expect(jobs.test.steps).toContainEqual({
    run: "bash .ci/run",
    env: { CI_NODE: "$" + "{{ matrix.node }}" },
  });
});

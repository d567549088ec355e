import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goPath } from "./programs.ts";

const COMPOSE = resolve(import.meta.dirname, "../../deploy/compose.yaml");
const go = goPath();
if (go === undefined)
  console.warn("\n!!! SKIPPED: the compose file against its specification, since there is no Go\n");

describe.skipIf(go === undefined)(
  "deploy/compose.yaml, as Docker Compose's own library reads it",
  () => {
    let folder: string;
    let program: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "quorumlog-compose-"));
      program = join(folder, "compose");
      const cwd = resolve(import.meta.dirname, "compose");
      const { status } = spawnSync(go ?? "", ["build", "-o", program, "."], {
        cwd,
        stdio: "inherit",
      });
      expect(status).toBe(0);
    }, 300_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    const read = (path: string) => spawnSync(program, [path], { encoding: "utf8" });

    test("is in the schema of the Compose specification", () => {
      const { status, stdout, stderr } = read(COMPOSE);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.trim().split("\n").sort()).toEqual([
        "collector",
        "grafana",
        "loki",
        "prometheus",
      ]);
    });

    test("would be refused for a single wrong word", () => {
      const path = join(folder, "compose.yaml");
      writeFileSync(path, readFileSync(COMPOSE, "utf8").replace("restart:", "restrat:"));
      expect(read(path)).toMatchObject({ status: 1, stderr: expect.stringContaining("restrat") });
    });
  },
);

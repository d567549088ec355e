import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { loadSqlite } from "../../src/journal/file/sqlite.js";
import { newPath } from "../fixtures/journal.js";

const ROOT = resolve(import.meta.dirname, "../..");

/** Runs an ES module with the package's own name resolvable; answers what it wrote. */
function run(code: string): { readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return { stdout, stderr };
}

describe("node:sqlite", () => {
  test("is not loaded by importing the journal", () => {
    const code = `import "quorumlog/journal"; console.log(process.moduleLoadList.includes("NativeModule sqlite"))`;
    expect(run(code)).toEqual({ stdout: "false\n", stderr: "" });
  });

  test("is loaded without its warning, which no other warning shares", () => {
    const code = `import { Journal } from "quorumlog/journal";
      Journal.open(${JSON.stringify(newPath())}).close();
      process.emitWarning("something else");`;
    const { stderr } = run(code);
    expect(stderr).not.toContain("SQLite");
    expect(stderr).toContain("something else");
  });

  test("leaves process.emitWarning as it was", () => {
    const { emitWarning } = process;
    loadSqlite();
    expect(process.emitWarning).toBe(emitWarning);
  });
});

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Access,
  isBusy,
  isUnreachable,
  loadSqlite,
  openSqlite,
  readFailure,
} from "../../../src/journal/file/sqlite.js";
import { newPath, openJournal } from "../../fixtures/journal.js";

const ROOT = resolve(import.meta.dirname, "../../..");

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
    const code = `import "quorumlog/journal";
      console.log(process.moduleLoadList.includes("NativeModule sqlite"))`;
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

test.each<Access>(["write", "read", "immutable"])("waits two seconds for a lock (%s)", (access) => {
  const path = newPath();
  openJournal(path).close();
  const database = openSqlite(path, access);
  onTestFinished(() => database.close());
  expect(database.prepare("PRAGMA busy_timeout").get()?.["timeout"]).toBe(2000);
});

/** What SQLite throws while another connection has the lock. */
function busy(): unknown {
  const path = newPath();
  const [one, two] = [new DatabaseSync(path), new DatabaseSync(path)];
  one.exec("BEGIN EXCLUSIVE");
  try {
    two.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    return undefined;
  } catch (error) {
    return error;
  } finally {
    one.close();
    two.close();
  }
}

describe("a failure of SQLite is told by its text where the runtime gives no code, as Deno does", () => {
  test("if another connection has the lock", () => {
    const error = busy();
    expect(error).toMatchObject({ errcode: 5 });
    expect(isBusy(error)).toBe(true);
    expect(isBusy(new Error((error as Error).message))).toBe(true);
    expect(isBusy(new Error("database is open"))).toBe(false);
  });

  test("if the file cannot be seen", () => {
    const message = "unable to open database file";
    expect(() => new DatabaseSync(`${newPath()}/none/a.db`)).toThrow(message);
    expect(isUnreachable(new Error(message))).toBe(true);
  });

  test.each(["database disk image is malformed", "file is not a database"])(
    "if the file is damaged: %s",
    (message) => {
      expect(readFailure("a.db", new Error(message)).message).toContain("a.db is damaged");
    },
  );
});

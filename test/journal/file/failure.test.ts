import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { isBusy, isUnreachable, readFailure } from "../../../src/journal/file/failure.js";
import { newPath } from "../../fixtures/journal.js";

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

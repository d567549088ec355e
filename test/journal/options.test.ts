import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Journal } from "../../src/journal/index.js";
import { codeOf, newPath, openJournal, temporaryFolder, thrownBy } from "../fixtures/journal.js";

describe("the options of a journal", () => {
  test.each([
    ["a misspelt one", { readonly: true }],
    ["no object", 5],
    ["a negative retention", { minimumRetentionDays: -1 }],
    ["a text for readOnly", { readOnly: "yes" }],
  ])("are refused: %s", (_, options) => {
    expect(codeOf(() => Journal.open(newPath(), options as never))).toBe("invalid_options");
  });

  test.each(["", ":memory:", "file:governance.db", "a\0b", 7])(
    "are refused for the path %j",
    (path) => {
      expect(codeOf(() => Journal.open(path as never))).toBe("invalid_options");
    },
  );

  test("are refused for a folder that is not there, and for a folder as the file", () => {
    const folder = temporaryFolder();
    expect(codeOf(() => Journal.open(join(folder, "none", "governance.db")))).toBe(
      "journal_failed",
    );
    expect(codeOf(() => Journal.open(folder))).toBe("journal_failed");
    expect(codeOf(() => Journal.open(join(folder, "governance.db"), { readOnly: true }))).toBe(
      "journal_failed",
    );
  });
});

test("refuses another log id, and a wrong one, by the name of the option", () => {
  const path = newPath();
  openJournal(path, { logId: "one" }).close();
  expect(thrownBy(() => Journal.open(path, { logId: "two" }))).toMatchObject({
    code: "invalid_options",
    field: "logId",
  });
  expect(codeOf(() => Journal.open(path, { logId: "a b" }))).toBe("invalid_options");
  expect(openJournal(path, { logId: "one" }).logId).toBe("one");
});

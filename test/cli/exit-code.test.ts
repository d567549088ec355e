import { expect, test } from "vitest";
import { inCommandTerms } from "../../src/cli/output/exit-code.js";
import { damaged, JournalHeld } from "../../src/journal/file/sqlite.js";
import { tooMany } from "../../src/loki/record-pages.js";

test("a message of the library names what whoever runs a command has: commands and flags", () => {
  for (const [error, expected] of [
    [tooMany(5, "records"), "lower --lookback, or raise --max-records"],
    [damaged("a.db", undefined), "Restore it from a backup (quorumlog backup)"],
    [new JournalHeld("a.db", "process 1", undefined), "close it there, or only read it here"],
  ] as const) {
    const shown = inCommandTerms(error.message);
    expect(shown).toContain(expected);
    expect(shown).not.toMatch(/[a-z][A-Z]|Journal\./);
  }
});

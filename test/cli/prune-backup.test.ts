import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, START, temporaryFolder } from "../fixtures/journal.js";
import {
  A_YEAR_LATER,
  journalOf,
  journalWithRejections,
  oldJournal,
} from "../fixtures/journals.js";

/** The clock of the command. */
const around = { now: () => new Date(A_YEAR_LATER) };

afterEach(() => {
  vi.useRealTimers();
});

describe("quorumlog prune", () => {
  test("removes what is older, and the journal writes it down", async () => {
    const path = oldJournal();
    const since = new Date(START + 2000).toISOString();
    expect(await quorumlog(["prune", path, "--older-than", since], around)).toMatchObject({
      code: 0,
      stdout: "pruned 2 entries; the journal begins with entry 2; entry 5 says so\n",
      stderr: "",
    });
    const again = await quorumlog(["prune", path, "--older-than", since, "--json"], around);
    expect(JSON.parse(again.stdout)).toEqual({ pruned: 0, prunedBefore: 2 });
    const journal = openJournal(path, { readOnly: true });
    expect(journal.stats()).toMatchObject({ entries: 4, pruned: 2 });
    expect(journal.page()).toMatchObject({ entries: { length: 4 }, evictedBefore: 2 });
  });

  test("refuses a time that retention forbids, and prunes nothing", async () => {
    const path = oldJournal();
    for (const argv of [
      ["--older-than", "183d"],
      ["--older-than", "300d", "--minimum-retention", "400"],
    ]) {
      const { code, stderr } = await quorumlog(["prune", path, ...argv], around);
      expect(code).toBe(2);
      expect(stderr).toContain("--older-than: entries are kept for at least");
    }
    const { stdout } = await quorumlog(
      ["prune", path, "--older-than", "10d", "--minimum-retention", "10"],
      around,
    );
    expect(stdout).toBe("pruned 5 entries; the journal begins with entry 5; entry 5 says so\n");
  });

  test("removes nothing that a mirror still has to deliver", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: A_YEAR_LATER });
    const path = journalWithRejections();
    const { code, stderr } = await quorumlog(["prune", path, "--older-than", "200d"], around);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('nothing was pruned: the mirror "otlp" has not delivered'),
    });
    expect(openJournal(path, { readOnly: true }).stats().pruned).toBe(0);
  });

  test("asks for a time, and names who holds the journal", async () => {
    const path = journalOf([]);
    const missing = await quorumlog(["prune", path]);
    expect(missing).toMatchObject({
      code: 2,
      stderr: "quorumlog: --older-than is missing; see quorumlog prune --help\n",
    });
    openJournal(path);
    const { code, stderr } = await quorumlog(["prune", path, "--older-than", "2025-01-01"]);
    expect(code).toBe(3);
    expect(stderr).toContain("has it open for writing".replace("it", path));
    expect(stderr).toContain("or call audit.prune in it");
  });
});

describe("quorumlog backup", () => {
  test("copies a journal while an app writes to it", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 5);
    const file = join(temporaryFolder(), "copy.db");
    const { code, stdout } = await quorumlog(["backup", path, file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: 5 entries of quorumlog\n` });
    const copy = openJournal(file, { readOnly: true });
    expect([...copy.lines()]).toEqual([...journal.lines()]);
    const json = await quorumlog(["backup", path, `${file}.2`, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      backup: `${file}.2`,
      logId: "quorumlog",
      entries: 5,
    });
  });

  test("replaces nothing, and makes nothing of what is no journal", async () => {
    const file = join(temporaryFolder(), "taken");
    writeFileSync(file, "mine");
    const taken = await quorumlog(["backup", journalOf([]), file]);
    expect(taken).toMatchObject({ code: 3, stdout: "" });
    expect(taken.stderr).toContain("nothing was overwritten");
    expect(readFileSync(file, "utf8")).toBe("mine");
    const other = `${file}.db`;
    expect((await quorumlog(["backup", file, other])).code).not.toBe(0);
    expect(existsSync(other)).toBe(false);
  });
});

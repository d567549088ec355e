import { afterEach, describe, expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/log/governance-audit-log.js";
import { verify } from "../../src/verify/index.js";
import { quorumlog } from "../fixtures/command-line.js";
import { openJournal, START } from "../fixtures/journal.js";
import { A_YEAR_LATER, oldJournal } from "../fixtures/journals.js";

/** The clock of the command. */
const around = { now: () => new Date(A_YEAR_LATER) };

afterEach(() => {
  vi.useRealTimers();
});

const SINCE = "--older-than=10d";
const FLOOR = "--minimum-retention=0";

/** A closed journal whose entries 0 to 4 a pruning announced, which was not carried out. */
async function journalWithUnfinishedPruning(): Promise<string> {
  const path = oldJournal();
  const journal = openJournal(path);
  const audit = new GovernanceAuditLog({ journal, clock: around.now });
  vi.spyOn(journal, "prune").mockImplementationOnce(() => {});
  audit.prune({ olderThan: new Date(START + 86_400_000) });
  await audit.shutdown();
  journal.close();
  return path;
}

describe("quorumlog hold, release and prune", () => {
  test("hold what an unfinished pruning would remove", async () => {
    const path = await journalWithUnfinishedPruning();
    const set = ["hold", path, "--proposal=p3", "--reason=stop", "--json"];
    const { code, stdout, stderr } = await quorumlog(set, around);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { id, heldFrom } = JSON.parse(stdout);
    expect(heldFrom).toBe(3);
    expect(openJournal(path, { readOnly: true }).stats()).toMatchObject({ entries: 7, pruned: 0 });
    const pruned = await quorumlog(["prune", path, SINCE, FLOOR], around);
    expect(pruned).toMatchObject({
      code: 0,
      stdout:
        "finished a pruning of 3 entries; pruned 0 entries; the journal begins with entry 3\n" +
        `hold ${id} keeps what follows\n`,
      stderr:
        "quorumlog: the log had announced a pruning that was not carried out; it is now: " +
        "3 entries were removed, and the journal begins with entry 3\n",
    });
    const journal = openJournal(path, { readOnly: true });
    expect((await verify(journal.evidence(), { acceptPruned: 3 })).problems).toEqual([]);
  });

  test("hold a proposal, list the hold, prune up to it, and release it", async () => {
    const path = oldJournal();
    const set = await quorumlog(
      ["hold", path, "--proposal", "p2", "--reason", "case 7", "--actor", "did:eve", "--json"],
      around,
    );
    expect(set).toMatchObject({ code: 0, stderr: "" });
    const { id: holdId, sequence, heldFrom } = JSON.parse(set.stdout);
    expect([sequence, heldFrom]).toEqual([5, 2]);
    const since = new Date(A_YEAR_LATER).toISOString();
    const list = await quorumlog(["hold", path, "--list"], around);
    expect(list.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["hold", "since", "from entry", "holds", "actor", "reason"],
      [holdId, since, "2", "urn:prop:p2", "did:eve", "case 7"],
      [""],
    ]);
    const pruned = await quorumlog(
      ["prune", path, SINCE, FLOOR, "--actor", "did:bob", "--actor-type", "service"],
      around,
    );
    expect(pruned).toMatchObject({
      code: 0,
      stdout:
        "pruned 2 entries; the journal begins with entry 2; entry 6 says so\n" +
        `hold ${holdId} keeps what follows\n`,
    });
    const again = await quorumlog(["prune", path, SINCE, FLOOR, "--json"], around);
    expect(JSON.parse(again.stdout)).toEqual({
      pruned: 0,
      prunedBefore: 2,
      heldBy: JSON.parse((await quorumlog(["hold", path, "--list", "--json"], around)).stdout),
    });
    const [short = ""] = holdId.split("-");
    const shown = (await quorumlog(["stats", path], around)).stdout.split("\n");
    expect(shown).toContain("entries     5, and 2 pruned");
    expect(shown).toContain("holds       1 in force: nothing is pruned from entry 2 on");
    const stats = await quorumlog(["stats", path, "--json"], around);
    expect(JSON.parse(stats.stdout)).toMatchObject({
      pruned: 2,
      prunings: 1,
      holds: 1,
      heldFrom: 2,
    });
    const released = await quorumlog(["release", path, short, "--reason", "settled"], around);
    expect(released.stdout).toBe(`hold ${holdId} is released by entry 7\n`);
    expect((await quorumlog(["hold", path, "--list"], around)).stdout).toBe(
      "no hold is in force\n",
    );
    const rest = await quorumlog(["prune", path, SINCE, FLOOR, "--json"], around);
    expect(JSON.parse(rest.stdout)).toEqual({ pruned: 3, prunedBefore: 5, sequence: 8 });
    const journal = openJournal(path, { readOnly: true });
    expect(journal.entries({ order: "oldest" })).toMatchObject([
      { operation: "log_hold_set", actorDid: "did:eve", details: { reason: "case 7" } },
      {
        operation: "log_pruned",
        actorDid: "did:bob",
        details: { pruned_count: 2, actor_type: "service" },
      },
      { operation: "log_hold_released", proposalId: "urn:prop:p2" },
      { operation: "log_pruned" },
    ]);
  });

  test("hold all of before a time, and list it for a program", async () => {
    const path = oldJournal();
    const before = new Date(START + 3000).toISOString();
    const set = await quorumlog(["hold", path, "--before", before, "--reason", "audit"], around);
    expect(set.stdout).toMatch(/^hold [0-9a-f-]{36} is in force: nothing is pruned from entry 0/);
    const { stdout } = await quorumlog(["hold", path, "--list", "--json"], around);
    expect(JSON.parse(stdout)).toEqual({
      id: expect.any(String),
      sequence: 5,
      heldFrom: 0,
      heldBefore: before,
      reason: "audit",
      since: new Date(A_YEAR_LATER).toISOString(),
    });
  });

  test("say which flag is wrong, and write nothing", async () => {
    const path = oldJournal();
    const reason = ["--reason", "why"];
    for (const [argv, message] of [
      [["hold", path, ...reason], "either --proposal or --before is needed"],
      [["hold", path, "--proposal=p1", "--before=1d", ...reason], "either --proposal or --before"],
      [["hold", path, "--proposal=p1"], "--reason is missing"],
      [["hold", path, "--proposal=p1", "--reason="], "--reason: expected a string that is not"],
      [["hold", path, "--proposal=p9", ...reason], "--proposal: the log has no entry of this"],
      [["hold", path, "--before=1980-01-01", ...reason], "--before: the log has no entry of"],
      [["hold", path, "--before=soon", ...reason], '--before "soon" is not a time'],
      [["hold", path, "--proposal=p1", "--actor-type=god", ...reason], "--actor-type: expected"],
      [["hold", path, "--list", "--reason=why"], "--list and --reason exclude each other"],
      [["release", path, "no-hold", ...reason], "HOLD: no hold in force has the id no-hold; "],
      [["release", path, "", ...reason], `quorumlog hold ${path} --list shows all`],
      [["release", path, "no-hold"], "--reason is missing"],
      [["prune", path, SINCE, "--actor="], "--actor: expected a string that is not empty"],
    ] as const) {
      const { code, stderr, stdout } = await quorumlog([...argv], around);
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining(message),
      });
    }
    expect(openJournal(path, { readOnly: true }).length).toBe(5);
  });

  test("take the beginning of an id, as a narrow table shows it, if no other hold has it", async () => {
    const path = oldJournal();
    const ids: string[] = [];
    for (const reason of ["one", "two"]) {
      const set = ["hold", path, "--proposal=p1", "--json", `--reason=${reason}`];
      ids.push(JSON.parse((await quorumlog(set, around)).stdout).id);
    }
    const [first = "", second = ""] = ids;
    const list = await quorumlog(["hold", path, "--list"], { ...around, columns: 60 });
    expect(list.stdout).toContain(`\n${first.slice(0, 8)}  `);
    const common = [...first].findIndex((digit, at) => digit !== second[at]);
    const release = ["release", path, "--reason=why"];
    if (common > 0) {
      const several = await quorumlog([...release, first.slice(0, common)], around);
      expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining("several holds") });
    }
    const start = first.slice(0, common + 1);
    expect((await quorumlog([...release, `${start.toUpperCase()}…`], around)).code).toBe(0);
    const again = await quorumlog([...release, first], around);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("no hold in force") });
  });

  test("say what an app can call that has the journal open", async () => {
    const path = oldJournal();
    openJournal(path);
    for (const [argv, call] of [
      [["hold", path, "--proposal=p1", "--reason=why"], "audit.hold"],
      [["release", path, "a-hold", "--reason=why"], "audit.release"],
      [["prune", path, SINCE], "audit.prune"],
    ] as const) {
      const { code, stderr } = await quorumlog([...argv], around);
      expect(code).toBe(3);
      expect(stderr).toContain(`or call ${call} in it`);
    }
    expect((await quorumlog(["hold", path, "--list"], around)).code).toBe(0);
  });

  test("a terminal shows the whole reason of a hold", async () => {
    const path = oldJournal();
    const reason = `case 2026-118, ${"asked for by the supervisor ".repeat(4)}until the appeal`;
    await quorumlog(["hold", path, "--before", "2027-01-01", "--reason", reason], around);
    const { stdout } = await quorumlog(["hold", path, "--list", "--no-color"], {
      ...around,
      columns: 80,
    });
    expect(stdout.replace(/\s+/g, " ")).toContain(`reason: ${reason}`);
    expect(stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
  });
});

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test, vi } from "vitest";
import { policyOf, replay } from "../../src/governance/index.js";
import {
  type AuditError,
  AuditLogProcessor,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
  type HoldScope,
  LOG_OPERATIONS,
} from "../../src/index.js";
import type { Journal } from "../../src/journal/index.js";
import { verify } from "../../src/verify/index.js";
import { afterThisTest } from "../fixtures/cleanup.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  START,
  tamper,
  thrownBy,
} from "../fixtures/journal.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import { PROGRAMS } from "../fixtures/program-folder.js";
import { refusedWithoutTrace } from "../fixtures/recorded-log.js";

const at = (second: number): Date => new Date(START + second * 1000);

/** A log over a journal that may prune all of it. Each entry is recorded a second later. */
function logOver(
  journal: Journal,
  options: GovernanceAuditLogOptions = {},
): GovernanceAuditLog & { readonly errors: AuditError[] } {
  const errors: AuditError[] = [];
  let next = journal.length;
  const audit = new GovernanceAuditLog({
    journal,
    clock: () => at(next++),
    onError: (error) => void errors.push(error),
    ...options,
  });
  afterThisTest(() => audit.shutdown().catch(() => {}));
  return Object.assign(audit, { errors });
}

/** Records one entry for each proposal. */
function record(audit: GovernanceAuditLog, ...proposals: readonly string[]): void {
  for (const proposalId of proposals) audit.log({ operation: "seen", proposalId });
}

function sequences(audit: GovernanceAuditLog): number[] {
  return audit.entries({ order: "oldest", limit: 1000 }).map(({ sequence }) => sequence);
}

describe("a hold", () => {
  test("of a proposal stops pruning before its first entry, until it is released", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a", "b", "a", "b", "c");
    const set = audit.hold({ proposalId: "b", actorDid: "did:eve" }, "case 7", {
      actor: { type: "human" },
    });
    expect(set).toMatchObject({
      sequence: 5,
      operation: "log_hold_set",
      proposalId: "b",
      actorDid: "did:eve",
      details: { reason: "case 7", held_from: 1, actor_type: "human" },
    });
    const hold = {
      id: set.id,
      sequence: 5,
      heldFrom: 1,
      proposalId: "b",
      reason: "case 7",
      since: set.timestamp,
      actorDid: "did:eve",
    };
    expect(audit.holds()).toEqual([hold]);
    const first = audit.prune({ olderThan: at(5), actorDid: "did:bob", reason: "400 days" });
    expect(first).toEqual({ pruned: 1, prunedBefore: 1, entry: audit.get(6), heldBy: hold });
    expect(first.entry).toMatchObject({
      operation: "log_pruned",
      actorDid: "did:bob",
      details: {
        pruned_from: 0,
        pruned_before: 1,
        pruned_count: 1,
        older_than: at(5).toISOString(),
        reason: "400 days",
      },
    });
    expect(audit.prune({ olderThan: at(100) })).toEqual({
      pruned: 0,
      prunedBefore: 1,
      heldBy: hold,
    });
    const released = audit.release({ holdId: set.id, actorDid: "did:eve" }, "settled");
    expect(released).toMatchObject({
      operation: "log_hold_released",
      proposalId: "b",
      actorDid: "did:eve",
      details: { hold_id: set.id, reason: "settled" },
    });
    expect(audit.holds()).toEqual([]);
    expect(audit.prune({ olderThan: at(100) })).toMatchObject({ pruned: 7, prunedBefore: 8 });
    expect(sequences(audit)).toEqual([8]);
  });

  test("of a time holds what was recorded or happened before it", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a", "a");
    audit.log({ operation: "imported", timestamp: new Date(0) });
    record(audit, "a");
    expect(audit.hold({ before: new Date(1000) }, "old").details).toEqual({
      reason: "old",
      held_from: 2,
      held_before: "1970-01-01T00:00:01.000Z",
    });
    expect(audit.prune({ olderThan: at(3) })).toMatchObject({ pruned: 2, prunedBefore: 2 });
    expect(audit.hold({ before: at(100) }, "all")).toMatchObject({ details: { held_from: 2 } });
    expect(audit.holds()).toHaveLength(2);
  });

  test("of a time finds its first entry by the lines, whatever the columns say", async () => {
    const path = newPath();
    const journal = prunable(path);
    const audit = logOver(journal);
    record(audit, "a", "a");
    audit.log({ operation: "imported", timestamp: new Date(0) });
    record(audit, "a");
    audit.log({ operation: "imported", timestamp: new Date(0) });
    await audit.shutdown();
    journal.close();
    tamper(path, "UPDATE entry SET timestamp_millis = 1800000000000 WHERE sequence = 2");
    const again = logOver(prunable(path), { maxEntries: 1 });
    const set = again.hold({ before: new Date(1000) }, "old");
    expect(set.details).toMatchObject({ held_from: 2 });
  });

  test("of a time to come holds what a new log will record until then", () => {
    const audit = logOver(prunable(newPath()));
    expect(audit.hold({ before: at(3) }, "from now on").details).toMatchObject({ held_from: 0 });
    record(audit, "a", "b", "c", "d");
    expect(audit.prune({ olderThan: at(100) })).toMatchObject({ pruned: 0, heldBy: {} });
  });

  test("is in force after a restart, and its entry is kept however old it is", async () => {
    const path = newPath();
    const journal = prunable(path);
    const audit = logOver(journal);
    record(audit, "a", "b");
    const { id } = audit.hold({ proposalId: "b" }, "case 7");
    record(audit, "c", "d");
    await audit.shutdown();
    journal.close();
    const again = logOver(prunable(path), { maxEntries: 1 });
    expect(again.holds()).toMatchObject([{ id, heldFrom: 1 }]);
    expect(again.prune({ olderThan: at(300) })).toMatchObject({ pruned: 1, heldBy: { id } });
    expect(sequences(again)).toEqual([1, 2, 3, 4, 5]);
  });

  test("counts as soon as it is recorded, also while its group is not committed", () => {
    const audit = logOver(prunable(newPath()), { durability: "batch" });
    record(audit, "a", "b");
    audit.hold({ proposalId: "a" }, "case 7");
    expect(audit.prune({ olderThan: at(300) })).toMatchObject({ pruned: 0, heldBy: {} });
    const { entry } = audit.prune({ olderThan: at(300) });
    expect(entry).toBeUndefined();
  });

  test.each([
    [{}, "hold"],
    [{ proposalId: "a", before: at(1) }, "hold"],
    [{ proposalId: "" }, "hold.proposalId"],
    [{ proposalId: "z" }, "hold.proposalId"],
    [{ proposalId: 7 }, "hold.proposalId"],
    [{ before: "yesterday" }, "hold.before"],
    [{ before: new Date(Number.NaN) }, "hold.before"],
    [{ before: new Date(0) }, "hold.before"],
    [{ proposal: "a" }, "hold.proposal"],
    [{ proposalId: "a", actorDid: "" }, "hold.actorDid"],
    [null, "hold"],
  ])("of %j is refused, and nothing is recorded", (scope, field) => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    const error = thrownBy(() => audit.hold(scope as HoldScope, "why"));
    expect(error).toMatchObject({ code: "invalid_entry", field });
    expect(audit.count()).toBe(1);
  });

  test("without a reason, or with a detail of its own name, is refused", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    for (const reason of ["", undefined, 7])
      expect(thrownBy(() => audit.hold({ proposalId: "a" }, reason as never)).field).toBe("reason");
    const about = { details: { held_before: "1970-01-01T00:00:00.000Z" } };
    expect(thrownBy(() => audit.hold({ proposalId: "a" }, "why", about)).field).toBe(
      "about.details.held_before",
    );
    expect(audit.count()).toBe(1);
  });

  test("can be set again with the same id, and so can its release", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    const about = { id: "0b3b1e0c-27a3-4a8f-8b5b-3f9f0f0b7a11" };
    const set = audit.hold({ proposalId: "a" }, "why", about);
    expect(audit.hold({ proposalId: "a" }, "why", about)).toEqual(set);
    const end = { id: "1b3b1e0c-27a3-4a8f-8b5b-3f9f0f0b7a11" };
    const released = audit.release({ holdId: set.id }, "done", end);
    expect(audit.release({ holdId: set.id }, "done", end)).toEqual(released);
    expect(audit.count()).toBe(3);
    expect(audit.holds()).toEqual([]);
  });

  test("that is unknown or was released cannot be released", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    const { id: holdId } = audit.hold({ proposalId: "a" }, "why");
    audit.release({ holdId }, "done");
    for (const release of [{ holdId }, { holdId: audit.get(0)?.id }, { holdId: "" }, {}])
      expect(thrownBy(() => audit.release(release as never, "done"))).toMatchObject({
        code: "invalid_entry",
        field: "release.holdId",
      });
    expect(audit.count()).toBe(3);
  });
});

describe("a call that a hook or a mirror makes while another runs", () => {
  /** A log that makes a call from a place whenever it records an operation. */
  function calling(
    place: "about" | "redact" | "mirror",
    operation: string,
    call: (audit: GovernanceAuditLog) => unknown,
  ) {
    const journal = prunable(newPath());
    const codes: unknown[] = [];
    let armed = false;
    const once = (): void => {
      if (!armed) return;
      armed = false;
      try {
        codes.push(call(audit));
      } catch (error) {
        codes.push((error as AuditError).code);
      }
    };
    const onEmit = ({ attributes }: { readonly attributes: object }): void => {
      if (Object.values(attributes).includes(operation)) once();
    };
    const end = async (): Promise<void> => {};
    const audit = logOver(journal, {
      ...(place === "about" && { about: () => void once() }),
      ...(place === "redact" && {
        redact: (event) => {
          once();
          return event;
        },
      }),
      ...(place === "mirror" && { mirrors: [{ onEmit, forceFlush: end, shutdown: end }] }),
    });
    record(audit, "a", "b", "c");
    const arm = (): void => {
      armed = true;
    };
    return { journal, audit, codes, arm };
  }

  test.each(["about", "redact", "mirror"] as const)(
    "is refused during a pruning, in %s, so that no hold comes too late",
    async (place) => {
      for (const call of [
        (audit: GovernanceAuditLog) => audit.hold({ proposalId: "a" }, "why"),
        (audit: GovernanceAuditLog) => audit.release({ holdId: "any" }, "why"),
        (audit: GovernanceAuditLog) => audit.prune({ olderThan: at(2) }),
      ]) {
        const { journal, audit, codes, arm } = calling(place, "log_pruned", call);
        arm();
        expect(audit.prune({ olderThan: at(2) })).toMatchObject({ pruned: 2, prunedBefore: 2 });
        expect(codes).toEqual(["not_recorded"]);
        expect([audit.holds(), sequences(audit)]).toEqual([[], [2, 3]]);
        audit.hold({ proposalId: "c" }, "after it");
        const { problems } = await verify(journal.evidence(), { acceptPruned: 2 });
        expect(problems).toEqual([]);
      }
    },
  );

  test("is refused if it prunes what a hold is about to keep", () => {
    const prune = (audit: GovernanceAuditLog) => audit.prune({ olderThan: at(2) });
    const { audit, codes, arm } = calling("about", "log_hold_set", prune);
    arm();
    expect(audit.hold({ proposalId: "a" }, "why").details).toMatchObject({ held_from: 0 });
    expect(codes).toEqual(["not_recorded"]);
    expect(audit.prune({ olderThan: at(2) })).toMatchObject({ pruned: 0, heldBy: {} });
  });

  test("sets a hold that is due because of another", () => {
    const hold = (audit: GovernanceAuditLog) => audit.hold({ proposalId: "a" }, "also").sequence;
    const { audit, codes, arm } = calling("mirror", "log_hold_set", hold);
    arm();
    audit.hold({ proposalId: "b" }, "why");
    expect(codes).toEqual([4]);
    expect(audit.holds()).toHaveLength(2);
  });
});

describe("what a log records about itself", () => {
  test.each(LOG_OPERATIONS)("%s is refused as an operation of the app", (operation) => {
    expect(refusedWithoutTrace((audit) => audit.log({ operation })).field).toBe("operation");
  });

  test.each(LOG_OPERATIONS)("%s is refused from the app's own logger", (operation) => {
    const errors: AuditError[] = [];
    const processor = new AuditLogProcessor({ onError: (error) => void errors.push(error) });
    const provider = new LoggerProvider({ processors: [processor] });
    provider.getLogger("app").emit({ attributes: { "governance.operation": operation } });
    expect(errors).toMatchObject([{ code: "invalid_entry", field: "operation" }]);
    expect([processor.refusedRecords, processor.length]).toEqual([1, 0]);
  });

  test("changes no answer about the trail", () => {
    const audit = logOver(prunable(newPath()));
    for (const { call } of OPERATION_CALLS) call(audit);
    const all = () => audit.entries({ order: "oldest" });
    const policy = policyOf({ requiresAuthorization: ["seen"], recordWithinSeconds: 60 });
    const answers = () => {
      const trail = replay(all(), { policy });
      return { summary: trail.oversight(), findings: trail.findings() };
    };
    const before = answers();
    const { id } = audit.hold({ proposalId: all()[0]?.proposalId ?? "" }, "why");
    audit.hold({ before: at(3) }, "why", { actor: { type: "human" } });
    audit.release({ holdId: id }, "done");
    expect(answers()).toEqual(before);
  });

  test("passes through redact, which cannot change what is held or pruned", () => {
    const audit = logOver(prunable(newPath()), {
      redact: ({ operation, details, timestamp }) => ({
        operation,
        details: details?.["actor_type"] === undefined ? {} : { seen: true },
        timestamp,
        proposalId: operation === "seen" ? "hashed" : "changed",
      }),
    });
    record(audit, "a", "b");
    const actor = { type: "human", clientAddress: "2001:db8::1" } as const;
    const set = audit.hold({ proposalId: "hashed" }, "secret", { actor });
    expect(set).toMatchObject({ proposalId: "hashed" });
    expect(set.details).toEqual({ held_from: 0, seen: true });
    expect(audit.holds()).toHaveLength(1);
    audit.release({ holdId: set.id }, "secret");
    expect(audit.prune({ olderThan: at(1) }).entry?.details).toMatchObject({ pruned_before: 1 });
  });

  test("needs a journal", () => {
    for (const call of [
      (audit: GovernanceAuditLog) => audit.hold({ proposalId: "a" }, "why"),
      (audit: GovernanceAuditLog) => audit.release({ holdId: "a" }, "why"),
      (audit: GovernanceAuditLog) => audit.prune({ olderThan: new Date(0) }),
    ])
      expect(refusedWithoutTrace(call, "invalid_options").field).toBe("journal");
    expect(new GovernanceAuditLog().holds()).toEqual([]);
  });

  test("is refused after a shutdown", async () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    await audit.shutdown();
    for (const call of [
      () => audit.hold({ proposalId: "a" }, "why"),
      () => audit.prune({ olderThan: at(9) }),
    ])
      expect(thrownBy(call).code).toBe("closed");
  });
});

describe("a pruning", () => {
  test("that removes nothing records nothing", () => {
    const audit = logOver(prunable(newPath()));
    record(audit, "a");
    expect(audit.prune({ olderThan: at(0) })).toEqual({ pruned: 0, prunedBefore: 0 });
    expect(audit.count()).toBe(1);
  });

  test("is refused for a time that retention forbids, and for an option that does not exist", () => {
    const audit = logOver(openJournal(newPath()));
    record(audit, "a");
    const young = new Date(Date.now() - 1000);
    expect(thrownBy(() => audit.prune({ olderThan: young }))).toMatchObject({
      code: "invalid_options",
      field: "olderThan",
    });
    for (const [options, field] of [
      [{}, "olderThan"],
      [{ olderThan: at(-99), before: 1 }, "before"],
      [{ olderThan: at(-99), reason: "" }, "reason"],
      [{ olderThan: at(-99), actorDid: 7 }, "actorDid"],
    ] as const)
      expect(thrownBy(() => audit.prune(options as never)).field).toBe(field);
    expect(audit.count()).toBe(1);
  });

  test("is not recorded while a mirror has still to deliver one of the entries", () => {
    const journal = prunable(newPath());
    journal.outbox("otlp", { backfill: true });
    const audit = logOver(journal);
    record(audit, "a", "b");
    expect(thrownBy(() => audit.prune({ olderThan: at(1) })).code).toBe("journal_failed");
    expect(audit.count()).toBe(2);
  });

  test.each([
    ["column", "UPDATE entry SET operation = 'seen' WHERE operation = 'log_hold_set'"],
    ["posting", "DELETE FROM posting WHERE value = 'log_hold_set'"],
    ["proposal", "UPDATE entry SET proposal_id = 'z' WHERE sequence < 1024"],
  ])("stops at a hold that no query finds, since its %s was edited", async (_, sql) => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 2);
    const audit = logOver(journal);
    record(audit, "held", "b", "held");
    if (!sql.includes("'z'")) audit.hold({ proposalId: "held" }, "why");
    await audit.shutdown();
    append(journal, 1030 - journal.length);
    journal.close();
    tamper(path, sql);
    const again = logOver(prunable(path), { maxEntries: 1 });
    if (sql.includes("'z'")) again.hold({ proposalId: "held" }, "why");
    expect(again.holds()).toMatchObject([{ proposalId: "held", heldFrom: 2 }]);
    expect(again.prune({ olderThan: at(1000) })).toMatchObject({ pruned: 2, heldBy: {} });
    const [{ id: holdId } = { id: "" }] = again.holds();
    again.release({ holdId }, "done");
    expect(again.holds()).toEqual([]);
  });

  test("that a hold ends early is no contradiction to verify, however old what it keeps is", async () => {
    const journal = prunable(newPath());
    let hour = 0;
    const audit = logOver(journal, { clock: () => at(3600 * hour++) });
    record(audit, "a", "held", "b", "c");
    audit.hold({ proposalId: "held" }, "why");
    expect(audit.prune({ olderThan: at(3600 * 4) })).toMatchObject({ pruned: 1, heldBy: {} });
    const report = await verify(journal.evidence(), { acceptPruned: 1 });
    expect(report.problems).toEqual([]);
  });

  test("that failed after its entry is finished by the next one", () => {
    const journal = prunable(newPath());
    const audit = logOver(journal);
    record(audit, "a", "b", "c", "d");
    const failing = vi.spyOn(journal, "prune").mockImplementationOnce(() => {
      throw new Error("the disk is full");
    });
    expect(() => audit.prune({ olderThan: at(2) })).toThrow("the disk is full");
    failing.mockRestore();
    expect(sequences(audit)).toEqual([0, 1, 2, 3, 4]);
    expect(audit.prune({ olderThan: at(2) })).toEqual({ pruned: 0, prunedBefore: 2 });
    expect(sequences(audit)).toEqual([2, 3, 4]);
  });

  test("that a mirror keeps from being finished is reported, and a later hold is respected", async () => {
    const path = newPath();
    const journal = prunable(path);
    const audit = logOver(journal);
    record(audit, "a", "b", "c", "d");
    vi.spyOn(journal, "prune").mockImplementationOnce(() => {});
    audit.prune({ olderThan: at(3) });
    journal.outbox("otlp", { backfill: true });
    await audit.shutdown();
    journal.close();
    const blocked = prunable(path);
    const late = logOver(blocked);
    expect(late.errors).toMatchObject([
      { code: "journal_failed", message: expect.stringContaining("announced is not finished") },
    ]);
    late.hold({ proposalId: "b" }, "found in time");
    blocked.forgetMirror("otlp");
    await late.shutdown();
    blocked.close();
    const last = logOver(prunable(path));
    expect(last.errors).toEqual([]);
    expect(sequences(last)).toEqual([1, 2, 3, 4, 5]);
  });

  test("of a process that was killed after the entry is finished by the next start", () => {
    const path = newPath();
    const { signal } = spawnSync(process.execPath, [join(PROGRAMS, "pruning-program.js")], {
      env: { ...process.env, JOURNAL: path },
      stdio: "inherit",
    });
    expect(signal).toBe("SIGKILL");
    const reader = openJournal(path, { readOnly: true });
    expect(reader.stats()).toMatchObject({ entries: 11, pruned: 0 });
    reader.close();
    const audit = logOver(openJournal(path));
    expect(sequences(audit)).toEqual([6, 7, 8, 9, 10]);
    expect(audit.errors).toEqual([]);
  });

  test("is committed before anything is removed, with durability batch too", () => {
    const journal = prunable(newPath());
    const audit = logOver(journal, { durability: "batch" });
    record(audit, "a", "b", "c");
    const lengths: number[] = [];
    const prune = journal.prune.bind(journal);
    vi.spyOn(journal, "prune").mockImplementation((planned) => {
      lengths.push(journal.length);
      prune(planned);
    });
    expect(audit.prune({ olderThan: at(2) })).toMatchObject({ pruned: 2 });
    expect(lengths).toEqual([4]);
  });
});

import { LoggerProvider } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { exportJson } from "../../src/entry/audit-entry.js";
import {
  type AuditEntry,
  AuditError,
  AuditLogProcessor,
  type AuditLogProcessorOptions,
  type AuditQuery,
  GovernanceAuditLog,
} from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import * as arbitrary from "../fixtures/arbitrary-log.js";
import { afterThisTest } from "../fixtures/cleanup.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  START,
  thrownBy,
} from "../fixtures/journal.js";
import { filtered } from "../fixtures/plain-filter.js";

type Options = AuditLogProcessorOptions & { readonly attached?: boolean };

function started({ attached = false, ...options }: Options): GovernanceAuditLog {
  let audit: GovernanceAuditLog;
  if (attached) {
    const processor = new AuditLogProcessor({ onError: () => {}, ...options });
    const loggerProvider = new LoggerProvider({ processors: [processor] });
    audit = GovernanceAuditLog.attach({ loggerProvider, processor });
  } else audit = new GovernanceAuditLog({ onError: () => {}, ...options });
  afterThisTest(() => audit.shutdown({ timeoutMillis: 50 }).catch(() => {}));
  return audit;
}

const vote = (audit: GovernanceAuditLog, count = 1): AuditEntry[] =>
  Array.from({ length: count }, (_, at) =>
    audit.log({ operation: "vote_casted", actorDid: at % 2 === 0 ? "alice" : "bob" }),
  );

const limited = (found: AuditEntry[], { limit = 100 }: AuditQuery) => found.slice(0, limit);

/** Expects a log to answer as a filtered array of all its entries does. */
function expectWhole(
  audit: GovernanceAuditLog,
  all: readonly AuditEntry[],
  queries: readonly AuditQuery[],
): void {
  for (const query of [{}, ...queries]) {
    const found = filtered(all, query);
    expect(audit.entries(query)).toEqual(limited(found, query));
    const { limit: _, ...unlimited } = query;
    expect(audit.count(unlimited)).toBe(found.length);
    expect(paged(audit, { ...query, limit: 7 })).toEqual(found);
  }
  for (const entry of all) expect(audit.get(entry.sequence)).toEqual(entry);
  expect(audit.get(all.length)).toBeUndefined();
  expect([...audit.lines()].map((line) => JSON.parse(line).seq)).toEqual(
    all.map(({ sequence }) => sequence),
  );
}

function paged(audit: GovernanceAuditLog, query: AuditQuery): AuditEntry[] {
  const found: AuditEntry[] = [];
  const cursor = query.order === "oldest" ? "after" : "before";
  for (let asked = query; ; ) {
    const { entries, next, evictedBefore } = audit.page(asked);
    expect(evictedBefore).toBeUndefined();
    found.push(...entries);
    if (next === undefined) return found;
    asked = { ...asked, [cursor]: next };
  }
}

describe("a log with a journal", () => {
  test("answers over its whole history, whatever memory holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          maxEntries: fc.integer({ min: 1, max: 30 }),
          durability: fc.constantFrom("commit" as const, "batch" as const),
          attached: fc.boolean(),
        }),
        fc.array(fc.array(arbitrary.events, { maxLength: 25 }), { minLength: 1, maxLength: 3 }),
        fc.array(arbitrary.queries, { minLength: 3, maxLength: 8 }),
        fc.boolean(),
        async (options, runs, queries, clears) => {
          const journal = newPath();
          const all: AuditEntry[] = [];
          for (const events of runs) {
            const audit = started({ journal, ...options });
            for (const event of events) all.push(audit.log(event));
            if (clears) audit.clear();
            expectWhole(audit, all, queries);
            await audit.flush();
            expect(audit.length).toBeLessThanOrEqual(options.maxEntries);
            expectWhole(audit, all, queries);
            await audit.shutdown();
          }
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test("exports its whole history", () => {
    const audit = started({ journal: newPath(), maxEntries: 10, durability: "batch" });
    const all = vote(audit, 300);
    expect(audit.length).toBe(44); // those that are not committed, and never fewer
    expect(audit.exportJson()).toBe(exportJson(all));
    expect(audit.exportNdjson().split("\n")).toHaveLength(301);
    expect(audit.count()).toBe(300);
    expect(audit.count({ actorDid: "bob" })).toBe(150);
  });

  test("does not ask the journal while memory holds all that the journal does", async () => {
    const journal = newPath();
    const audit = started({ journal, maxEntries: 10 });
    const all = vote(audit, 10);
    const select = vi.spyOn(Journal.prototype, "select");
    const count = vi.spyOn(Journal.prototype, "countOf");
    const get = vi.spyOn(Journal.prototype, "get");
    const lines = vi.spyOn(Journal.prototype, "linesOf");
    expectWhole(audit, all, [{ actorDid: "alice" }, { order: "oldest" }, { actorDid: "nobody" }]);
    const calls = () => [select, count, get, lines].map(({ mock }) => mock.calls.length);
    expect(calls()).toEqual([0, 0, 0, 0]);
    vote(audit, 5);
    expect(audit.entries({ limit: 10 })).toHaveLength(10);
    expect(audit.entries({ after: 4, order: "oldest" })).toHaveLength(10);
    expect(audit.get(14)).toBeDefined();
    expect(audit.get(15)).toBeUndefined();
    expect(calls()).toEqual([0, 0, 0, 0]);
    expect(audit.entries({ limit: 11 })).toHaveLength(11);
    expect(audit.entries({ order: "oldest", limit: 2 }).map((entry) => entry.sequence)).toEqual([
      0, 1,
    ]);
    expect(calls()).toEqual([2, 0, 0, 0]);
    vi.restoreAllMocks();
  });

  test("keeps in memory what is not committed, also through a clear", async () => {
    const path = newPath();
    const audit = started({ journal: path, maxEntries: 2, durability: "batch" });
    const all = vote(audit, 5);
    audit.clear();
    expect(audit.length).toBe(5);
    expectWhole(audit, all, [{ actorDid: "alice" }]);
    await audit.flush();
    expect(audit.length).toBe(2);
    audit.clear();
    expect(audit.length).toBe(0);
    expectWhole(audit, all, [{ actorDid: "alice" }]);
  });

  test("throws what the journal throws where memory cannot answer", () => {
    const path = newPath();
    const audit = started({ journal: path, maxEntries: 2 });
    vote(audit, 5);
    const failing = vi.spyOn(Journal.prototype, "select").mockImplementation(() => {
      throw new AuditError("journal_failed", "the disk failed");
    });
    expect(audit.entries({ limit: 2 })).toHaveLength(2);
    expect(thrownBy(() => audit.entries()).code).toBe("journal_failed");
    failing.mockRestore();
  });

  test.each([true, false])(
    "after a shutdown, answers from memory alone (attached: %s)",
    async (attached) => {
      const audit = started({ journal: newPath(), maxEntries: 3, attached });
      const all = vote(audit, 5);
      await audit.shutdown();
      expect(audit.entries({ limit: 3 })).toEqual(all.slice(2).reverse());
      expect(audit.get(4)).toEqual(all[4]);
      expect(audit.get(9)).toBeUndefined();
      expect(audit.count({ after: 1 })).toBe(3);
      for (const ask of [
        () => audit.entries(),
        () => audit.page({ order: "oldest" }),
        () => audit.count(),
        () => audit.get(0),
        () => audit.lines(),
        () => audit.exportJson(),
        () => audit.exportNdjson(),
      ])
        expect(thrownBy(ask).code).toBe("closed");
    },
  );

  test("answers everything after a shutdown if memory holds everything", async () => {
    const audit = started({ journal: newPath() });
    const all = vote(audit, 5);
    await audit.shutdown();
    expectWhole(audit, all, [{ actorDid: "bob" }]);
  });

  test("does not answer what was pruned, and says in a page that it was", () => {
    const journal = prunable(newPath());
    append(journal, 10);
    const audit = started({ journal, maxEntries: 8 });
    expect(audit.page()).not.toHaveProperty("evictedBefore");
    expect(audit.length).toBe(8);
    pruneUnsealed(journal, { olderThan: new Date(START + 4000) });
    for (const reader of [audit, journal]) {
      expect(reader.page({ order: "oldest", limit: 2 })).toMatchObject({
        entries: [{ sequence: 4 }, { sequence: 5 }],
        next: 5,
        evictedBefore: 4,
      });
      expect(reader.page({ after: 3 })).not.toHaveProperty("evictedBefore");
      expect(reader.count()).toBe(6);
      expect(reader.get(3)).toBeUndefined();
      expect([...reader.lines()]).toHaveLength(6);
    }
    expect(audit.length).toBe(6);
  });

  test("offers its open journal, also when it was opened by path", async () => {
    const path = newPath();
    const file = `${path}.copy`;
    const audit = started({ journal: path, maxEntries: 2, attached: true });
    vote(audit, 3);
    const journal = audit.journal;
    expect(journal?.stats()).toMatchObject({ entries: 3, pruned: 0, mirrors: {} });
    expect(journal?.rejected()).toEqual([]);
    await journal?.backup(file);
    const copy = Journal.open(file, { readOnly: true });
    expect(copy.entries()).toEqual(audit.entries());
    copy.close();
    expect(journal?.length).toBe(3);
    expect(audit.journal).toBe(journal);
    await audit.shutdown();
    expect(() => journal?.stats()).toThrow(expect.objectContaining({ code: "closed" }));
    expect(new GovernanceAuditLog().journal).toBeUndefined();
  });

  test("offers of a journal what only its log may do to nobody, in JavaScript neither", () => {
    const own = openJournal(newPath());
    const audit = started({ journal: own, attached: true });
    vote(audit, 1);
    const face = audit.journal as Journal;
    for (const name of ["append", "close", "claimName", "planPruning", "prune", "constructor"])
      expect(Object.getOwnPropertyNames(face)).not.toContain(name);
    expect(() => Journal.prototype.close.call(face)).toThrow(TypeError);
    expect(() => new GovernanceAuditLog({ journal: face })).toThrow(
      expect.objectContaining({ code: "invalid_options", field: "journal" }),
    );
    const members = Object.getOwnPropertyNames(Journal.prototype);
    expect(members.filter((name) => !(name in face)).sort()).toEqual([
      "append",
      "claimName",
      "close",
      "planPruning",
      "prune",
    ]);
    vote(audit, 1);
    expect(audit.count()).toBe(2);
  });
});

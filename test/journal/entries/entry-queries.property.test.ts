import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { AuditQuery } from "../../../src/index.js";
import type { JournalRow } from "../../../src/journal/index.js";
import { MemoryStore } from "../../../src/memory/memory-store.js";
import { parseQuery } from "../../../src/query/audit-query.js";
import { pageOf } from "../../../src/query/audit-reader.js";
import * as arbitrary from "../../fixtures/arbitrary-log.js";
import { newPath, openJournal, rowOf, START } from "../../fixtures/journal.js";
import { runs } from "../../fixtures/long-runs.js";
import { filtered } from "../../fixtures/plain-filter.js";

describe("a journal and memory with the same entries", () => {
  test("answer every query alike", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(arbitrary.events, arbitrary.traceIds), { maxLength: 60 }),
        fc.array(arbitrary.queries, { minLength: 10, maxLength: 40 }),
        fc.constantFrom(1, 1, 1, 40),
        (few, queries, times) => {
          // Many are more than a block, which has postings.
          const events = Array.from({ length: times }, () => few).flat();
          const journal = openJournal(newPath());
          const memory = new MemoryStore({ maxEntries: 1000, maxBytes: Number.POSITIVE_INFINITY });
          const lines: string[] = [];
          for (const [sequence, [event, traceId]] of events.entries()) {
            const columns = { proposalId: undefined, actorDid: undefined, ...event };
            const row = rowOf(sequence, columns, { traceId });
            journal.append(row);
            memory.append(row.entry, row.timestampMillis, 0);
            lines.push(row.line);
          }
          for (const asked of queries) {
            const parsed = parseQuery(asked);
            expect(journal.entries(asked)).toEqual(memory.select(parsed));
            expect(journal.page(asked)).toEqual(pageOf(parsed, (one) => memory.select(one)));
            const { limit: _, ...unlimited } = asked;
            const all = filtered(memory.snapshot(), asked);
            expect(journal.entries(asked)).toEqual(all.slice(0, parsed.limit));
            expect(memory.count(parsed)).toBe(all.length);
            expect(journal.count(unlimited)).toBe(all.length);
          }
          for (const sequence of [-1, 0, 1, 59, 60, 0.5])
            expect(journal.get(sequence)).toEqual(memory.get(sequence));
          expect([...journal.lines()]).toEqual(lines);
          expect(journal.newest(5).map(({ entry }) => entry)).toEqual(memory.snapshot().slice(-5));
          journal.close();
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test("find several values through the postings, without a look at all of them", () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
    const journal = openJournal(newPath());
    const database = prepare.mock.contexts.at(-1) as DatabaseSync;
    journal.append(
      ...Array.from({ length: 1030 }, (_, at) =>
        rowOf(at, { proposalId: `p${at % 5}`, actorDid: `a${at % 3}`, details: { at } }),
      ),
    );
    prepare.mockClear();
    const proposalId = ["p1", "p2", "p3"];
    const actorDid = ["a0", "a2"];
    for (const order of ["newest", "oldest"] as const) {
      journal.entries({ proposalId, order });
      journal.entries({ proposalId, actorDid, order, details: { at: 7 }, after: 3 });
      journal.entries({ proposalId, order, traceId: "0af7651916cd43dd8448eb211c80319c" });
      journal.entries({ proposalId, order, since: new Date(0), until: new Date(START + 9000) });
    }
    const statements = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /posting/.test(sql));
    prepare.mockRestore();
    expect(statements).toHaveLength(4); // those of two columns, and how many blocks each has
    for (const sql of statements) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      const plan = steps.map(({ detail }) => String(detail));
      expect(plan).toContain(
        "SEARCH posting USING PRIMARY KEY (column=? AND value=? AND block>? AND block<?)",
      );
    }
  });

  test("have the same values in a column", () => {
    const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), fc.constantFrom("a", "b"));
    const column = fc.option(
      texts.map((text) => text.toWellFormed()),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.array(fc.record({ subjectId: column, actorDid: column })), (events) => {
        const journal = openJournal(newPath());
        journal.append(...events.map((event, sequence) => rowOf(sequence, event)));
        for (const name of ["operation", "proposalId", "subjectId", "actorDid", "kind"] as const) {
          const held = new Set(
            journal.entries({ limit: 1000 }).flatMap((entry) => entry[name] ?? []),
          );
          expect([...journal.values(name)]).toEqual(
            [...held].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
          );
        }
        journal.close();
      }),
      { numRuns: runs(60) },
    );
  });

  test("lists thousands of values, of columns that a query can name alone", () => {
    const journal = openJournal(newPath());
    const actors = Array.from({ length: 2500 }, (_, at) => `did:${String(at).padStart(4, "0")}`);
    journal.append(...actors.map((actorDid, sequence) => rowOf(sequence, { actorDid })));
    expect([...journal.values("actorDid")]).toEqual(actors);
    expect(() => journal.values("line" as "kind")).toThrow(
      expect.objectContaining({ code: "invalid_query", field: "column" }),
    );
  });

  test("answer alike over blocks of entries whose times do not rise with the sequence", () => {
    const journal = openJournal(newPath());
    const memory = new MemoryStore({ maxEntries: 10_000, maxBytes: Number.POSITIVE_INFINITY });
    const rows: JournalRow[] = [];
    for (let sequence = 0; sequence < 4200; sequence++) {
      const block = Math.floor(sequence / 700);
      const timestamp = new Date(((block * 37) % 6) * 1_000_000 + (sequence % 100) * 1000);
      const row = rowOf(sequence, {
        timestamp,
        proposalId: `p${sequence % 5}`,
        actorDid: `a${sequence % 3000}`,
      });
      rows.push(row);
      memory.append(row.entry, row.timestampMillis, 0);
    }
    journal.append(...rows);
    const ask = (asked: AuditQuery): void => {
      const parsed = parseQuery(asked);
      expect(journal.entries(asked)).toEqual(memory.select(parsed));
      expect(journal.count(asked)).toBe(memory.count(parsed));
    };
    for (const from of [0, 500_000, 1_000_000, 3_050_000, 5_000_000, 9_000_000])
      for (const span of [1000, 60_000, 1_000_000, 3_000_000])
        for (const order of ["newest", "oldest"] as const) {
          const range = { since: new Date(from), until: new Date(from + span), order, limit: 5000 };
          ask(range);
          ask({ ...range, proposalId: "p3", after: 800 });
          ask({ ...range, proposalId: "p3", actorDid: "a8", before: 4100 });
          ask({ ...range, proposalId: ["p3", "p1", "none"], actorDid: ["a8", "a11"] });
          ask({ ...range, actorDid: Array.from({ length: 250 }, (_, at) => `a${at * 3}`) });
        }
  });
});

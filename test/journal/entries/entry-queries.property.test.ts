import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AuditQuery } from "../../../src/index.js";
import type { JournalRow } from "../../../src/journal/index.js";
import { MemoryStore } from "../../../src/memory/memory-store.js";
import { parseQuery } from "../../../src/query/audit-query.js";
import { pageOf } from "../../../src/query/audit-reader.js";
import * as arbitrary from "../../fixtures/arbitrary-log.js";
import { newPath, openJournal, rowOf } from "../../fixtures/journal.js";

describe("a journal and memory with the same entries", () => {
  test("answer every query alike", () => {
    fc.assert(
      fc.property(
        fc.array(arbitrary.events, { maxLength: 60 }),
        fc.array(arbitrary.queries, { minLength: 10, maxLength: 40 }),
        (events, queries) => {
          const journal = openJournal(newPath());
          const memory = new MemoryStore({ maxEntries: 1000, maxBytes: Number.POSITIVE_INFINITY });
          const lines: string[] = [];
          for (const [sequence, event] of events.entries()) {
            const row = rowOf(sequence, { proposalId: undefined, actorDid: undefined, ...event });
            journal.append(row);
            memory.append(row.entry, row.timestampMillis, 0);
            lines.push(row.line);
          }
          for (const asked of queries) {
            const parsed = parseQuery(asked);
            expect(journal.entries(asked)).toEqual(memory.select(parsed));
            expect(journal.page(asked)).toEqual(pageOf(parsed, (one) => memory.select(one)));
            const { limit: _, ...unlimited } = asked;
            expect(journal.count(unlimited)).toBe(memory.count(parsed));
          }
          for (const sequence of [-1, 0, 1, 59, 60, 0.5])
            expect(journal.get(sequence)).toEqual(memory.get(sequence));
          expect([...journal.lines()]).toEqual(lines);
          expect(journal.newest(5).map(({ entry }) => entry)).toEqual(memory.snapshot().slice(-5));
          journal.close();
        },
      ),
      { numRuns: 60 },
    );
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
      { numRuns: 60 },
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
        }
  });
});

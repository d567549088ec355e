import fc from "fast-check";
import { expect, test } from "vitest";
import { type EntryQuery, entryPages } from "../../src/cli/input/source.js";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import { INDEXED_COLUMNS } from "../../src/entry/columns.js";
import { newPath, openJournal, rowOf } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";

const letter = fc.constantFrom("a", "b", "c");
const column = fc.option(letter, { nil: undefined });
const events = fc.array(
  fc.record({ operation: letter, actorDid: column, kind: column, decision: column }),
  { maxLength: 120 },
);
const values = fc.option(fc.array(letter, { minLength: 1, maxLength: 4 }), { nil: undefined });
const sequence = fc.option(fc.nat(120), { nil: undefined });
const queries = fc.record({
  operation: values,
  actorDid: values,
  kind: values,
  decision: values,
  before: sequence,
  after: sequence,
  order: fc.constantFrom("newest" as const, "oldest" as const),
});

function isFound(entry: AuditEntry, query: EntryQuery): boolean {
  const { before = Number.POSITIVE_INFINITY, after = -1 } = query;
  if (entry.sequence >= before || entry.sequence <= after) return false;
  return INDEXED_COLUMNS.every(({ name }) => {
    const wanted = query[name];
    const value = entry[name];
    return wanted === undefined || (value !== undefined && wanted.includes(value));
  });
}

test("several values of a column find any of them, each entry once, in order, up to the limit", async () => {
  await fc.assert(
    fc.asyncProperty(events, queries, fc.nat(60), async (rows, query, limit) => {
      const journal = openJournal(newPath());
      journal.append(...rows.map((event, at) => rowOf(at, { proposalId: undefined, ...event })));
      const all = journal.entries({ limit: 1000, order: query.order });
      const wanted = all.filter((entry) => isFound(entry, query));
      for (const most of [limit, Number.POSITIVE_INFINITY]) {
        const found: AuditEntry[] = [];
        for await (const page of entryPages(journal, query, most)) found.push(...page);
        expect(found).toEqual(wanted.slice(0, most));
      }
      journal.close();
    }),
    { numRuns: runs(60) },
  );
});

test("pages stay small, however many values and entries there are", async () => {
  const journal = openJournal(newPath());
  const operations = ["a", "b", "c", "d"];
  journal.append(
    ...Array.from({ length: 2000 }, (_, at) => rowOf(at, { operation: operations[at % 4] ?? "a" })),
  );
  const asked: number[] = [];
  const reader = {
    page: (query: Parameters<typeof journal.page>[0]) => {
      asked.push(query?.limit ?? 0);
      return journal.page(query);
    },
  };
  const sequences: number[] = [];
  for await (const page of entryPages(reader, { operation: operations, order: "oldest" })) {
    expect(page.length).toBeLessThanOrEqual(512);
    sequences.push(...page.map((entry) => entry.sequence));
  }
  expect(sequences).toEqual(Array.from({ length: 2000 }, (_, at) => at));
  expect(Math.max(...asked)).toBe(512);
});

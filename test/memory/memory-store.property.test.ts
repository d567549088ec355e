import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLUMNS, type ColumnName } from "../../src/entry/columns.js";
import type { AuditEntry, AuditQuery, JsonObject } from "../../src/index.js";
import { MemoryStore } from "../../src/memory/memory-store.js";
import { parseQuery } from "../../src/query/audit-query.js";
import { runs } from "../fixtures/long-runs.js";

const COLUMN_NAMES = COLUMNS.map(({ name }) => name);

/** An entry as the store sees it, with what it is told beside. */
interface Row {
  readonly entry: AuditEntry;
  readonly time: number;
  readonly bytes: number;
}

/** The same store as an array that is filtered. */
class NaiveStore {
  rows: Row[] = [];
  readonly maxEntries: number;
  readonly maxBytes: number;

  constructor(maxEntries: number, maxBytes: number) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  append(row: Row): void {
    this.rows.push(row);
    const bytes = (): number => this.rows.reduce((sum, { bytes }) => sum + bytes, 0);
    while (
      this.rows.length > this.maxEntries ||
      (this.maxBytes < Number.POSITIVE_INFINITY && bytes() > this.maxBytes)
    )
      this.rows.shift();
  }

  select(query: AuditQuery): AuditEntry[] {
    const found = this.rows
      .filter(
        ({ entry, time }) =>
          COLUMN_NAMES.every(
            (column) =>
              query[column] === undefined ||
              [query[column]].flat().some((value) => value === entry[column]),
          ) &&
          Object.entries(query.details ?? {}).every(
            ([key, value]) => value === undefined || (entry.details as JsonObject)[key] === value,
          ) &&
          (query.since === undefined || time >= query.since.getTime()) &&
          (query.until === undefined || time < query.until.getTime()) &&
          (query.before === undefined || entry.sequence < query.before) &&
          (query.after === undefined || entry.sequence > query.after),
      )
      .map(({ entry }) => entry);
    return query.order === "oldest" ? found : found.reverse();
  }
}

const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Few values, so that they meet. */
const columns = fc.record({
  operation: fc.constantFrom("vote_cast", "node_added", "policy_updated"),
  proposalId: option(fc.constantFrom("p1", "p2", "p3", "")),
  actorDid: option(fc.constantFrom("alice", "bob", "__proto__")),
  subjectId: option(fc.constantFrom("m1", "m2")),
  kind: option(fc.constantFrom("delegation", "add-node")),
  decision: option(fc.constantFrom("approve", "reject")),
  details: fc.constantFrom({}, { weight: 1 }, { weight: 2 }),
});

const time = fc.integer({ min: 0, max: 40 });

type Columns = Readonly<Partial<Record<ColumnName, string | undefined>>> & {
  readonly details: JsonObject;
};

type Step =
  | {
      readonly do: "append";
      readonly columns: Columns;
      readonly time: number;
      readonly bytes: number;
    }
  | {
      readonly do: "burst";
      readonly columns: Columns;
      readonly count: number;
      readonly time: number;
    }
  | { readonly do: "clear" }
  | { readonly do: "query"; readonly query: AuditQuery; readonly back: number };

/** Mostly absent: of a query with many conditions the answer is mostly nothing. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  );

const oneOrSeveral = (...values: string[]) =>
  fc.oneof(
    fc.constantFrom(...values),
    fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 4 }),
  );

const query: fc.Arbitrary<AuditQuery> = fc.record({
  operation: rarely(oneOrSeveral("vote_cast", "node_added", "policy_updated", "never")),
  proposalId: rarely(oneOrSeveral("p1", "p2", "p3", "", "never")),
  actorDid: rarely(oneOrSeveral("alice", "bob", "__proto__", "constructor")),
  subjectId: rarely(oneOrSeveral("m1", "m2")),
  kind: rarely(oneOrSeveral("delegation", "add-node")),
  decision: rarely(oneOrSeveral("approve", "reject")),
  details: rarely(fc.constantFrom({ weight: 1 }, { weight: undefined }, { none: 1 })),
  since: option(time.map((at) => new Date(at))),
  until: option(time.map((at) => new Date(at))),
  order: option(fc.constantFrom("newest" as const, "oldest" as const)),
  limit: fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.constant(10_000)),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant("append" as const), columns, time, bytes: fc.nat(30) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("burst" as const),
      columns,
      time,
      count: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant("query" as const), query, back: fc.nat(60) }),
  },
);

const bounds = fc.record({
  maxEntries: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 2500 })),
  maxBytes: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 400 })),
});

describe("a memory store after any appends, evictions and clears", () => {
  test("answers any query as a filtered array does", () => {
    fc.assert(
      fc.property(
        bounds,
        fc.constantFrom(0, 1000, 1023, 1024, 4095),
        fc.array(step, { minLength: 5, maxLength: 50 }),
        ({ maxEntries, maxBytes }, start, steps) => {
          const store = new MemoryStore({ maxEntries, maxBytes });
          const naive = new NaiveStore(maxEntries, maxBytes);
          let sequence = start;
          const append = (values: Columns, at: number, bytes: number): void => {
            const entry = { ...values, sequence: sequence++ } as unknown as AuditEntry;
            store.append(entry, at, bytes);
            naive.append({ entry, time: at, bytes });
          };
          for (const command of steps)
            if (command.do === "append") append(command.columns, command.time, command.bytes);
            else if (command.do === "burst")
              for (let index = 0; index < command.count; index++)
                append(command.columns, command.time + Math.floor(index / 300), 1);
            else if (command.do === "clear") {
              store.evictBefore(Number.POSITIVE_INFINITY);
              naive.rows = [];
            } else {
              expectSame(store, naive, command.query);
              expectSame(store, naive, {
                ...command.query,
                before: Math.max(0, sequence - command.back),
              });
              expectSame(store, naive, {
                ...command.query,
                after: Math.max(0, sequence - command.back),
              });
            }
          expectSame(store, naive, {});
          expect(store.length).toBe(naive.rows.length);
          expect(store.snapshot()).toEqual(naive.rows.map(({ entry }) => entry));
          for (const at of [
            start - 1,
            start,
            sequence - maxEntries - 1,
            sequence - maxEntries,
            sequence - 1,
            sequence,
          ])
            expect(store.get(at)).toBe(
              naive.rows.find(({ entry }) => entry.sequence === at)?.entry,
            );
        },
      ),
      { numRuns: runs(250) },
    );
  });

  function expectSame(store: MemoryStore, naive: NaiveStore, asked: AuditQuery): void {
    const parsed = parseQuery(asked);
    const all = naive.select(asked);
    const sequences = (entries: readonly AuditEntry[]): number[] =>
      entries.map(({ sequence }) => sequence);
    expect(sequences(store.select(parsed))).toEqual(sequences(all.slice(0, parsed.limit)));
    expect(store.count(parsed)).toBe(all.length);
  }
});

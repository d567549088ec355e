import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AuditQuery, GovernanceAuditLog } from "../../src/index.js";
import { runs } from "../fixtures/long-runs.js";

const ACTORS = ["alice", "bob", "carol"] as const;

const scenario = fc.record({
  maxEntries: fc.integer({ min: 1, max: 60 }),
  before: fc.array(fc.constantFrom(...ACTORS), { maxLength: 80 }),
  /** What is appended after each page; then nothing more. */
  between: fc.array(fc.array(fc.constantFrom(...ACTORS), { maxLength: 12 }), { maxLength: 8 }),
  limit: fc.integer({ min: 1, max: 9 }),
  actorDid: fc.option(fc.constantFrom(...ACTORS), { nil: undefined }),
  order: fc.constantFrom("newest" as const, "oldest" as const),
});

describe("the pages of any query, while entries are added and evicted", () => {
  test("hold each entry once at the most, in order, and all that were there from first page to last", () => {
    fc.assert(
      fc.property(scenario, ({ maxEntries, before, between, limit, actorDid, order }) => {
        const audit = new GovernanceAuditLog({ maxEntries });
        const append = (actors: readonly string[]): void => {
          for (const actor of actors) audit.log({ operation: "acted", actorDid: actor });
        };
        const held = (): number[] =>
          audit.entries({ actorDid, order, limit: 1000 }).map(({ sequence }) => sequence);
        append(before);
        const atFirst = held();
        const pending = [...between];
        const paged: number[] = [];
        let query: AuditQuery = { actorDid, order, limit };
        let last: number[];
        for (;;) {
          const { entries, next } = audit.page(query);
          expect(entries.length).toBeLessThanOrEqual(limit);
          paged.push(...entries.map(({ sequence }) => sequence));
          last = held();
          if (next === undefined) break;
          expect(next).toBe(paged.at(-1));
          query = { ...query, [order === "oldest" ? "after" : "before"]: next };
          append(pending.shift() ?? []);
        }
        const direction = order === "oldest" ? 1 : -1;
        expect(paged).toEqual([...new Set(paged)].sort((a, b) => direction * (a - b)));
        const throughout = atFirst.filter((sequence) => last.includes(sequence));
        expect(paged).toEqual(expect.arrayContaining(throughout));
        if (order === "oldest") expect(paged).toEqual(expect.arrayContaining(last));
      }),
      { numRuns: runs(400) },
    );
  });
});

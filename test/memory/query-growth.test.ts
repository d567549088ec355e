import { afterEach, expect, test, vi } from "vitest";
import { COLUMNS } from "../../src/entry/columns.js";
import type { AuditEntry } from "../../src/index.js";
import { Blocks } from "../../src/memory/blocks.js";
import { MemoryStore } from "../../src/memory/memory-store.js";
import { Postings, type Walker } from "../../src/memory/postings.js";
import { type AuditQuery, parseQuery } from "../../src/query/audit-query.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A log in which one entry in ten is of the proposal asked for, and every second one of the operation. */
function storeOf(size: number): MemoryStore {
  const store = new MemoryStore({ maxEntries: size, maxBytes: Number.POSITIVE_INFINITY });
  for (let sequence = 0; sequence < size; sequence++) {
    const entry: Pick<AuditEntry, "sequence" | "operation" | "proposalId"> = {
      sequence,
      operation: sequence % 2 === 0 ? "vote_cast" : "proposal_created",
      proposalId: sequence % 10 === 0 ? "wanted" : `other ${sequence % 97}`,
    };
    store.append(entry as AuditEntry, sequence, 0);
  }
  return store;
}

/** How many steps the walks of a query take, and how many entries it looks at. */
function workOf(
  store: MemoryStore,
  query: AuditQuery,
): { steps: number; looks: number; found: number } {
  let steps = 0;
  const counted = (walker: Walker): Walker => ({
    seek: (bound) => {
      steps++;
      return walker.seek(bound);
    },
  });
  const { newestFirst, oldestFirst } = Postings.prototype;
  vi.spyOn(Postings.prototype, "newestFirst").mockImplementation(function (this: Postings) {
    return counted(newestFirst.call(this));
  });
  vi.spyOn(Postings.prototype, "oldestFirst").mockImplementation(function (this: Postings) {
    return counted(oldestFirst.call(this));
  });
  const get = vi.spyOn(Blocks.prototype, "get");
  const found = store.select(parseQuery(query)).length;
  const looks = get.mock.calls.length;
  vi.restoreAllMocks();
  return { steps, looks, found };
}

test.each<AuditQuery>([
  { proposalId: "wanted", limit: 20 },
  { proposalId: "wanted", limit: 20, order: "oldest" },
  { proposalId: "wanted", operation: "vote_cast", limit: 20 },
  { operation: "vote_cast", limit: 20, order: "oldest" },
  { operation: ["vote_cast", "node_added"], proposalId: ["wanted", "none"], limit: 20 },
])("%o takes as many steps in a log of 20 000 entries as in one of 500", (query) => {
  const small = workOf(storeOf(500), query);
  const large = workOf(storeOf(20_000), query);
  expect(small.found).toBe(20);
  expect(large).toEqual(small);
  expect(large.looks).toBe(20);
  expect(large.steps).toBeLessThanOrEqual(20 * 3);
});

test("a query for one proposal looks at the entries that it returns and at no other", () => {
  const { looks, found } = workOf(storeOf(20_000), { proposalId: "wanted", limit: 5000 });
  expect(found).toBe(2000);
  expect(looks).toBe(2000);
});

test.each(["newest", "oldest"] as const)(
  "two values of a field take a few steps for each entry that is found, %s first",
  (order) => {
    const query = { proposalId: ["wanted", "other 1"], limit: 20, order };
    const small = workOf(storeOf(500), query);
    const { steps, looks, found } = workOf(storeOf(20_000), query);
    expect({ looks, found }).toEqual({ looks: 20, found: 20 });
    expect(small.found).toBe(20);
    expect(steps).toBeLessThanOrEqual(20 * 3);
  },
);

test("values that never meet are found out without looking at an entry", () => {
  const query = { proposalId: "wanted", operation: "proposal_created", limit: 20 };
  const { looks, found } = workOf(storeOf(20_000), query);
  expect(found).toBe(0);
  expect(looks).toBe(0);
});

test("an evicted entry leaves no trace in the indexes, so that they do not outgrow the log", () => {
  const store = new MemoryStore({ maxEntries: 100, maxBytes: Number.POSITIVE_INFINITY });
  for (let sequence = 0; sequence < 5000; sequence++) {
    const columns = Object.fromEntries(
      COLUMNS.map(({ name: column }) => [column, `${column} ${sequence % 2}`]),
    );
    store.append({ ...columns, sequence } as unknown as AuditEntry, sequence, 0);
  }
  for (const { name: column } of COLUMNS) {
    const lengths: number[] = [];
    const { newestFirst } = Postings.prototype;
    vi.spyOn(Postings.prototype, "newestFirst").mockImplementation(function (this: Postings) {
      lengths.push(this.length);
      return newestFirst.call(this);
    });
    expect(store.count(parseQuery({ [column]: `${column} 1` }))).toBe(50);
    expect(lengths).toEqual([50]);
    vi.restoreAllMocks();
  }
});

test("a value whose last entry was evicted is forgotten", () => {
  const store = new MemoryStore({ maxEntries: 10, maxBytes: Number.POSITIVE_INFINITY });
  for (let sequence = 0; sequence < 1000; sequence++)
    store.append(
      { sequence, operation: "o", proposalId: `p${sequence}` } as AuditEntry,
      sequence,
      0,
    );
  const walks = vi.spyOn(Postings.prototype, "newestFirst");
  for (let sequence = 0; sequence < 1000; sequence++)
    expect(store.count(parseQuery({ proposalId: `p${sequence}` }))).toBe(sequence < 990 ? 0 : 1);
  expect(walks).toHaveBeenCalledTimes(10);
});

test("the eviction of all entries leaves no trace in the indexes either", () => {
  const store = storeOf(500);
  store.evictBefore(500);
  const walks = vi.spyOn(Postings.prototype, "newestFirst");
  expect(store.count(parseQuery({ proposalId: "wanted", operation: "vote_cast" }))).toBe(0);
  expect(walks).not.toHaveBeenCalled();
});

import { describe, expect, test } from "vitest";
import { type AuditQuery, GovernanceAuditLog } from "../../src/index.js";
import { federationTrail, second } from "../fixtures/federation-trail.js";

/** Asks for page after page, and does something between them. */
function paged(
  audit: GovernanceAuditLog,
  query: AuditQuery,
  between: () => void = () => {},
): number[][] {
  const pages: number[][] = [];
  const cursor = query.order === "oldest" ? "after" : "before";
  let next: number | undefined;
  do {
    const page = audit.page(next === undefined ? query : { ...query, [cursor]: next });
    pages.push(page.entries.map(({ sequence }) => sequence));
    expect(pages.length).toBeLessThan(1000);
    next = page.next;
    between();
  } while (next !== undefined);
  return pages;
}

const countDown = (from: number, to: number): number[] =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe("a page", () => {
  const audit = federationTrail();

  test("names the cursor of the next page, which is its last entry", () => {
    expect(audit.page({ limit: 5 })).toEqual({ entries: audit.entries({ limit: 5 }), next: 7 });
    expect(audit.page({ limit: 5, order: "oldest" }).next).toBe(4);
  });

  test("names none when it is the last, even when it is full", () => {
    expect(audit.page({ limit: 12 })).not.toHaveProperty("next");
    expect(audit.page({ limit: 4, operation: "vote_cast" })).not.toHaveProperty("next");
    expect(audit.page({ limit: 3, operation: "vote_cast" }).next).toBe(2);
  });

  test("is empty and the last when its limit is 0", () => {
    expect(audit.page({ limit: 0 })).toEqual({ entries: [] });
  });

  test.each([1, 2, 3, 5, 11, 12, 13])(
    "of %d entries leads to the next, until every entry came once",
    (limit) => {
      const newest = paged(audit, { limit });
      expect(newest.flat()).toEqual(countDown(11, 0));
      expect(newest).toHaveLength(Math.ceil(12 / limit));
      expect(paged(audit, { limit, order: "oldest" }).flat()).toEqual(
        countDown(11, 0).toReversed(),
      );
    },
  );

  test.each<AuditQuery>([
    { proposalId: "p1" },
    { operation: "vote_cast", proposalId: "p1" },
    { since: second(2), until: second(10) },
    { actorDid: "bob", since: second(3) },
    { after: 2, before: 9 },
  ])("leads through the entries of %o alone", (query) => {
    for (const limit of [1, 2, 3]) {
      expect(paged(audit, { ...query, limit }).flat()).toEqual(
        audit.entries({ ...query, limit: 100 }).map(({ sequence }) => sequence),
      );
      expect(paged(audit, { ...query, limit, order: "oldest" }).flat()).toEqual(
        audit.entries({ ...query, limit: 100, order: "oldest" }).map(({ sequence }) => sequence),
      );
    }
  });
});

describe("pages of a log that grows meanwhile", () => {
  const append = (audit: GovernanceAuditLog, count: number): void => {
    for (let index = 0; index < count; index++)
      audit.log({ operation: "policy_updated", actorDid: index % 2 === 0 ? "alice" : "bob" });
  };

  test("from the newest on show what was there when they began, each entry once", () => {
    const audit = new GovernanceAuditLog();
    append(audit, 50);
    expect(paged(audit, { limit: 7 }, () => append(audit, 10)).flat()).toEqual(countDown(49, 0));
  });

  test("from the oldest on catch up with what is added, each entry once", () => {
    const audit = new GovernanceAuditLog();
    append(audit, 20);
    const sequences = paged(audit, { limit: 7, order: "oldest" }, () => append(audit, 3)).flat();
    const last = sequences.at(-1) ?? -1;
    expect(sequences).toEqual(countDown(last, 0).toReversed());
    expect(last).toBeGreaterThan(20);
  });

  test("from the newest on skip what was evicted, and repeat nothing", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 50 });
    append(audit, 50);
    const sequences = paged(audit, { limit: 10, actorDid: "alice" }, () =>
      append(audit, 15),
    ).flat();
    // the first page reads alice's 48 to 30; then 0 to 14 are evicted, and the second page finds her 28 to 16
    expect(sequences).toEqual(countDown(48, 16).filter((sequence) => sequence % 2 === 0));
  });

  test("from the oldest on go on after a gap when their cursor was evicted", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 20 });
    append(audit, 20);
    const first = audit.page({ limit: 5, order: "oldest" });
    expect(first.next).toBe(4);
    append(audit, 12);
    const second = audit.page({ limit: 5, order: "oldest", after: 4 });
    expect(second.entries.map(({ sequence }) => sequence)).toEqual([12, 13, 14, 15, 16]);
  });

  test("end at once when the log is cleared", () => {
    const audit = new GovernanceAuditLog();
    append(audit, 20);
    const { next } = audit.page({ limit: 5 });
    audit.clear();
    append(audit, 5);
    expect(audit.page({ limit: 5, before: next })).toEqual({ entries: [], evictedBefore: 20 });
    expect(audit.page({ limit: 5 }).entries).toHaveLength(5);
  });

  test("say that entries were evicted, unless the query asks only for later ones", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 20 });
    append(audit, 20);
    expect(audit.page({ limit: 5 })).not.toHaveProperty("evictedBefore");
    append(audit, 12);
    expect(audit.page({ limit: 5 }).evictedBefore).toBe(12);
    expect(audit.page({ actorDid: "nobody" })).toEqual({ entries: [], evictedBefore: 12 });
    expect(audit.page({ order: "oldest", after: 10 }).evictedBefore).toBe(12);
    expect(audit.page({ order: "oldest", after: 11 })).not.toHaveProperty("evictedBefore");
    audit.clear();
    expect(audit.page()).toEqual({ entries: [], evictedBefore: 32 });
  });
});

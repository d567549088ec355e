import { describe, expect, test } from "vitest";
import type { AuditQuery } from "../../src/index.js";
import { federationTrail, second } from "../fixtures/federation-trail.js";

const audit = federationTrail();
const found = (query: AuditQuery): number[] => audit.entries(query).map(({ sequence }) => sequence);

const ALL = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/** Each query with the sequences that it must find, newest first. */
const QUERIES: readonly [what: string, query: AuditQuery, sequences: readonly number[]][] = [
  ["nothing", {}, ALL],
  [
    "nothing but undefined fields",
    { operation: undefined, since: undefined, limit: undefined },
    ALL,
  ],
  ["an operation", { operation: "vote_cast" }, [5, 4, 2, 1]],
  ["an operation that never happened", { operation: "node_added" }, []],
  ["an operation that no log could have", { operation: "no such operation" }, []],
  ["a proposal", { proposalId: "p2" }, [11, 9, 4, 3]],
  ["a proposal that is not there", { proposalId: "p3" }, []],
  ["a name of Object.prototype", { proposalId: "__proto__" }, []],
  ["an empty proposal", { proposalId: "" }, []],
  ["an actor", { actorDid: "bob" }, [10, 9, 6, 3, 2]],
  ["a subject", { subjectId: "m1" }, [11, 8, 0]],
  ["a kind", { kind: "revoke-model" }, [11, 3]],
  ["a decision", { decision: "approve" }, [5, 4, 1]],
  ["two proposals", { proposalId: ["p1", "p2"], limit: 4 }, [11, 9, 8, 7]],
  ["a list of one value", { decision: ["reject"] }, [2]],
  ["a value that is given twice", { decision: ["reject", "reject"] }, [2]],
  ["values of which one never occurs", { actorDid: ["carol", "mallory"] }, [5]],
  ["values that never occur", { actorDid: ["mallory", "\ud800"] }, []],
  [
    "two values of two columns",
    { kind: ["revoke-model", "authorize-model"], subjectId: ["m2", "m1"] },
    [11, 8, 3, 0],
  ],
  [
    "two actors and two decisions",
    { actorDid: ["alice", "bob"], decision: ["reject", "passed"] },
    [7, 2],
  ],
  ["no details", { details: {} }, ALL],
  ["a detail that is undefined", { details: { vote_id: undefined } }, ALL],
  ["a detail that no entry has", { details: { vote_id: "v1" } }, []],
  ["a detail that is null where there is none", { details: { vote_id: null } }, []],
  ["a name of Object.prototype in details", { details: { toString: "x" } }, []],
  ["a trace", { traceId: "0af7651916cd43dd8448eb211c80319c" }, []],
  ["a limit", { limit: 3 }, [11, 10, 9]],
  ["a limit of 0", { limit: 0 }, []],
  ["a limit beyond the log", { limit: 1_000_000 }, ALL],
  ["a lower bound in time, inclusive", { since: second(9) }, [11, 10, 9]],
  ["a lower bound between two entries", { since: new Date(second(9).getTime() + 1) }, [11, 10]],
  ["a lower bound before the log", { since: new Date(0) }, ALL],
  ["a lower bound after the log", { since: second(12) }, []],
  ["an upper bound in time, exclusive", { until: second(2) }, [1, 0]],
  ["an upper bound between two entries", { until: new Date(second(2).getTime() + 1) }, [2, 1, 0]],
  ["an upper bound at the first entry", { until: second(0) }, []],
  ["an upper bound after the log", { until: new Date(8.64e15) }, ALL],
  ["a span of time", { since: second(3), until: second(6) }, [5, 4, 3]],
  ["an empty span", { since: second(3), until: second(3) }, []],
  ["a span that ends before it begins", { since: second(6), until: second(3) }, []],
  ["a cursor backwards, exclusive", { before: 3 }, [2, 1, 0]],
  ["a cursor backwards at the first entry", { before: 0 }, []],
  ["a cursor backwards beyond the log", { before: 1_000_000 }, ALL],
  ["a cursor forwards, exclusive", { after: 8 }, [11, 10, 9]],
  ["a cursor forwards at the last entry", { after: 11 }, []],
  ["both cursors", { after: 2, before: 5 }, [4, 3]],
  ["cursors that cross", { after: 5, before: 2 }, []],
  ["cursors with nothing between them", { after: 4, before: 5 }, []],
  ["the order newest", { order: "newest", limit: 2 }, [11, 10]],
  ["the order oldest", { order: "oldest", limit: 2 }, [0, 1]],
  ["an operation and a proposal", { operation: "vote_cast", proposalId: "p1" }, [5, 2, 1]],
  ["a proposal and an actor", { proposalId: "p1", actorDid: "bob" }, [6, 2]],
  ["two values that never meet", { proposalId: "p2", actorDid: "carol" }, []],
  ["one value that is there and one that is not", { proposalId: "p1", actorDid: "mallory" }, []],
  ["a subject and a kind", { subjectId: "m1", kind: "revoke-model" }, [11]],
  ["an actor, a decision and a limit", { actorDid: "alice", decision: "approve", limit: 1 }, [4]],
  ["an actor and a span", { actorDid: "bob", since: second(3), until: second(9) }, [6, 3]],
  ["a decision and a cursor", { decision: "approve", before: 5 }, [4, 1]],
  [
    "five columns",
    {
      operation: "proposal_created",
      proposalId: "p1",
      subjectId: "m1",
      kind: "authorize-model",
      actorDid: "alice",
    },
    [0],
  ],
  [
    "everything at once",
    {
      operation: "vote_cast",
      proposalId: "p1",
      actorDid: "carol",
      decision: "approve",
      since: second(1),
      until: second(6),
      after: 1,
      before: 6,
      limit: 5,
    },
    [5],
  ],
];

describe("a query by", () => {
  test.each(QUERIES)(
    "%s finds just the entries that match, newest first",
    (_, query, sequences) => {
      expect(found(query)).toEqual(sequences);
    },
  );

  test.each(QUERIES.filter(([, query]) => query.order === undefined))(
    "%s finds the same from the other end when it asks for the oldest",
    (_, query, sequences) => {
      const { limit: _limit, ...unlimited } = query;
      const all = found({ ...unlimited, limit: 1000 });
      const oldest = found({ ...unlimited, limit: query.limit ?? 1000, order: "oldest" });
      expect(oldest).toEqual(all.toReversed().slice(0, sequences.length));
    },
  );

  test.each(QUERIES)("%s counts what it matches, its limit aside", (_, query) => {
    const { limit, ...unlimited } = query;
    expect(audit.count(query)).toBe(found({ ...unlimited, limit: 1000 }).length);
  });
});

describe("the order of a query", () => {
  test("is the order of recording, whatever the timestamps say", () => {
    const imported = federationTrail();
    imported.log({ operation: "vote_cast", timestamp: new Date("1999-12-31T00:00:00Z") });
    expect(imported.entries({ limit: 1 })[0]?.sequence).toBe(12);
    expect(imported.entries({ until: second(0) }).map(({ sequence }) => sequence)).toEqual([12]);
    expect(imported.entries({ order: "oldest", operation: "vote_cast" }).at(-1)?.sequence).toBe(12);
  });
});

describe("count", () => {
  test("counts all entries when it is asked for nothing in particular", () => {
    expect(audit.count()).toBe(12);
    expect(audit.count({})).toBe(audit.length);
  });
});

describe("get", () => {
  test("finds the entry of a sequence", () => {
    expect(audit.get(7)).toBe(
      audit.entries({ operation: "consensus_reached", proposalId: "p1" })[0],
    );
  });

  test.each([-1, 12, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "finds nothing at %d",
    (sequence) => {
      expect(audit.get(sequence)).toBeUndefined();
    },
  );
});

describe("an empty log", () => {
  test("answers every question with nothing", () => {
    const empty = federationTrail();
    empty.clear();
    for (const [, query] of QUERIES) {
      expect(empty.entries(query)).toEqual([]);
      expect(empty.page(query).entries).toEqual([]);
      expect(empty.page(query).next).toBeUndefined();
      expect(empty.count(query)).toBe(0);
    }
    expect(empty.get(0)).toBeUndefined();
    expect(empty.length).toBe(0);
  });
});

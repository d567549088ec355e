import { describe, expect, test } from "vitest";
import {
  AuditLogProcessor,
  type AuditQuery,
  DEFAULT_LIMIT,
  MAX_QUERY_VALUES,
} from "../../src/index.js";
import { federationTrail } from "../fixtures/federation-trail.js";
import { refusal } from "../fixtures/recorded-log.js";

const audit = federationTrail();

/** Asks the same of every method that takes a query, and returns the field that all of them name. */
function refusedField(query: unknown): string | undefined {
  const asked = query as AuditQuery;
  const errors = [
    refusal(() => audit.entries(asked)),
    refusal(() => audit.page(asked)),
    refusal(() => audit.count(asked)),
    refusal(() => new AuditLogProcessor().entries(asked)),
  ];
  for (const error of errors) {
    expect(error.code).toBe("invalid_query");
    expect(error.field).toBe(errors[0]?.field);
    expect(error.message.startsWith(`${error.field}: `)).toBe(true);
  }
  return errors[0]?.field;
}

describe("a query", () => {
  test.each([null, "vote_cast", 5, true, () => ({})])("that is %o is refused", (query) => {
    expect(refusedField(query)).toBe("query");
  });

  test.each(["limit", "before", "after"])(
    "refuses a %s that is no whole number from 0 up",
    (field) => {
      for (const value of [
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 53,
        "5",
        5n,
        null,
        true,
        {},
      ])
        expect(refusedField({ [field]: value })).toBe(field);
    },
  );

  test.each(["since", "until"])("refuses a %s that is no valid Date", (field) => {
    for (const value of [
      null,
      "2026-04-14T12:00:00Z",
      1_776_168_000_007,
      new Date(Number.NaN),
      {},
      true,
    ])
      expect(refusedField({ [field]: value })).toBe(field);
  });

  test.each(["operation", "proposalId", "actorDid", "subjectId", "kind", "decision"])(
    "refuses a %s that is neither a string nor a list of strings",
    (field) => {
      for (const value of [null, 7, {}, [], new Set(["p1"]), /p1/, new String("p1")])
        expect(refusedField({ [field]: value })).toBe(field);
      expect(refusedField({ [field]: ["p1", 7] })).toBe(`${field}[1]`);
      expect(refusedField({ [field]: Array(MAX_QUERY_VALUES + 1).fill("p1") })).toBe(field);
    },
  );

  test("refuses details that are no object of scalars", () => {
    for (const value of [null, "weight", 7, [], [1]])
      expect(refusedField({ details: value })).toBe("details");
    for (const value of [[], {}, new Date(0), Number.NaN, Number.POSITIVE_INFINITY, 7n, () => 1])
      expect(refusedField({ details: { "a b": value } })).toBe('details["a b"]');
    expect(refusedField(JSON.parse('{"details":{"__proto__":{}}}'))).toBe("details.__proto__");
  });

  test("refuses a trace id that no entry can have", () => {
    for (const value of [null, 7, "", "0af7651916cd43dd", "g".repeat(32), "a".repeat(33)])
      expect(refusedField({ traceId: value })).toBe("traceId");
  });

  test("refuses an order that is neither newest nor oldest", () => {
    for (const order of ["", "asc", "Newest", null, 1, true])
      expect(refusedField({ order })).toBe("order");
  });

  test.each(["proposalID", "proposal_id", "actor", "offset", "constructor"])(
    "refuses the unknown field %s, which would match everything",
    (field) => {
      expect(refusedField({ [field]: "p1" })).toBe(field);
      expect(refusedField({ operation: "vote_cast", [field]: undefined })).toBe(field);
    },
  );

  test("refuses an own __proto__ of JSON.parse", () => {
    expect(refusedField(JSON.parse('{"__proto__":{"limit":1}}'))).toBe("__proto__");
  });

  test("returns a hundred entries unless it says otherwise", () => {
    expect(DEFAULT_LIMIT).toBe(100);
  });

  test("is answered with limits and cursors as large as integers are exact", () => {
    const limit = Number.MAX_SAFE_INTEGER;
    expect(audit.entries({ limit })).toHaveLength(12);
    expect(audit.page({ limit, before: limit }).entries).toHaveLength(12);
    expect(audit.entries({ after: limit })).toEqual([]);
    const proposalId = Array.from({ length: MAX_QUERY_VALUES }, (_, at) => `p${at}`);
    expect(audit.count({ proposalId })).toBe(11);
  });
});

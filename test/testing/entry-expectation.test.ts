import { describe, expect, test } from "vitest";
import { type AuditReader, GovernanceAuditLog } from "../../src/index.js";
import {
  assertNotRecorded,
  assertRecorded,
  auditMatchers,
  type EntryExpectation,
} from "../../src/testing/index.js";

expect.extend(auditMatchers);

/** An object that holds itself. */
const circle: { [key: string]: unknown } = { name: "circle" };
circle["self"] = circle;

const audit = new GovernanceAuditLog();
audit.logNodeRemoved({ did: "did:pqaid:eve" });

describe("an expectation that no entry can meet is an error, under .not too", () => {
  test.each([
    [
      "actorDID",
      { actorDID: "did:pqaid:bob" },
      "no such field of an entry; did you mean actorDid?",
    ],
    [
      "proposal_id",
      { proposal_id: "urn:pqc-gov-prop:7f3a" },
      "no such field of an entry; did you mean proposalId?",
    ],
    [
      "voter",
      { voter: "did:pqaid:bob" },
      "no such field of an entry; it has sequence, id, timestamp",
    ],
    ["sequence", { sequence: "1" }, "expected a number or an asymmetric matcher"],
    ["timestamp", { timestamp: new Date(0) }, "expected a string or an asymmetric matcher"],
    ["details", { details: ["v1"] }, "expected an object or an asymmetric matcher"],
    ["details.at", { details: { at: new Date(0) } }, "expected JSON or asymmetric matchers"],
    ["details.list.0", { details: { list: [/nope/] } }, "expected JSON or asymmetric matchers"],
    ["details", { details: new Map([["a", 1]]) }, "expected JSON or asymmetric matchers"],
    ["details", { details: circle }, "nested deeper than 16 levels; no entry is"],
    ["details", { details: null }, "expected an object or an asymmetric matcher"],
    ["operation", { operation: "vote-cast" }, "no operation has such a name"],
    ["expectation", undefined, "expected an object with fields of an entry"],
    ["expectation", "vote_cast", "expected an object with fields of an entry"],
    ["expectation", [{ operation: "vote_cast" }], "expected an object with fields of an entry"],
    [
      "expectation",
      expect.objectContaining({ operation: "vote_cast" }),
      "write the fields as an object",
    ],
  ])("%s: %o", (field, given, reason) => {
    const expected = given as EntryExpectation;
    const problem = (name: string): unknown =>
      expect.objectContaining({
        name: "AuditError",
        code: "invalid_query",
        field,
        message: expect.stringContaining(`${name}: ${field}: ${reason}`),
      });
    expect(() => expect(audit).toHaveRecorded(expected)).toThrow(problem("toHaveRecorded"));
    expect(() => expect(audit).not.toHaveRecorded(expected)).toThrow(problem("toHaveRecorded"));
    expect(() => assertRecorded(audit, expected)).toThrow(problem("assertRecorded"));
    expect(() => assertNotRecorded(audit, expected)).toThrow(problem("assertNotRecorded"));
  });

  test.each([[undefined], [null], ["audit"], [{}], [[]], [{ entries: () => [] }]])(
    "%j is no reader",
    (received) => {
      const problem = expect.objectContaining({
        code: "invalid_query",
        field: "received",
        message: expect.stringContaining("expected an AuditReader"),
      });
      expect(() => expect(received).toHaveRecorded({})).toThrow(problem);
      expect(() => expect(received).not.toHaveRecordedInOrder([{}])).toThrow(problem);
      expect(() => assertRecorded(received as AuditReader, {})).toThrow(problem);
      expect(() => assertNotRecorded(received as AuditReader, {})).toThrow(problem);
    },
  );
});

test("a reader that answers with promises is an error that says so", () => {
  const page = async () => ({ entries: [] });
  const reader = {
    entries: async () => [],
    page,
    count: async () => 0,
    get: async () => undefined,
  };
  const problem = expect.objectContaining({
    code: "invalid_query",
    field: "received",
    message: expect.stringContaining("the reader answers with a promise; await its entries"),
  });
  expect(() => expect(reader).toHaveRecorded({})).toThrow(problem);
});

test("a misspelt field is an error of the compiler too", () => {
  // @ts-expect-error it is actorDid
  expect(() => expect(audit).toHaveRecorded({ actorDID: "did:pqaid:bob" })).toThrow();
  // @ts-expect-error a sequence is a number
  expect(() => expect(audit).toHaveRecorded({ sequence: "1" })).toThrow();
});

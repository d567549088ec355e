import fc from "fast-check";
import type { AuditEvent, AuditQuery } from "../../src/index.js";
import { jsonObject, text } from "../property/arbitrary-json.js";

const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const times = fc.integer({ min: 0, max: 40 }).map((seconds) => new Date(seconds * 1000));

/** What LogQL, Go, JSON or Loki could take for something else, and what it cannot tell apart. */
const PROPOSALS = [
  "p1",
  "",
  " ",
  "\ufffd",
  'p" or governance_decision!="',
  "\\",
  "`|= `",
  "a\nb",
  "x".repeat(9000),
] as const;
const ACTORS = [
  "alice",
  "did:a\0b",
  "did:a",
  "__proto__",
  "\u2028\u{1f600}",
  "{{.actor}}",
  "\t\x1b\x7f\x85",
] as const;
const SUBJECTS = ["m1", "M1", "1", "01", "1.0", "\ufeffm1"] as const;
const KINDS = ["k", "é", "e\u0301", "\ufffe"] as const;

/** Few values, so that they meet, and now and then any text. */
export const events: fc.Arbitrary<AuditEvent> = fc.record({
  operation: fc.constantFrom("vote_casted", "node_lost", "policy_updated"),
  proposalId: option(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PROPOSALS) },
      { weight: 1, arbitrary: text },
    ),
  ),
  actorDid: option(fc.constantFrom(...ACTORS)),
  subjectId: option(fc.constantFrom(...SUBJECTS)),
  kind: option(fc.constantFrom(...KINDS)),
  decision: option(fc.constantFrom("approve", "reject")),
  details: jsonObject,
  timestamp: option(times),
});

const query: fc.Arbitrary<AuditQuery> = fc.record({
  operation: option(fc.constantFrom("vote_casted", "node_lost", "never", "checkpoint")),
  proposalId: option(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PROPOSALS) },
      { weight: 1, arbitrary: text },
    ),
  ),
  actorDid: option(fc.constantFrom(...ACTORS)),
  subjectId: option(fc.constantFrom(...SUBJECTS)),
  kind: option(fc.constantFrom(...KINDS, "\ud800")),
  decision: option(fc.constantFrom("approve", "reject")),
  since: option(fc.oneof(times, fc.constant(new Date(-1)), fc.constant(new Date(8.64e15)))),
  until: option(fc.oneof(times, fc.constant(new Date(-1)), fc.constant(new Date(8.64e15)))),
  before: option(fc.oneof(fc.nat(60), fc.constant(Number.MAX_SAFE_INTEGER))),
  after: option(fc.oneof(fc.nat(60), fc.constant(Number.MAX_SAFE_INTEGER))),
  order: option(fc.constantFrom("newest" as const, "oldest" as const)),
  limit: option(fc.oneof(fc.nat(4), fc.constant(10_000))),
});

/** Mostly one or two conditions: what many match is mostly nothing. */
export const queries: fc.Arbitrary<AuditQuery> = fc
  .tuple(
    query,
    fc.subarray(
      [
        "operation",
        "proposalId",
        "actorDid",
        "subjectId",
        "kind",
        "decision",
        "since",
        "before",
      ] as const,
      {
        minLength: 4,
      },
    ),
  )
  .map(([asked, left]) => ({
    ...asked,
    ...Object.fromEntries(left.map((name) => [name, undefined])),
  }));

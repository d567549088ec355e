import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type AuditEntry,
  type DetailConvention,
  type GovernanceAuditLog,
  OPERATION_DETAILS,
  OPERATIONS,
  type Operation,
} from "../../src/index.js";
import {
  EVIDENCE,
  GRANT,
  NODE,
  PROPOSAL,
  RESULT,
  SIGNED_VOTE,
} from "../fixtures/domain-objects.js";
import { recordedLog, refusedWithoutTrace } from "../fixtures/recorded-log.js";

/** What each helper reads of its domain object, by kind of value. */
interface HelperInput {
  readonly helper: string;
  readonly valid: object;
  readonly call: (audit: GovernanceAuditLog, input: never) => unknown;
  /** What a field in an error begins with. */
  readonly prefix?: string;
  readonly identifiers: readonly string[];
  readonly texts?: readonly string[];
  readonly words?: readonly string[];
  readonly weights?: readonly string[];
  /** Each field that is recorded when it is given, with a value and what is recorded of it. */
  readonly given: readonly (readonly [field: string, value: unknown, recorded: object])[];
}

const DIGEST = `sha256:${"0a".repeat(32)}`;
const AFTERNOON = { given: "2026-04-14T15:00:00.0079+02:00", recorded: "2026-04-14T13:00:00.007Z" };
const detail = (key: string, value: unknown) => ({ details: { [key]: value } });
/** A field that holds a time, in the forms that it can have. */
const time = (field: string, key: string) =>
  [
    [field, AFTERNOON.given, detail(key, AFTERNOON.recorded)],
    [field, new Date(AFTERNOON.recorded), detail(key, AFTERNOON.recorded)],
    [field, "1970-01-01t00:00:00z", detail(key, "1970-01-01T00:00:00.000Z")],
  ] as const;

const HELPERS: readonly HelperInput[] = [
  {
    helper: "logProposalCreated",
    valid: PROPOSAL,
    call: (audit, input) => audit.logProposalCreated(input),
    identifiers: ["proposalId", "subjectId", "proposerDid"],
    texts: ["title"],
    words: ["kind"],
    given: [
      ["description", "", detail("description", "")],
      ...time("createdAt", "created_at"),
      ...time("expiresAt", "expires_at"),
      ["threshold", 3.5, detail("threshold", 3.5)],
      ["actionDigest", DIGEST, detail("action_digest", DIGEST)],
      ["policyVersion", "2026-04", detail("policy_version", "2026-04")],
    ],
  },
  {
    helper: "logVoteCast",
    valid: SIGNED_VOTE.vote,
    call: (audit, vote) => audit.logVoteCast({ vote }),
    prefix: "vote.",
    identifiers: ["voteId", "proposalId", "voterDid"],
    words: ["decision"],
    given: [
      ["weight", -0, detail("weight", 0)],
      ["rationale", "sound", detail("rationale", "sound")],
      ...time("castAt", "cast_at"),
    ],
  },
  {
    helper: "logConsensusReached",
    valid: RESULT,
    call: (audit, input) => audit.logConsensusReached(input),
    identifiers: ["proposalId"],
    texts: ["signerDid", "reason"],
    words: ["decision"],
    weights: ["approveWeight", "rejectWeight", "abstainWeight", "totalWeight"],
    given: [["threshold", 4, detail("threshold", 4)], ...time("decidedAt", "decided_at")],
  },
  {
    helper: "logByzantineDetected",
    valid: EVIDENCE,
    call: (audit, input) => audit.logByzantineDetected(input),
    identifiers: ["voterDid", "proposalId"],
    words: ["priorDecision", "conflictingDecision"],
    given: [
      ["detectedBy", "did:pqaid:bob", detail("detected_by", "did:pqaid:bob")],
      ["priorVoteId", "v1", detail("prior_vote_id", "v1")],
      ["conflictingVoteId", "v2", detail("conflicting_vote_id", "v2")],
    ],
  },
  {
    helper: "logNodeAdded",
    valid: NODE,
    call: (audit, input) => audit.logNodeAdded(input),
    identifiers: ["did"],
    texts: ["name"],
    weights: ["weight"],
    given: [
      ["proposalId", "p1", { proposalId: "p1" }],
      ["addedBy", "did:pqaid:bob", detail("added_by", "did:pqaid:bob")],
      ["reason", "voted in", detail("reason", "voted in")],
    ],
  },
  {
    helper: "logNodeRemoved",
    valid: NODE,
    call: (audit, input) => audit.logNodeRemoved(input),
    identifiers: ["did"],
    given: [
      ["proposalId", "p1", { proposalId: "p1" }],
      ["removedBy", "did:pqaid:bob", detail("removed_by", "did:pqaid:bob")],
      ["reason", "voted out", detail("reason", "voted out")],
    ],
  },
  {
    helper: "logAuthorizationGranted",
    valid: GRANT,
    call: (audit, input) => audit.logAuthorizationGranted(input),
    identifiers: ["subjectId", "proposalId"],
    words: ["kind"],
    given: [
      ["actorDid", "did:pqaid:bob", { actorDid: "did:pqaid:bob" }],
      ["reason", "passed", detail("reason", "passed")],
      ...time("validUntil", "valid_until"),
    ],
  },
  {
    helper: "logAuthorizationRevoked",
    valid: GRANT,
    call: (audit, input) => audit.logAuthorizationRevoked(input),
    identifiers: ["subjectId", "proposalId"],
    words: ["kind"],
    given: [
      ["actorDid", "did:pqaid:bob", { actorDid: "did:pqaid:bob" }],
      ["reason", "passed", detail("reason", "passed")],
      ...time("validUntil", "valid_until"),
    ],
  },
];

const NOT_A_STRING: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 7],
  ["a boxed String", new String("did:pqaid:bob")],
  ["an array", ["did:pqaid:bob"]],
  ["a lone surrogate", "did:\ud800"],
];

const NOT_A_WEIGHT: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a numeric string", "1"],
  ["a BigInt", 1n],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["a negative number", -0.5],
  ["a boxed Number", new Number(1)],
];

const NOT_A_WORD: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["an empty string", ""],
  ["another case", "Approve"],
  ["a word of no vocabulary", "maybe"],
  ["an array of one word", ["approve"]],
  ["a name of Object.prototype", "constructor"],
];

/** What is refused in a field, by what the field holds. */
const NOT_GIVEN: Readonly<Record<string, readonly unknown[]>> = {
  time: [
    7,
    "",
    "2026-04-14",
    "2026-04-14T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-04-14T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "1969-12-31T23:59:59.999Z",
    "2262-04-11T23:47:16.855Z",
    new Date(Number.NaN),
    new Date(-1),
    { getTime: () => 0 },
  ],
  number: [-1, Number.NaN, Number.POSITIVE_INFINITY, "3", 1n],
  digest: ["", "0a".repeat(32), `sha256:${"0A".repeat(32)}`, `sha256:${"0a".repeat(31)}`, 7],
  text: [7, "\ud800", ["a"], new String("a")],
  name: ["", 7, "\ud800", ["a"]],
};

describe.each(HELPERS)("$helper", ({ valid, call, prefix = "", given, ...fields }) => {
  const { identifiers, texts = [], words = [], weights = [] } = fields;
  const refusedField = (key: string, value: unknown): string | undefined =>
    refusedWithoutTrace((audit) => call(audit, { ...valid, [key]: value } as never)).field;

  test.each([...identifiers, ...texts])("refuses %s unless it is a well-formed string", (key) => {
    for (const [, value] of NOT_A_STRING) expect(refusedField(key, value)).toBe(prefix + key);
  });

  test.each(identifiers)("refuses an empty %s", (key) => {
    expect(refusedField(key, "")).toBe(prefix + key);
  });

  test.each([...identifiers, ...texts, ...words, ...weights])(
    "refuses an object whose %s throws when it is read, and keeps the cause",
    (key) => {
      const cause = new Error("no such column");
      const input = { ...valid };
      Object.defineProperty(input, key, {
        get: () => {
          throw cause;
        },
      });
      const error = refusedWithoutTrace((audit) => call(audit, input as never));
      expect(error.field).toBe(prefix + key);
      expect(error.cause).toBe(cause);
    },
  );

  if (words.length > 0)
    test.each(words)("refuses a %s out of its vocabulary", (key) => {
      for (const [, value] of NOT_A_WORD) expect(refusedField(key, value)).toBe(prefix + key);
    });

  if (weights.length > 0)
    test.each(weights)("refuses a %s that is no finite number from 0 up", (key) => {
      for (const [, value] of NOT_A_WEIGHT) expect(refusedField(key, value)).toBe(key);
    });

  const keysOf = (entry: unknown) => Object.keys((entry as AuditEntry).details).sort();
  const bare = Object.fromEntries(
    Object.entries(valid).filter(([key]) => !given.some(([field]) => field === key)),
  );

  test.each(given)("records %s when it is given, here %o", (field, value, recorded) => {
    const { audit } = recordedLog();
    expect(call(audit, { ...bare, [field]: value } as never)).toMatchObject(recorded);
  });

  test("records nothing of a field that is missing, undefined or null", () => {
    const { audit } = recordedLog();
    const plain = call(audit, bare as never) as AuditEntry;
    for (const absent of [undefined, null]) {
      const input = { ...bare, ...Object.fromEntries(given.map(([field]) => [field, absent])) };
      const entry = call(audit, input as never) as AuditEntry;
      expect(keysOf(entry)).toEqual(keysOf(plain));
      expect(Object.keys(entry).sort()).toEqual(Object.keys(plain).sort());
    }
  });

  test("refuses a field that is given but cannot be recorded, with its path", () => {
    const types: Readonly<Record<string, DetailConvention>> =
      OPERATION_DETAILS[
        (call(recordedLog().audit, valid as never) as AuditEntry).operation as Operation
      ];
    const fieldsGiven = new Set(given.map(([field]) => field));
    for (const field of fieldsGiven) {
      const type = Object.values(types).find(({ from }) => from === prefix + field)?.type ?? "name";
      expect(NOT_GIVEN[type]).toBeDefined();
      for (const value of NOT_GIVEN[type] ?? [])
        expect(refusedField(field, value)).toBe(prefix + field);
      const input = { ...valid };
      Object.defineProperty(input, field, {
        get: () => {
          throw new Error("trap");
        },
      });
      expect(refusedWithoutTrace((audit) => call(audit, input as never)).field).toBe(
        prefix + field,
      );
    }
  });

  test("refuses what is no object", () => {
    for (const input of [
      undefined,
      null,
      "urn:pqc-gov-prop:7f3a",
      7,
      true,
      7n,
      Symbol("vote"),
      () => valid,
    ])
      expect(refusedWithoutTrace((audit) => call(audit, input as never)).field).not.toBe("");
  });

  test("refuses an empty object, and a Proxy that was revoked", () => {
    refusedWithoutTrace((audit) => call(audit, {} as never));
    const { proxy, revoke } = Proxy.revocable({ ...valid }, {});
    revoke();
    refusedWithoutTrace((audit) => call(audit, proxy as never));
  });
});

describe("logVoteCast", () => {
  test.each([
    [undefined],
    [null],
    [{}],
    [{ vote: undefined }],
    [{ vote: "v1" }],
    [SIGNED_VOTE.vote],
  ])("refuses %o, which holds no vote", (signed) => {
    const error = refusedWithoutTrace((audit) => audit.logVoteCast(signed as never));
    expect(error.field).toMatch(/^(vote|signed)$/);
  });
});

describe("the signature of a vote", () => {
  test("is recorded as the SHA-256 of its UTF-8, with its algorithm", () => {
    const { vote } = SIGNED_VOTE;
    const signature = "Unterschrift für 投票";
    const digest = createHash("sha256").update(signature, "utf8").digest("hex");
    const entry = recordedLog().audit.logVoteCast({ vote, signature, algorithm: "Ed25519" });
    expect(entry.details.signature_digest).toBe(`sha256:${digest}`);
    expect(entry.details.signature_algorithm).toBe("Ed25519");
    expect(JSON.stringify(entry)).not.toContain("Unterschrift");
  });

  test("is not recorded where there is none", () => {
    const { vote } = SIGNED_VOTE;
    const { details } = recordedLog().audit.logVoteCast({
      vote,
      signature: undefined,
      algorithm: undefined,
    });
    expect(details).not.toHaveProperty("signature_digest");
    expect(details).not.toHaveProperty("signature_algorithm");
  });

  test.each(["signature", "algorithm"])(
    "is refused where its %s is no well-formed text",
    (field) => {
      for (const value of NOT_GIVEN["text"] ?? []) {
        const error = refusedWithoutTrace((audit) =>
          audit.logVoteCast({ ...SIGNED_VOTE, [field]: value } as never),
        );
        expect(error.field).toBe(field);
      }
    },
  );
});

describe("recordVoteIds", () => {
  test("records the ids of the counted votes in their order, frozen", () => {
    const includedVoteIds = ["v2", "v1"];
    const input = { ...RESULT, includedVoteIds, recordVoteIds: true };
    const { details } = recordedLog().audit.logConsensusReached(input);
    includedVoteIds.push("v3");
    expect(details).toMatchObject({ included_vote_ids: ["v2", "v1"], vote_count: 2 });
    expect(Object.isFrozen(details.included_vote_ids)).toBe(true);
  });

  test.each([false, undefined, null])("%s records only their number", (recordVoteIds) => {
    const input = { ...RESULT, recordVoteIds } as typeof RESULT;
    const { details } = recordedLog().audit.logConsensusReached(input);
    expect(details).not.toHaveProperty("included_vote_ids");
    expect(details.vote_count).toBe(3);
  });

  test.each([
    ["recordVoteIds", { recordVoteIds: "true" }],
    ["includedVoteIds[1]", { includedVoteIds: ["v1", ""] }],
    ["includedVoteIds[0]", { includedVoteIds: [7] }],
    ["includedVoteIds[1]", { includedVoteIds: ["v1", undefined, "v3"] }],
  ])("is refused at %s: %o", (field, wrong) => {
    const input = { ...RESULT, recordVoteIds: true, ...wrong } as never;
    expect(refusedWithoutTrace((audit) => audit.logConsensusReached(input)).field).toBe(field);
  });
});

test.each([
  ["an array that no line can hold", () => new Array(1_000_000)],
  ["a Proxy that says it has no end", () => new Proxy([], { get: () => 2 ** 40 })],
])("recordVoteIds refuses %s at once", (_, includedVoteIds) => {
  const input = { ...RESULT, recordVoteIds: true, includedVoteIds: includedVoteIds() };
  const error = refusedWithoutTrace((audit) => audit.logConsensusReached(input));
  expect(error.field).toBe("includedVoteIds");
});

test("log keeps the new details of the eight to the form that a helper gives them", () => {
  const proposal = { operation: "proposal_created" };
  const { audit } = recordedLog();
  const kept = { expires_at: AFTERNOON.recorded, action_digest: DIGEST, actor_type: "human" };
  expect(audit.log({ ...proposal, details: kept }).details).toEqual(kept);
  for (const details of [
    { expires_at: AFTERNOON.given },
    { expires_at: 7 },
    { action_digest: "0a" },
    { threshold: "3" },
    { description: 7 },
    { actor_type: "robot" },
    { session_id: 7 },
  ])
    expect(refusedWithoutTrace((log) => log.log({ ...proposal, details } as never)).field).toBe(
      `details.${Object.keys(details)[0]}`,
    );
  const included = { operation: "consensus_reached", details: { included_vote_ids: ["v1", 2] } };
  expect(refusedWithoutTrace((log) => log.log(included)).field).toBe("details.included_vote_ids");
  expect(audit.log({ operation: "deployed", details: { actor_type: 7 } }).details).toEqual({
    actor_type: 7,
  });
});

test("logByzantineDetected refuses two equal decisions, with its path", () => {
  for (const decision of ["approve", "reject", "abstain"] as const) {
    const equal = { ...EVIDENCE, priorDecision: decision, conflictingDecision: decision };
    const error = refusedWithoutTrace((audit) => audit.logByzantineDetected(equal));
    expect(error.field).toBe("conflictingDecision");
  }
});

test("each field of the table is an input of its helper", () => {
  const covered = HELPERS.flatMap(({ prefix = "", given }) =>
    given.map(([field]) => prefix + field),
  );
  const fields = OPERATIONS.flatMap((operation) =>
    Object.values<DetailConvention>(OPERATION_DETAILS[operation]).flatMap(({ from }) => from ?? []),
  );
  const special = ["signature", "algorithm", "includedVoteIds"];
  expect(new Set([...covered, ...special])).toEqual(new Set([...fields, "proposalId", "actorDid"]));
});

describe("logConsensusReached", () => {
  const throwing = (): never => {
    throw new Error("trap");
  };

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a number of votes", 3],
    ["a string", "v1,v2"],
    ["a Set", new Set(["v1"])],
    ["what only looks like an array", { length: 3, 0: "v1" }],
  ])("refuses includedVoteIds that are %s", (_, includedVoteIds) => {
    const error = refusedWithoutTrace((audit) =>
      audit.logConsensusReached({ ...RESULT, includedVoteIds } as never),
    );
    expect(error.field).toBe("includedVoteIds");
  });

  test("refuses includedVoteIds behind a Proxy that was revoked", () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const error = refusedWithoutTrace((audit) =>
      audit.logConsensusReached({ ...RESULT, includedVoteIds: proxy as string[] }),
    );
    expect(error.field).toBe("includedVoteIds");
  });

  test.each<[string, ProxyHandler<string[]>]>([
    ["throws", { get: throwing }],
    ["is a BigInt", { get: () => 3n }],
    ["is an object", { get: () => ({}) }],
    ["is negative", { get: () => -1 }],
  ])("refuses includedVoteIds whose length %s, as a Proxy can make it", (_, handler) => {
    const error = refusedWithoutTrace((audit) =>
      audit.logConsensusReached({ ...RESULT, includedVoteIds: new Proxy([], handler) }),
    );
    expect(error.field).toBe("includedVoteIds");
  });

  test("takes includedVoteIds behind a Proxy that leaves them alone", () => {
    const includedVoteIds = new Proxy(["v1", "v2"], {});
    expect(
      recordedLog().audit.logConsensusReached({ ...RESULT, includedVoteIds }).details.vote_count,
    ).toBe(2);
  });

  test.each(["approve", "reject", "abstain"])(
    "refuses the vote decision %s, which no result has",
    (decision) => {
      const error = refusedWithoutTrace((audit) =>
        audit.logConsensusReached({ ...RESULT, decision } as never),
      );
      expect(error.field).toBe("decision");
    },
  );
});

describe("the message of a refusal", () => {
  test("begins with the path of the field and says what was expected", () => {
    const error = refusedWithoutTrace((audit) =>
      audit.logVoteCast({ vote: { ...SIGNED_VOTE.vote, decision: "maybe" as never } }),
    );
    expect(error.message).toBe("vote.decision: expected one of approve, reject, abstain");
    expect(error.name).toBe("AuditError");
  });
});

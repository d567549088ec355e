import { describe, expect, test } from "vitest";
import type { GovernanceAuditLog } from "../../src/index.js";
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
}

const HELPERS: readonly HelperInput[] = [
  {
    helper: "logProposalCreated",
    valid: PROPOSAL,
    call: (audit, input) => audit.logProposalCreated(input),
    identifiers: ["proposalId", "subjectId", "proposerDid"],
    texts: ["title"],
    words: ["kind"],
  },
  {
    helper: "logVoteCast",
    valid: SIGNED_VOTE.vote,
    call: (audit, vote) => audit.logVoteCast({ vote }),
    prefix: "vote.",
    identifiers: ["voteId", "proposalId", "voterDid"],
    words: ["decision"],
  },
  {
    helper: "logConsensusReached",
    valid: RESULT,
    call: (audit, input) => audit.logConsensusReached(input),
    identifiers: ["proposalId"],
    texts: ["signerDid", "reason"],
    words: ["decision"],
    weights: ["approveWeight", "rejectWeight", "abstainWeight", "totalWeight"],
  },
  {
    helper: "logByzantineDetected",
    valid: EVIDENCE,
    call: (audit, input) => audit.logByzantineDetected(input),
    identifiers: ["voterDid", "proposalId"],
    words: ["priorDecision", "conflictingDecision"],
  },
  {
    helper: "logNodeAdded",
    valid: NODE,
    call: (audit, input) => audit.logNodeAdded(input),
    identifiers: ["did"],
    texts: ["name"],
    weights: ["weight"],
  },
  {
    helper: "logNodeRemoved",
    valid: NODE,
    call: (audit, input) => audit.logNodeRemoved(input),
    identifiers: ["did"],
  },
  {
    helper: "logAuthorizationGranted",
    valid: GRANT,
    call: (audit, input) => audit.logAuthorizationGranted(input),
    identifiers: ["subjectId", "proposalId"],
    words: ["kind"],
  },
  {
    helper: "logAuthorizationRevoked",
    valid: GRANT,
    call: (audit, input) => audit.logAuthorizationRevoked(input),
    identifiers: ["subjectId", "proposalId"],
    words: ["kind"],
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

describe.each(HELPERS)("$helper", ({ valid, call, prefix = "", ...fields }) => {
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

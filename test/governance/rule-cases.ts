import type { FindingStatus, Severity } from "../../src/governance/facts/finding.js";
import type { Policy } from "../../src/governance/facts/policy.js";
import { MODEL, type More, type TrailWriter } from "../fixtures/trail.js";

/** What a trail must bring: nothing, or one finding of the rule that rests on these entries. */
export type Expected = "kept" | readonly [FindingStatus, ...sequences: number[]];

export interface Case {
  readonly name: string;
  readonly write: (trail: TrailWriter) => unknown;
  readonly expected: Expected;
  readonly policy?: Policy;
  /** How many entries are missing at the beginning. */
  readonly missing?: number;
  /** Entries that are missing later. */
  readonly lost?: readonly number[];
  /** Details that another system wrote into an entry, which a helper would refuse. */
  readonly edit?: { readonly sequence: number; readonly details: More };
}

const QUORUM: Policy = {
  participation: "2/3",
  approval: { share: "2/3", of: "decided" },
};
const EXPIRY = "2026-04-14T12:00:06.000Z";

/** By rule. Each trail begins with the federation: entries 0 to 3 are the nodes. */
export const CASES: Readonly<Record<string, { severity: Severity; cases: readonly Case[] }>> = {
  "grant-without-consensus": {
    severity: "error",
    cases: [
      {
        name: "a grant of a proposal that nobody decided",
        write: (t) => [t.propose("p"), t.grant("p")],
        expected: ["violated", 5],
      },
      {
        name: "a grant before its result",
        write: (t) => [t.propose("p"), t.grant("p"), t.vote("p", "bob"), t.result("p", "passed")],
        expected: ["violated", 5],
      },
      { name: "a grant after it", write: (t) => [t.passed("p"), t.grant("p")], expected: "kept" },
      {
        name: "a grant of what was decided before a freeze",
        write: (t) => [t.passed("p"), t.revoke("f", { kind: "emergency-freeze" }), t.grant("p")],
        expected: ["violated", 4, 9, 10],
      },
      {
        name: "a grant of what was decided after a freeze",
        write: (t) => [t.revoke("f", { kind: "emergency-freeze" }), t.passed("p"), t.grant("p")],
        expected: "kept",
      },
      {
        name: "a grant whose proposal may be among the missing entries",
        write: (t) => [t.propose("p"), t.result("p", "passed"), t.grant("p")],
        missing: 6,
        expected: ["undetermined", 6],
      },
    ],
  },
  "grant-after-rejection": {
    severity: "error",
    cases: [
      {
        name: "a grant of what was rejected",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "reject"),
          t.result("p", "rejected", { reject: 1 }),
          t.grant("p"),
        ],
        expected: ["violated", 6, 7],
      },
      {
        name: "a grant of what passed",
        write: (t) => [t.passed("p"), t.grant("p")],
        expected: "kept",
      },
    ],
  },
  "grant-mismatch": {
    severity: "error",
    cases: [
      {
        name: "another subject",
        write: (t) => [t.passed("p"), t.grant("p", { subject: "did:pqaid:other" })],
        expected: ["violated", 4, 9],
      },
      {
        name: "another kind",
        write: (t) => [t.passed("p"), t.grant("p", { kind: "authorize-agent" })],
        expected: ["violated", 4, 9],
      },
      { name: "the same", write: (t) => [t.passed("p"), t.grant("p")], expected: "kept" },
      {
        name: "a proposal that names no subject",
        write: (t) => [t.passedWithout("p", "subject"), t.grant("p")],
        expected: ["undetermined", 4, 9],
      },
      {
        name: "a proposal that names no kind",
        write: (t) => [t.passedWithout("p", "kind"), t.grant("p")],
        expected: ["undetermined", 4, 9],
      },
      {
        name: "a proposal that names no subject, and a grant of another kind",
        write: (t) => [t.passedWithout("p", "subject"), t.grant("p", { kind: "authorize-agent" })],
        expected: ["violated", 4, 9],
      },
      {
        name: "a proposal that is missing",
        write: (t) => [t.passed("p"), t.grant("p")],
        missing: 5,
        expected: ["undetermined", 9],
      },
    ],
  },
  "revoke-without-grant": {
    severity: "warning",
    cases: [
      {
        name: "a revocation of nothing",
        write: (t) => [t.passed("p", { kind: "revoke-model" }), t.revoke("p")],
        expected: ["violated", 9],
      },
      {
        name: "a revocation of what had expired",
        write: (t) => [
          t.passed("p"),
          t.grant("p", { valid_until: "2026-04-14T12:00:10.000Z" }),
          t.passed("q", { kind: "revoke-model" }),
          t.revoke("q"),
        ],
        expected: ["violated", 15],
      },
      {
        name: "a revocation of what was in force",
        write: (t) => [
          t.passed("p"),
          t.grant("p"),
          t.passed("q", { kind: "revoke-model" }),
          t.revoke("q"),
        ],
        expected: "kept",
      },
      {
        name: "a revocation of what may be among the missing entries",
        write: (t) => [t.passed("p", { kind: "revoke-model" }), t.revoke("p")],
        missing: 2,
        expected: ["undetermined", 9],
      },
    ],
  },
  "revoke-without-consensus": {
    severity: "warning",
    cases: [
      {
        name: "a revocation that nobody decided",
        write: (t) => [t.passed("p"), t.grant("p"), t.revoke("q")],
        expected: ["violated", 10],
      },
      {
        name: "a revocation by the proposal that authorized",
        write: (t) => [t.passed("p"), t.grant("p"), t.revoke("p", { kind: "authorize-model" })],
        expected: ["violated", 10],
      },
      {
        name: "a kind that is break-glass in the policy",
        write: (t) => [t.passed("p"), t.grant("p"), t.revoke("q", { kind: "emergency-freeze" })],
        policy: { kinds: { "emergency-freeze": { breakGlass: true } } },
        expected: "kept",
      },
      {
        name: "a revocation after its decision",
        write: (t) => [
          t.passed("p"),
          t.grant("p"),
          t.passed("q", { kind: "revoke-model" }),
          t.revoke("q"),
        ],
        expected: "kept",
      },
      {
        name: "a decision that may be among the missing entries",
        write: (t) => [t.passed("p"), t.grant("p"), t.revoke("q")],
        missing: 1,
        expected: ["undetermined", 10],
      },
    ],
  },
  "unauthorized-action": {
    severity: "error",
    cases: [
      {
        name: "an action of a subject that was never authorized",
        write: (t) => t.act("model_invoked", { subjectId: MODEL }),
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: ["violated", 4],
      },
      {
        name: "an action after the revocation",
        write: (t) => [
          t.passed("p"),
          t.grant("p"),
          t.revoke("q", { kind: "emergency-freeze" }),
          t.act("model_invoked", { subjectId: MODEL }),
        ],
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: ["violated", 11],
      },
      {
        name: "an action after its own proposal was rejected",
        write: (t) => [
          t.passed("p"),
          t.grant("p"),
          t.propose("q"),
          t.result("q", "rejected"),
          t.act("model_invoked", { subjectId: MODEL, proposalId: "q" }),
        ],
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: ["violated", 11, 12],
      },
      {
        name: "an action while its actor is authorized",
        write: (t) => [
          t.passed("p", { kind: "authorize-agent", subject: "agent" }),
          t.grant("p", { kind: "authorize-agent", subject: "agent" }),
          t.act("model_invoked", { subjectId: MODEL, actorDid: "agent" }),
        ],
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: "kept",
      },
      {
        name: "an operation that the policy does not name",
        write: (t) => t.act("model_looked_at", { subjectId: MODEL }),
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: "kept",
      },
      {
        name: "an action whose grant may be among the missing entries",
        write: (t) => t.act("model_invoked", { subjectId: MODEL }),
        policy: { requiresAuthorization: ["model_invoked"] },
        missing: 2,
        expected: ["undetermined", 4],
      },
    ],
  },
  "expired-authorization": {
    severity: "error",
    cases: [
      {
        name: "an action after the end of validity",
        write: (t) => [
          t.passed("p"),
          t.grant("p", { valid_until: "2026-04-14T12:00:10.000Z" }),
          t.act("model_invoked", { subjectId: MODEL }),
        ],
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: ["violated", 10],
      },
      {
        name: "an action before it",
        write: (t) => [
          t.passed("p"),
          t.grant("p", { valid_until: "2026-04-14T12:00:10.001Z" }),
          t.act("model_invoked", { subjectId: MODEL }),
        ],
        policy: { requiresAuthorization: ["model_invoked"] },
        expected: "kept",
      },
      {
        name: "a grant that is valid until no time",
        write: (t) => [t.passed("p"), t.grant("p"), t.act("coffee")],
        edit: { sequence: 9, details: { valid_until: "soon" } },
        expected: ["undetermined", 9],
      },
      {
        name: "a grant whose validity was over already",
        write: (t) => [t.passed("p"), t.grant("p", { valid_until: EXPIRY })],
        expected: ["violated", 9],
      },
    ],
  },
  "vote-on-unknown-proposal": {
    severity: "error",
    cases: [
      { name: "nobody proposed it", write: (t) => t.vote("p", "bob"), expected: ["violated", 4] },
      {
        name: "it was proposed later",
        write: (t) => [t.vote("p", "bob"), t.propose("p")],
        expected: ["violated", 4],
      },
      {
        name: "it was proposed",
        write: (t) => [t.propose("p"), t.vote("p", "bob")],
        expected: "kept",
      },
      {
        name: "the proposal may be among the missing entries",
        write: (t) => [t.propose("p"), t.vote("p", "bob"), t.vote("p", "carol")],
        missing: 5,
        expected: ["undetermined", 5, 6],
      },
    ],
  },
  "vote-after-decision": {
    severity: "error",
    cases: [
      {
        name: "a vote after the result",
        write: (t) => [t.passed("p"), t.vote("p", "alice", "reject")],
        expected: ["violated", 8, 9],
      },
      { name: "all votes before it", write: (t) => t.passed("p"), expected: "kept" },
    ],
  },
  "vote-by-nonmember": {
    severity: "error",
    cases: [
      {
        name: "a stranger",
        write: (t) => [t.propose("p"), t.vote("p", "mallory")],
        expected: ["violated", 5],
      },
      {
        name: "a node that was removed",
        write: (t) => [t.remove("dave"), t.propose("p"), t.vote("p", "dave")],
        expected: ["violated", 6],
      },
      { name: "a member", write: (t) => [t.propose("p"), t.vote("p", "bob")], expected: "kept" },
      {
        name: "a stranger with a delegation",
        write: (t) => [
          t.passed("d", { kind: "delegation", subject: "zoe" }),
          t.grant("d", { kind: "delegation", subject: "zoe" }),
          t.propose("p"),
          t.vote("p", "zoe"),
        ],
        expected: ["undetermined", 11],
      },
      {
        name: "a node whose node_added may be missing",
        write: (t) => [t.propose("p"), t.vote("p", "alice"), t.vote("p", "bob")],
        missing: 1,
        expected: ["undetermined", 5],
      },
    ],
  },
  "duplicate-vote-id": {
    severity: "error",
    cases: [
      {
        name: "one id twice",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "approve", { vote_id: "v" }),
          t.vote("p", "carol", "approve", { vote_id: "v" }),
        ],
        expected: ["violated", 5, 6],
      },
      {
        name: "one id in two proposals",
        write: (t) => [
          t.propose("p"),
          t.propose("q"),
          t.vote("p", "bob", "approve", { vote_id: "v" }),
          t.vote("q", "bob", "approve", { vote_id: "v" }),
        ],
        expected: "kept",
      },
    ],
  },
  "double-vote-unflagged": {
    severity: "error",
    cases: [
      {
        name: "two answers, and the proposal is open",
        write: (t) => [t.propose("p"), t.vote("p", "bob"), t.vote("p", "bob", "reject")],
        expected: ["pending", 5, 6],
      },
      {
        name: "two answers, and the proposal is decided",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "reject"),
          t.result("p", "passed", { approve: 1 }),
        ],
        expected: ["violated", 5, 6, 7],
      },
      {
        name: "two answers, and the flag may be missing",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "reject"),
          t.flag("p", "bob"),
          t.result("p", "rejected"),
        ],
        lost: [7],
        expected: ["undetermined", 5, 6, 8],
      },
      {
        name: "two answers that were noticed",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "reject"),
          t.flag("p", "bob"),
          t.result("p", "rejected"),
        ],
        expected: "kept",
      },
      {
        name: "the same answer again",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob"),
          t.result("p", "passed", { approve: 1 }),
        ],
        expected: "kept",
      },
    ],
  },
  "flag-without-double-vote": {
    severity: "warning",
    cases: [
      {
        name: "a flag with one vote, decided",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.flag("p", "bob"),
          t.result("p", "rejected"),
        ],
        expected: ["violated", 6],
      },
      {
        name: "a flag with one vote, open",
        write: (t) => [t.propose("p"), t.vote("p", "bob"), t.flag("p", "bob")],
        expected: ["pending", 6],
      },
      {
        name: "a flag of two equal votes",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "reject"),
          t.flag("p", "bob", "reject", "reject"),
          t.result("p", "rejected"),
        ],
        expected: ["violated", 6],
      },
      {
        name: "a flag with both votes",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "reject"),
          t.flag("p", "bob"),
        ],
        expected: "kept",
      },
      {
        name: "a flag of whose votes one may be missing",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "reject"),
          t.flag("p", "bob"),
          t.result("p", "rejected"),
        ],
        lost: [6],
        expected: ["undetermined", 7],
      },
      {
        name: "a flag whose votes may be missing",
        write: (t) => [t.propose("p"), t.vote("p", "bob"), t.flag("p", "bob")],
        missing: 6,
        expected: ["undetermined", 6],
      },
    ],
  },
  "self-approval": {
    severity: "warning",
    cases: [
      {
        name: "the proposer approves",
        write: (t) => [t.propose("p"), t.vote("p", "alice")],
        expected: ["violated", 4, 5],
      },
      {
        name: "the proposer abstains",
        write: (t) => [t.propose("p"), t.vote("p", "alice", "abstain")],
        expected: "kept",
      },
    ],
  },
  "late-vote": {
    severity: "error",
    cases: [
      {
        name: "a vote after the expiry",
        write: (t) => [
          t.propose("p", { expires_at: EXPIRY }),
          t.vote("p", "bob"),
          t.vote("p", "carol"),
          t.vote("p", "dave"),
        ],
        expected: ["violated", 4, 7],
      },
      {
        name: "a vote on a proposal that expires at no time",
        write: (t) => [t.propose("p"), t.vote("p", "bob")],
        edit: { sequence: 4, details: { expires_at: "soon" } },
        expected: ["undetermined", 5],
      },
      {
        name: "a vote that says that it was cast before it",
        write: (t) => [
          t.propose("p", { expires_at: EXPIRY }),
          t.act("coffee"),
          t.act("coffee"),
          t.vote("p", "bob", "approve", { cast_at: EXPIRY }),
        ],
        expected: ["undetermined", 4, 7],
      },
      {
        name: "a vote before it",
        write: (t) => [
          t.propose("p", { expires_at: EXPIRY }),
          t.vote("p", "bob", "approve", { cast_at: EXPIRY }),
        ],
        expected: "kept",
      },
    ],
  },
  "duplicate-proposal-id": {
    severity: "warning",
    cases: [
      {
        name: "the same proposal again",
        write: (t) => [t.propose("p"), t.propose("p")],
        expected: ["violated", 4, 5],
      },
      {
        name: "two proposals",
        write: (t) => [t.propose("p"), t.propose("q")],
        expected: "kept",
      },
    ],
  },
  "contradictory-proposals": {
    severity: "error",
    cases: [
      {
        name: "another subject under the same id",
        write: (t) => [t.propose("p"), t.propose("p", { subject: "did:pqaid:other" })],
        expected: ["violated", 4, 5],
      },
      {
        name: "the same proposal again",
        write: (t) => [t.propose("p"), t.propose("p")],
        expected: "kept",
      },
      {
        name: "a first proposal that is missing",
        write: (t) => [t.propose("p"), t.propose("p", { subject: "did:pqaid:other" })],
        missing: 5,
        expected: "kept",
      },
    ],
  },
  "contradictory-decisions": {
    severity: "error",
    cases: [
      {
        name: "passed and rejected",
        write: (t) => [t.passed("p"), t.result("p", "rejected", { approve: 3 })],
        expected: ["violated", 8, 9],
      },
      {
        name: "two signers of one result",
        write: (t) => [t.passed("p"), t.result("p", "passed", { approve: 3 })],
        expected: "kept",
      },
    ],
  },
  "tally-mismatch": {
    severity: "error",
    cases: [
      {
        name: "weights that the votes do not give",
        write: (t) => [t.propose("p"), t.vote("p", "bob"), t.result("p", "passed", { approve: 3 })],
        expected: ["violated", 6],
      },
      {
        name: "a total that the nodes do not give",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.result("p", "passed", { approve: 1, total: 5 }),
        ],
        expected: ["violated", 6],
      },
      {
        name: "a counted vote that the log lacks",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.result("p", "passed", { approve: 1 }, { included_vote_ids: ["p-5", "p-x"] }),
        ],
        expected: ["violated", 6],
      },
      {
        name: "the votes that were counted, by their ids",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol", "reject"),
          t.result("p", "passed", { approve: 1, reject: 1 }, { included_vote_ids: ["p-5", "p-6"] }),
        ],
        expected: "kept",
      },
      {
        name: "a recorded vote that was left out",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol", "reject"),
          t.result("p", "passed", { approve: 1 }, { included_vote_ids: ["p-5"] }),
        ],
        expected: ["violated", 6, 7],
      },
      {
        name: "more votes than the log has",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.result("p", "passed", { approve: 1 }, { vote_count: 2 }),
        ],
        expected: ["violated", 6],
      },
      { name: "the weights of the votes", write: (t) => t.passed("p"), expected: "kept" },
      {
        name: "a flagged voter who does not count, where the policy says nothing",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol"),
          t.vote("p", "carol", "reject"),
          t.flag("p", "carol"),
          t.result("p", "passed", { approve: 1 }),
        ],
        expected: "kept",
      },
      {
        name: "a flagged voter who does not count, and the log holds one vote",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol"),
          t.flag("p", "carol"),
          t.result("p", "passed", { approve: 1 }),
        ],
        policy: { conflictingVotes: "exclude" },
        expected: ["undetermined", 8],
      },
      {
        name: "a flagged voter who counts, where the policy says exclude",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol"),
          t.vote("p", "carol", "reject"),
          t.flag("p", "carol"),
          t.result("p", "passed", { approve: 2 }),
        ],
        policy: { conflictingVotes: "exclude" },
        expected: ["violated", 9],
      },
      {
        name: "a changed vote that replaces the first",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "abstain"),
          t.result("p", "rejected", { abstain: 1 }),
        ],
        policy: { changedVotes: "last" },
        expected: "kept",
      },
      {
        name: "a changed vote that must not",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "bob", "abstain"),
          t.result("p", "rejected", { abstain: 1 }),
        ],
        policy: { changedVotes: "first" },
        expected: ["violated", 7],
      },
      {
        name: "a weight of a vote that is not its node's",
        write: (t) => [t.propose("p"), t.vote("p", "bob", "approve", { weight: 2 })],
        expected: ["violated", 5],
      },
      {
        name: "members that changed meanwhile",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.node("erin"),
          t.result("p", "passed", { approve: 1, total: 5 }),
        ],
        expected: ["undetermined", 7],
      },
      {
        name: "members that changed meanwhile, and a policy that names the moment",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.node("erin"),
          t.result("p", "passed", { approve: 1, total: 5 }),
        ],
        policy: { membershipAt: "vote" },
        expected: "kept",
      },
      {
        name: "a proposal that is missing",
        write: (t) => t.passed("p"),
        missing: 6,
        expected: ["undetermined", 8],
      },
    ],
  },
  "quorum-unmet": {
    severity: "error",
    cases: [
      {
        name: "too few that took part",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol"),
          t.result("p", "passed", { approve: 2 }),
        ],
        policy: QUORUM,
        expected: ["violated", 7],
      },
      {
        name: "too few that approve",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.vote("p", "carol", "reject"),
          t.vote("p", "dave", "abstain"),
          t.result("p", "passed", { approve: 1, reject: 1, abstain: 1 }),
        ],
        policy: QUORUM,
        expected: ["violated", 8],
      },
      { name: "two thirds of each", write: (t) => t.passed("p"), policy: QUORUM, expected: "kept" },
      {
        name: "the threshold of the proposal, before the policy's",
        write: (t) => t.passed("p", { threshold: 4 }),
        policy: QUORUM,
        expected: ["violated", 8],
      },
      {
        name: "the votes that the kind needs",
        write: (t) => t.passed("p"),
        policy: { kinds: { "authorize-model": { votes: 1 } } },
        expected: ["violated", 8],
      },
      {
        name: "the votes that the kind needs, where nobody knows who was a member",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob"),
          t.result("p", "passed", { approve: 1 }, { vote_count: 1 }),
        ],
        policy: { kinds: { "authorize-model": { votes: 1 } } },
        missing: 4,
        expected: ["undetermined", 6],
      },
      {
        name: "a quorum, and a result that records no weights",
        write: (t) => [
          t.propose("p"),
          ...["bob", "carol", "dave"].map((voter) => t.vote("p", voter)),
          t.act(
            "consensus_reached",
            { proposalId: "p", actorDid: "carol", decision: "passed" },
            { reason: "counted" },
          ),
        ],
        policy: QUORUM,
        expected: ["undetermined", 8],
      },
      {
        name: "no threshold anywhere, and nobody asks",
        write: (t) => t.passed("p"),
        expected: "kept",
      },
      {
        name: "no threshold anywhere, and the policy asks",
        write: (t) => t.passed("p"),
        policy: { rules: { "quorum-unmet": "error" } },
        expected: ["undetermined", 8],
      },
    ],
  },
  "human-missing": {
    severity: "error",
    cases: [
      {
        name: "one human of two",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "approve", { actor_type: "human" }),
          t.vote("p", "carol", "approve", { actor_type: "agent" }),
          t.result("p", "passed", { approve: 2 }),
        ],
        policy: { kinds: { "authorize-model": { humanApprovals: 2 } } },
        expected: ["violated", 7],
      },
      {
        name: "two humans",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "approve", { actor_type: "human" }),
          t.vote("p", "carol", "approve", { actor_type: "human" }),
          t.result("p", "passed", { approve: 2 }),
        ],
        policy: { kinds: { "authorize-model": { humanApprovals: 2 } } },
        expected: "kept",
      },
      {
        name: "a vote that does not say who it was",
        write: (t) => [
          t.propose("p"),
          t.vote("p", "bob", "approve", { actor_type: "human" }),
          t.vote("p", "carol"),
          t.result("p", "passed", { approve: 2 }),
        ],
        policy: { kinds: { "authorize-model": { humanApprovals: 2 } } },
        expected: ["undetermined", 7],
      },
    ],
  },
  "expired-proposal": {
    severity: "error",
    cases: [
      {
        name: "passed after the expiry",
        write: (t) => t.passed("p", { expires_at: EXPIRY }),
        expected: ["violated", 4, 8],
      },
      {
        name: "passed, and expires at no time",
        write: (t) => t.passed("p"),
        edit: { sequence: 4, details: { expires_at: "soon" } },
        expected: ["undetermined", 4, 8],
      },
      {
        name: "rejected after the expiry",
        write: (t) => [
          t.propose("p", { expires_at: EXPIRY }),
          t.act("coffee"),
          t.act("coffee"),
          t.result("p", "rejected"),
        ],
        expected: "kept",
      },
    ],
  },
  undecided: {
    severity: "warning",
    cases: [
      {
        name: "open for too long",
        write: (t) => [t.propose("p"), t.act("coffee"), t.act("coffee")],
        policy: { decideWithinSeconds: 1 },
        expected: ["violated", 4],
      },
      {
        name: "open",
        write: (t) => [t.propose("p"), t.act("coffee"), t.act("coffee")],
        policy: { decideWithinSeconds: 60 },
        expected: ["pending", 4],
      },
      {
        name: "open for too long, and the result may be missing",
        write: (t) => [t.passed("p"), t.act("coffee")],
        lost: [8],
        policy: { decideWithinSeconds: 1 },
        expected: ["undetermined", 4],
      },
      {
        name: "decided",
        write: (t) => t.passed("p"),
        policy: { decideWithinSeconds: 1 },
        expected: "kept",
      },
    ],
  },
  "not-enacted": {
    severity: "warning",
    cases: [
      {
        name: "passed, and nothing followed in time",
        write: (t) => [t.passed("p"), t.act("coffee"), t.act("coffee")],
        policy: { enactWithinSeconds: 1 },
        expected: ["violated", 8],
      },
      {
        name: "passed, and what followed may be missing",
        write: (t) => [t.passed("p"), t.grant("p"), t.act("coffee")],
        lost: [9],
        policy: { enactWithinSeconds: 1 },
        expected: ["undetermined", 8],
      },
      {
        name: "passed, and it may still follow",
        write: (t) => t.passed("p"),
        expected: ["pending", 8],
      },
      { name: "granted", write: (t) => [t.passed("p"), t.grant("p")], expected: "kept" },
      {
        name: "a node that was added without naming the proposal",
        write: (t) => [t.passed("p", { kind: "add-node", subject: "erin" }), t.node("erin")],
        expected: "kept",
      },
      {
        name: "a policy that was updated, which leaves no entry",
        write: (t) => t.passed("p", { kind: "update-policy", subject: "policy/x" }),
        expected: "kept",
      },
    ],
  },
  "member-change-without-proposal": {
    severity: "warning",
    cases: [
      {
        name: "a node that comes after the first proposal",
        write: (t) => [t.propose("p"), t.node("erin")],
        expected: ["violated", 5],
      },
      { name: "a founder that goes", write: (t) => t.remove("dave"), expected: ["violated", 4] },
      {
        name: "a node that goes by a proposal that it names",
        write: (t) => [
          t.passed("p", { kind: "remove-node", subject: "dave" }),
          t.remove("dave", "p"),
        ],
        expected: "kept",
      },
      { name: "founders", write: () => undefined, expected: "kept" },
      {
        name: "a node that comes where the proposal may be missing",
        write: (t) => t.node("erin"),
        missing: 4,
        expected: ["undetermined", 4],
      },
    ],
  },
  "result-by-nonmember": {
    severity: "warning",
    cases: [
      {
        name: "a stranger signs",
        write: (t) => [t.propose("p"), signed(t, "mallory")],
        expected: ["violated", 5],
      },
      {
        name: "a node that was removed signs",
        write: (t) => [t.remove("carol"), t.passed("p")],
        expected: ["violated", 9],
      },
      {
        name: "a stranger that the policy names signs",
        write: (t) => [t.propose("p"), signed(t, "did:service:counter")],
        policy: { services: ["did:service:counter"] },
        expected: "kept",
      },
      {
        name: "a service that the policy does not name signs",
        write: (t) => [t.propose("p"), signed(t, "counter", { actor_type: "service" })],
        expected: ["undetermined", 5],
      },
      {
        name: "a signer whose node_added may be missing",
        write: (t) => [t.propose("p"), signed(t, "alice")],
        missing: 1,
        expected: ["undetermined", 5],
      },
      {
        name: "nobody is named",
        write: (t) => [t.propose("p"), signed(t, "")],
        expected: "kept",
      },
      {
        name: "no nodes are recorded",
        write: (t) => [t.propose("p"), signed(t, "mallory")],
        missing: 4,
        expected: "kept",
      },
    ],
  },
  "effect-by-nonmember": {
    severity: "warning",
    cases: [
      {
        name: "a stranger grants",
        write: (t) => [t.passed("p"), t.grant("p", { by: "mallory" })],
        expected: ["violated", 9],
      },
      {
        name: "a stranger revokes",
        write: (t) => [t.passed("p"), t.grant("p"), t.revoke("q", { by: "mallory" })],
        expected: ["violated", 10],
      },
      {
        name: "a stranger adds a node",
        write: (t) => [
          t.passed("p", { kind: "add-node", subject: "erin" }),
          t.act("node_added", { actorDid: "erin" }, { weight: 1, added_by: "mallory" }),
        ],
        expected: ["violated", 9],
      },
      {
        name: "a stranger adds a founder",
        write: (t) => t.act("node_added", { actorDid: "erin" }, { weight: 1, added_by: "setup" }),
        expected: "kept",
      },
      {
        name: "a member grants",
        write: (t) => [t.passed("p"), t.grant("p", { by: "bob" })],
        expected: "kept",
      },
      {
        name: "a stranger with a delegation grants",
        write: (t) => [
          t.passed("d", { kind: "delegation", subject: "zoe" }),
          t.grant("d", { kind: "delegation", subject: "zoe" }),
          t.passed("p"),
          t.grant("p", { by: "zoe" }),
        ],
        expected: ["undetermined", 15],
      },
    ],
  },
  backdated: {
    severity: "info",
    cases: [
      {
        name: "recorded a minute late",
        write: (t) => t.act("coffee", {}, {}, new Date(t.timeOf(4).getTime() - 60_000)),
        policy: { recordWithinSeconds: 59 },
        expected: ["violated", 4],
      },
      {
        name: "recorded late, off by default",
        write: (t) => t.act("coffee", {}, {}, new Date(t.timeOf(4).getTime() - 60_000)),
        expected: "kept",
      },
      {
        name: "imported",
        write: (t) =>
          t.act("coffee", {}, { imported_log: "old" }, new Date(t.timeOf(4).getTime() - 60_000)),
        policy: { recordWithinSeconds: 59 },
        expected: "kept",
      },
    ],
  },
  "history-missing": {
    severity: "info",
    cases: [
      { name: "no first entry", write: () => undefined, missing: 2, expected: ["violated", 2] },
      { name: "all entries", write: () => undefined, expected: "kept" },
    ],
  },
};

function signed(trail: TrailWriter, actorDid: string, more: More = {}): number {
  return trail.act("consensus_reached", { proposalId: "p", actorDid, decision: "rejected" }, more);
}

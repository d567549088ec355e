import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalLine } from "../../src/entry/line.js";
import { type Finding, replay } from "../../src/governance/index.js";
import {
  ATTR_GOVERNANCE_LEAF_HASH,
  ATTR_GOVERNANCE_LOG_ID,
  ATTR_GOVERNANCE_SEQUENCE,
  type AuditEntry,
  type AuditError,
  AuditLogProcessor,
  GovernanceAuditLog,
} from "../../src/index.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { governanceMonitor } from "../../src/monitor/index.js";
import { Federation, PLANTS, POLICY, steps } from "../fixtures/federation.js";
import { newPath } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";
import { recordedLog, refusal } from "../fixtures/recorded-log.js";
import { until } from "../fixtures/until.js";

const SUBJECT = { subjectId: "did:model", kind: "authorize-model", proposalId: "p1" } as const;
const INVOKED = { operation: "model_invoked", subjectId: "did:model" };
const REQUIRED = { requiresAuthorization: ["model_invoked"] };

/** What a monitor tells, as rule and sequences. */
function listening() {
  const told: string[] = [];
  return {
    told,
    onFinding: ({ rule, sequences }: Finding) => {
      told.push(`${rule} ${sequences.join(" ")}`);
    },
  };
}

/** What a monitor reads of the record of an entry. */
function recordOf(entry: AuditEntry): Parameters<LogRecordProcessor["onEmit"]>[0] {
  const record = {
    body: canonicalLine("acme.example/governance", entry),
    attributes: {
      [ATTR_GOVERNANCE_LOG_ID]: "acme.example/governance",
      [ATTR_GOVERNANCE_SEQUENCE]: entry.sequence,
      [ATTR_GOVERNANCE_LEAF_HASH]: entry.leafHash,
    },
  };
  return record as unknown as Parameters<LogRecordProcessor["onEmit"]>[0];
}

/** A decision, and what it authorizes: entries 0 to 5. */
function authorize(audit: GovernanceAuditLog): void {
  const voterDid = "did:bob";
  audit.logNodeAdded({ did: "did:alice", name: "alice", weight: 1 });
  audit.logNodeAdded({ did: voterDid, name: "bob", weight: 1 });
  audit.logProposalCreated({ ...SUBJECT, proposerDid: "did:alice", title: "run it" });
  audit.logVoteCast({
    vote: { voteId: "v1", proposalId: "p1", voterDid, decision: "approve" },
  });
  audit.logConsensusReached({
    proposalId: "p1",
    decision: "passed",
    reason: "counted",
    approveWeight: 1,
    rejectWeight: 0,
    abstainWeight: 0,
    totalWeight: 2,
    includedVoteIds: ["v1"],
    signerDid: "did:alice",
  });
  audit.logAuthorizationGranted(SUBJECT);
}

describe("a monitor", () => {
  test("tells a violation before the helper returns, and nothing of what is kept", () => {
    const { told, onFinding } = listening();
    const monitor = governanceMonitor({ policy: REQUIRED, onFinding });
    const { audit, errors } = recordedLog({ mirrors: [monitor] });
    authorize(audit);
    audit.log(INVOKED);
    expect(told).toEqual([]);
    expect(monitor.trail.subject("did:model")).toMatchObject({ authorized: "yes", by: "p1" });
    audit.logAuthorizationRevoked({ ...SUBJECT, kind: "emergency-freeze", proposalId: "p2" });
    expect(told).toEqual(["revoke-without-consensus 7"]);
    audit.log(INVOKED);
    expect(told).toEqual(["revoke-without-consensus 7", "unauthorized-action 8"]);
    expect(errors).toEqual([]);
  });

  test("judges by rules of the app too", () => {
    const { told, onFinding } = listening();
    const rule = {
      id: "no-coffee",
      title: "No coffee",
      reason: "It is late.",
      needs: "nothing",
      severity: "warning",
      onEntry: ({ operation, sequence }: { operation: string; sequence: number }) =>
        operation === "coffee"
          ? ({ status: "violated", sequences: [sequence], message: "coffee" } as const)
          : undefined,
    } as const;
    const { audit } = recordedLog({ mirrors: [governanceMonitor({ rules: [rule], onFinding })] });
    audit.log({ operation: "tea" });
    audit.log({ operation: "coffee" });
    expect(told).toEqual(["no-coffee 1"]);
  });

  test("knows the journal after a restart, and does not tell its violations again", async () => {
    const path = newPath();
    const first = listening();
    const before = new GovernanceAuditLog({
      journal: path,
      mirrors: [governanceMonitor({ policy: REQUIRED, onFinding: first.onFinding })],
    });
    before.log(INVOKED);
    authorize(before);
    await before.shutdown();
    expect(first.told).toEqual(["unauthorized-action 0"]);

    const { told, onFinding } = listening();
    const monitor = governanceMonitor({ policy: REQUIRED, onFinding });
    // memory holds less than the journal
    await using after = new GovernanceAuditLog({
      journal: path,
      maxEntries: 2,
      mirrors: [monitor],
    });
    expect(told).toEqual([]);
    expect(monitor.trail).toMatchObject({ lastSequence: 6, isComplete: true });
    expect(monitor.trail.findings()).toMatchObject([{ rule: "unauthorized-action" }]);
    after.log(INVOKED);
    expect(told).toEqual([]);
    after.logVoteCast({
      vote: { voteId: "v1", proposalId: "p1", voterDid: "did:bob", decision: "approve" },
    });
    expect(told).toEqual(["vote-after-decision 5 8", "duplicate-vote-id 4 8"]);
  });

  test("sees the records of an app's own provider, and passes over checkpoints", async () => {
    const { told, onFinding } = listening();
    const { privateKeyPem } = generateKeys("acme.example/governance", "ed25519");
    const processor = new AuditLogProcessor({
      logId: "acme.example/governance",
      journal: newPath(),
      signer: privateKeyPem,
      mirrors: [governanceMonitor({ onFinding })],
    });
    const loggerProvider = new LoggerProvider({ processors: [processor] });
    await using audit = GovernanceAuditLog.attach({ loggerProvider, processor });
    authorize(audit);
    await audit.checkpoint();
    loggerProvider.getLogger("app").emit({ body: "no entry" });
    loggerProvider.getLogger("app").emit({
      attributes: { "governance.operation": "node_removed", "governance.actor.did": "x" },
    });
    expect(told).toEqual(["member-change-without-proposal 6"]);
  });
});

describe("a violation that is recorded", () => {
  const recording = (more: { readonly journal?: string } = {}) => {
    const log = recordedLog({
      ...more,
      mirrors: [
        // the rule would find each entry of a violation, and so go on without end
        governanceMonitor({
          policy: { requiresAuthorization: ["model_invoked", "rule_violated"] },
          recordIn: () => log.audit,
        }),
        // a second monitor finds the same
        governanceMonitor({ policy: REQUIRED, recordIn: () => log.audit }),
      ],
    });
    return log;
  };

  test("is there once, sealed and mirrored, with an id that follows from it", () => {
    const { audit, mirror, errors } = recording();
    audit.log(INVOKED);
    expect(errors).toEqual([]);
    expect(mirror.sequences).toEqual([0, 1]);
    expect(audit.get(1)).toMatchObject({
      operation: "rule_violated",
      subjectId: "did:model",
      details: {
        rule: "unauthorized-action",
        severity: "error",
        message: expect.stringContaining('"model_invoked" happened'),
        sequences: [0],
      },
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/),
    });
    audit.log(INVOKED);
    expect(audit.get(3)?.id).not.toBe(audit.get(1)?.id);
  });

  test("belongs to the trail, is not judged, and is not recorded again after a restart", async () => {
    const journal = newPath();
    const before = recording({ journal });
    before.audit.log(INVOKED);
    await before.audit.shutdown();
    const after = recording({ journal });
    expect(after.audit.count()).toBe(2);
    after.audit.log(INVOKED);
    expect(
      after.audit
        .entries({ operation: "rule_violated", order: "oldest" })
        .map(({ sequence, details }) => [sequence, details["sequences"]]),
    ).toEqual([
      [1, [0]],
      [3, [2]],
    ]);
    expect(replay(after.audit.entries({ order: "oldest" })).findings()).toEqual([]);
    expect(after.errors).toEqual([]);
    await after.audit.shutdown();
  });
});

describe("what goes wrong", () => {
  test("in onFinding or in the log goes to onError, and the rest is told", async () => {
    const told: string[] = [];
    const errors: AuditError[] = [];
    const cause = new Error("pager is down");
    const audit: GovernanceAuditLog = new GovernanceAuditLog({
      onError: (error) => errors.push(error),
      mirrors: [
        governanceMonitor({
          policy: REQUIRED,
          onFinding: ({ rule }) => {
            told.push(rule);
            if (told.length === 1) throw cause;
            return Promise.reject(cause);
          },
          recordIn: () => {
            throw cause;
          },
        }),
      ],
    });
    authorize(audit);
    for (const id of ["v2", "v2"])
      audit.logVoteCast({
        vote: { voteId: id, proposalId: "p1", voterDid: "did:bob", decision: "approve" },
      });
    expect(told).toEqual(["vote-after-decision", "vote-after-decision", "duplicate-vote-id"]);
    expect(audit.length).toBe(8);
    await until(() => errors.length === 6);
    expect(errors.every((error) => error.code === "delivery_failed" && error.cause === cause)).toBe(
      true,
    );
    expect(errors[0]?.message).toBe("governanceMonitor: onFinding threw (vote-after-decision)");
  });

  test("in a rule, on the entries of a journal or on a new one, does not stop the log", async () => {
    const journal = newPath();
    const before = new GovernanceAuditLog({ journal });
    before.log({ operation: "coffee" });
    await before.shutdown();
    const rule = {
      id: "own",
      title: "t",
      reason: "r",
      needs: "n",
      severity: "error",
      onEntry: () => {
        throw new Error("a bug of the app");
      },
    } as const;
    const { audit, errors } = recordedLog({
      journal,
      mirrors: [governanceMonitor({ rules: [rule] })],
    });
    expect(audit.log({ operation: "coffee" }).sequence).toBe(1);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["delivery_failed", "mirror governanceMonitor threw on the entries of the journal"],
      ["delivery_failed", "mirror governanceMonitor threw on a record"],
    ]);
    await audit.shutdown();
  });

  test("in the options is refused with its path", () => {
    const field = (options: object) => {
      const error = refusal(() => governanceMonitor(options));
      return [error.code, error.field];
    };
    expect(field({ policy: { quorum: 1 } })).toEqual(["invalid_options", "policy.quorum"]);
    expect(field({ onfinding: () => {} })).toEqual(["invalid_options", "onfinding"]);
    expect(field({ onFinding: "x" })).toEqual(["invalid_options", "onFinding"]);
    expect(field({ recordIn: {} })).toEqual(["invalid_options", "recordIn"]);
    expect(field({ rules: 1 })).toEqual(["invalid_options", "rules"]);
  });
});

test("a monitor that starts anywhere tells what comes after, as one that was always there", () => {
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.constantFrom(...Object.keys(PLANTS)), { maxLength: 4 }),
      fc.nat(99),
      (taken, planted, cut) => {
        const federation = new Federation();
        for (const rule of planted) PLANTS[rule]?.(federation);
        for (const step of taken) federation.do(step);
        const { entries } = federation.trail;
        const start = cut % entries.length;
        const all = replay([], { policy: POLICY });
        const expected = entries.flatMap((entry) => {
          const brought = all.feed(entry).filter(({ status }) => status === "violated");
          return entry.sequence < start ? [] : brought;
        });
        const told: Finding[] = [];
        const monitor = governanceMonitor({
          policy: POLICY,
          onFinding: (finding) => told.push(finding),
        });
        monitor.useHistory?.(entries.slice(0, start));
        for (const entry of entries.slice(start)) monitor.onEmit(recordOf(entry));
        expect(told).toEqual(expected);
        expect(monitor.trail.findings()).toEqual(all.findings());
      },
    ),
    { numRuns: runs(50) },
  );
});

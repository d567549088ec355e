import type { About } from "../../entry/about.js";
import type { GovernanceNode } from "../../entry/domain.js";
import type { ProposalInput } from "../../entry/from-domain.js";
import type { VoteDecision } from "../../entry/operations.js";
import type { GovernanceAuditLog } from "../../log/governance-audit-log.js";

type Voter = "alice" | "bob" | "carol" | "dave" | "eve";

const WEIGHTS: Readonly<Record<Voter, number>> = { alice: 1, bob: 1, carol: 1, dave: 2, eve: 1 };
const VOTERS = Object.keys(WEIGHTS) as Voter[];
const TOTAL = VOTERS.reduce((total, voter) => total + WEIGHTS[voter], 0);
const NEEDED = Math.ceil((TOTAL * 2) / 3);

/** The model that the federation decides on. */
export const MODEL = "did:pqaid:medical-ai-v2";

/** The proposal to let the model run. */
export const AUTHORIZATION: ProposalInput = {
  proposalId: "urn:pqc-gov-prop:7f3a9c21",
  subjectId: MODEL,
  kind: "authorize-model",
  proposerDid: didOf("alice"),
  title: "Authorize the model",
  threshold: NEEDED,
};

const FREEZE: ProposalInput = {
  proposalId: "urn:pqc-gov-prop:c04de177",
  subjectId: MODEL,
  kind: "emergency-freeze",
  proposerDid: didOf("dave"),
  title: "Freeze the model",
  threshold: NEEDED,
};

const REMOVAL: ProposalInput = {
  proposalId: "urn:pqc-gov-prop:5e1f02b8",
  subjectId: didOf("eve"),
  kind: "remove-node",
  proposerDid: didOf("carol"),
  title: "Remove eve",
  threshold: NEEDED,
};

/** What the log is told of a call that a person made. */
const HUMAN: About = { actor: { type: "human", authMethod: "webauthn" } };

/**
 * Records how a federation of five nodes authorizes a model, catches a node that votes twice,
 * freezes the model in an emergency, revokes the authorization, and removes the node.
 */
export function recordFederation(audit: GovernanceAuditLog): void {
  for (const name of VOTERS) audit.logNodeAdded(nodeOf(name));

  audit.logProposalCreated(AUTHORIZATION);
  const passed = recordBallot(audit, AUTHORIZATION, "alice", [
    ["alice", "approve"],
    ["bob", "approve"],
    ["eve", "approve"],
    ["carol", "abstain"],
    ["eve", "reject"], // approves to one half of the federation, rejects to the other
    ["dave", "approve"],
  ]);
  if (passed)
    audit.logAuthorizationGranted(
      {
        ...AUTHORIZATION,
        actorDid: didOf("alice"),
        reason: "trial in one clinic",
        validUntil: "2026-07-14T00:00:00Z",
      },
      HUMAN,
    );

  audit.logProposalCreated(FREEZE);
  const frozen = recordBallot(audit, FREEZE, "dave", [
    ["dave", "approve"],
    ["carol", "approve"],
    ["bob", "approve"],
  ]);
  if (frozen) {
    const { proposalId, subjectId, proposerDid: actorDid } = FREEZE;
    const details = { reason: "unsafe dose" };
    audit.log({ operation: "emergency_freeze", proposalId, subjectId, actorDid, details });
    audit.logAuthorizationRevoked({ ...FREEZE, actorDid, reason: "unsafe dose" }, HUMAN);
  }

  audit.logProposalCreated(REMOVAL);
  const removed = recordBallot(audit, REMOVAL, "carol", [
    ["alice", "approve"],
    ["bob", "approve"],
    ["dave", "approve"],
  ]);
  if (removed) {
    const { proposalId } = REMOVAL;
    audit.logNodeRemoved({ did: didOf("eve"), proposalId, reason: "voted twice" }, HUMAN);
  }
}

/**
 * Records votes, the voters that contradict themselves, and the result. The votes of those voters
 * do not count. Two thirds of the weight must approve.
 */
function recordBallot(
  audit: GovernanceAuditLog,
  { proposalId }: ProposalInput,
  signer: Voter,
  votes: readonly (readonly [Voter, VoteDecision])[],
): boolean {
  const first = new Map<Voter, { readonly voteId: string; readonly decision: VoteDecision }>();
  const byzantine = new Set<Voter>();
  for (const [index, [voter, decision]] of votes.entries()) {
    const voteId = `${proposalId.replace("-prop:", "-vote:")}-${index + 1}`;
    const voterDid = didOf(voter);
    audit.logVoteCast({ vote: { voteId, proposalId, voterDid, decision } });
    const prior = first.get(voter);
    if (prior === undefined) first.set(voter, { voteId, decision });
    else if (prior.decision !== decision) {
      byzantine.add(voter);
      audit.logByzantineDetected({
        voterDid,
        proposalId,
        priorDecision: prior.decision,
        conflictingDecision: decision,
      });
    }
  }
  const counted = [...first].filter(([voter]) => !byzantine.has(voter));
  const weightOf = (decision: VoteDecision): number =>
    counted.reduce(
      (sum, [voter, vote]) => sum + (vote.decision === decision ? WEIGHTS[voter] : 0),
      0,
    );
  const approveWeight = weightOf("approve");
  const passed = approveWeight >= NEEDED;
  audit.logConsensusReached({
    proposalId,
    signerDid: didOf(signer),
    decision: passed ? "passed" : "rejected",
    reason: `weight ${approveWeight}/${TOTAL}, needs ${NEEDED}`,
    approveWeight,
    rejectWeight: weightOf("reject"),
    abstainWeight: weightOf("abstain"),
    totalWeight: TOTAL,
    includedVoteIds: counted.map(([, { voteId }]) => voteId),
  });
  return passed;
}

function nodeOf(name: Voter): GovernanceNode {
  return { did: didOf(name), name, weight: WEIGHTS[name] };
}

function didOf(name: Voter): string {
  return `did:pqaid:${name}`;
}

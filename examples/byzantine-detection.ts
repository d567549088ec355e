/** A node votes yes and then no on one proposal. The log keeps both votes and the finding. */
import { GovernanceAuditLog } from "quorumlog";
import { Ballot } from "./shared/ballot.ts";
import { inWords, short } from "./shared/in-words.ts";
import { alice, bob, carol, dave, eve, FEDERATION } from "./shared/nodes.ts";

const audit = new GovernanceAuditLog();
for (const node of FEDERATION) audit.logNodeAdded(node);

const proposal = {
  proposalId: "urn:pqc-gov-prop:5d20",
  subjectId: "policy/rate-limit",
  kind: "update-policy",
  proposerDid: bob.did,
  title: "Raise the rate limit",
} as const;
const ballot = new Ballot(audit, FEDERATION, proposal);
ballot.cast(alice.did, "approve");
ballot.cast(eve.did, "approve");
ballot.cast(bob.did, "approve");
ballot.cast(eve.did, "reject");
ballot.cast(dave.did, "abstain");
ballot.cast(carol.did, "approve");
const result = ballot.close(bob.did);
console.log(
  `${result.decision}: ${result.reason}; ${result.includedVoteIds.length} votes counted, not eve's`,
);

for (const finding of audit.entries({ operation: "byzantine_detected" })) {
  console.log(`#${finding.sequence} ${short(finding.actorDid)}: ${inWords(finding)}. The votes:`);
  const { actorDid, proposalId } = finding;
  for (const vote of audit.entries({
    operation: "vote_cast",
    actorDid,
    proposalId,
    order: "oldest",
  }))
    console.log(`  #${vote.sequence} ${vote.decision} (${inWords(vote)})`);
}

// The federation removes the node by a vote, which the log also has.
const exclusion = {
  proposalId: "urn:pqc-gov-prop:5d21",
  subjectId: eve.did,
  kind: "remove-node",
  proposerDid: alice.did,
  title: "Remove eve",
} as const;
const removal = new Ballot(audit, FEDERATION, exclusion);
for (const node of [alice, bob, carol, dave]) removal.cast(node.did, "approve");
if (removal.close(alice.did).decision === "passed") audit.logNodeRemoved(eve);
const [removed] = audit.entries({ operation: "node_removed", actorDid: eve.did });
console.log(`#${removed?.sequence} ${removed?.operation}: ${short(removed?.actorDid)}`);

await audit.shutdown();

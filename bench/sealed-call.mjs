// What a sealed helper call costs on an empty and on a full log, beside a bare emit of the same ten
// attributes.
import { AuditLogger } from "@microsoft/agent-governance-sdk";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { GovernanceAuditLog } from "../dist/index.js";
import { ns, sideBySide, sized, table, times } from "./measure.mjs";
import { circle, votes } from "./votes.mjs";

const signed = votes();
const noop = { onEmit() {}, forceFlush: async () => {}, shutdown: async () => {} };
const logger = new LoggerProvider({ processors: [noop] }).getLogger("bench");

function filled(maxEntries) {
  const audit = new GovernanceAuditLog({ maxEntries });
  const next = circle(signed);
  for (let i = 0; i < maxEntries; i++) audit.logVoteCast(next());
  return audit;
}

function filledPeer(maxEntries) {
  const peer = new AuditLogger({ maxEntries });
  for (let i = 0; i < maxEntries; i++)
    peer.log({ agentId: "did:pqaid:node-1", action: "vote_cast", decision: "allow" });
  return peer;
}

const sealing = (audit) => {
  const next = circle(signed);
  return () => audit.logVoteCast(next());
};
const peerLogging = (peer) => {
  const next = circle(signed);
  return () => peer.log({ agentId: next().vote.voterDid, action: "vote_cast", decision: "allow" });
};
const bareEmit = () => {
  const next = circle(signed);
  let sequence = 0;
  return () => {
    const { vote } = next();
    logger.emit({
      eventName: "governance.vote_cast",
      severityNumber: 9,
      body: "a vote was cast",
      attributes: {
        "governance.operation": "vote_cast",
        "governance.proposal.id": vote.proposalId,
        "governance.actor.did": vote.voterDid,
        "governance.decision": vote.decision,
        "governance.log.id": "bench",
        "governance.sequence": sequence++,
        "governance.leaf_hash": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
        "governance.timestamp_millis": 1776168000007,
        "log.record.uid": "0b5c7c4e-6d3f-4a55-9d0e-3f1e5a9f7c11",
        "governance.details.vote_id": vote.voteId,
      },
    });
  };
};

const NAMES = {
  bare: "bare emit of 10 attributes, no-op processor",
  empty: "sealed call, log empty at the start",
  full: "sealed call, full log of 100 000",
  peer: "agent-governance-sdk, empty",
  peer10k: "agent-governance-sdk, at its cap of 10 000",
  peer100k: "agent-governance-sdk, at a cap of 100 000",
};
const result = sideBySide({
  bare: bareEmit,
  empty: () => sealing(new GovernanceAuditLog()),
  full: () => sealing(filled(sized(100_000, 100))),
  peer: () => peerLogging(new AuditLogger({ maxEntries: 10_000_000 })),
  peer10k: () => peerLogging(filledPeer(sized(10_000, 10))),
  peer100k: () => peerLogging(filledPeer(sized(100_000, 100))),
});
table([
  ["", "a call", "x bare emit", "x sealed, empty"],
  ...Object.entries(NAMES).map(([key, name]) => [
    name,
    ns(result[key]),
    times(result[key] / result.bare),
    times(result[key] / result.empty),
  ]),
]);

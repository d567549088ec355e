/**
 * Each sealed record also goes to the app's pino logger: as a sentence, with the fields of the entry
 * as an object. What needs no attention has a level of its own.
 */
import { pino } from "pino";
import { GovernanceAuditLog } from "quorumlog";
import { pinoMirror } from "quorumlog/pino";

const logger = pino({
  base: null,
  timestamp: false,
  customLevels: { audit: 35 },
  formatters: { level: (label) => ({ level: label }) },
});
const mirror = pinoMirror(logger.child({ service: "votes" }), {
  level: ({ severityNumber = 0 }) => (severityNumber < 13 ? "audit" : "error"),
});
const audit = new GovernanceAuditLog({ mirrors: [mirror] });

logger.info("the app's own line");
audit.logVoteCast({
  vote: {
    voteId: "urn:pqc-gov-vote:7f-1",
    proposalId: "urn:pqc-gov-prop:7f",
    voterDid: "did:pqaid:bob",
    decision: "approve",
  },
});
audit.logByzantineDetected({
  voterDid: "did:pqaid:eve",
  proposalId: "urn:pqc-gov-prop:7f",
  priorDecision: "approve",
  conflictingDecision: "reject",
});

await audit.shutdown();

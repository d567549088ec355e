/**
 * Each sealed record also goes to the app's winston logger: as a sentence, with the fields as
 * metadata.
 */
import { GovernanceAuditLog } from "quorumlog";
import { winstonMirror } from "quorumlog/winston";
import winston from "winston";

const logger = winston.createLogger({
  format: winston.format.printf(({ level, message, ...metadata }) => {
    const fields = Object.entries(metadata).map(
      ([key, value]) => `${key}: ${Object.keys(value ?? {}).length} fields`,
    );
    return [`${level}: ${message}`, ...fields].join("  | ");
  }),
  transports: [new winston.transports.Console()],
});
const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });

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
logger.end();

// Compiled, not run: the types of the domain and of the public surface are exported, and unions
// that are documented as closed are closed.
import { type LoggerProvider, logs } from "@opentelemetry/api";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { expectTypeOf } from "vitest";
import {
  type AttachedParts,
  type AuditError,
  type AuditErrorCode,
  AuditLogProcessor,
  type AuditLogProcessorOptions,
  type AuditMirror,
  type AuditReader,
  type CONSENSUS_DECISIONS,
  type ConsensusDecision,
  type ConsensusInput,
  type ConsensusResult,
  type DeliveryError,
  type FlushOptions,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
  type GovernanceProposal,
  type JsonObject,
  type JsonValue,
  type Ledger,
  type LoggerProviderLike,
  type MirrorLedger,
  type OPERATIONS,
  type Operation,
  type OperationFields,
  type PROPOSAL_KINDS,
  type ProposalInput,
  type ProposalKind,
  type SignedVote,
  type VOTE_DECISIONS,
  type VoteDecision,
  type VoteInput,
} from "../../src/index.js";

expectTypeOf<Operation>().toEqualTypeOf<(typeof OPERATIONS)[number]>();
expectTypeOf<Operation>().toExtend<keyof OperationFields>();
expectTypeOf<ProposalKind>().toEqualTypeOf<(typeof PROPOSAL_KINDS)[number]>();
expectTypeOf<VoteDecision>().toEqualTypeOf<"approve" | "reject" | "abstain">();
expectTypeOf<VoteDecision>().toEqualTypeOf<(typeof VOTE_DECISIONS)[number]>();
expectTypeOf<ConsensusDecision>().toEqualTypeOf<(typeof CONSENSUS_DECISIONS)[number]>();
expectTypeOf<ConsensusResult>().toExtend<ConsensusInput>();
expectTypeOf<ConsensusInput>().toExtend<ConsensusResult>();
expectTypeOf<GovernanceProposal>().toEqualTypeOf<ProposalInput>();
expectTypeOf<SignedVote>().toEqualTypeOf<VoteInput>();
expectTypeOf<JsonObject>().toExtend<JsonValue>();
expectTypeOf<Ledger["mirrors"][string]>().toEqualTypeOf<MirrorLedger>();
expectTypeOf<FlushOptions["timeoutMillis"]>().toEqualTypeOf<number | undefined>();
expectTypeOf<AuditLogProcessor>().toExtend<LogRecordProcessor>();
expectTypeOf<AuditLogProcessor>().toExtend<AuditReader>();
expectTypeOf<LogRecordProcessor>().toExtend<AuditMirror>();
expectTypeOf<DeliveryError>().toExtend<AuditError>();
expectTypeOf<LoggerProvider>().toExtend<LoggerProviderLike>();
expectTypeOf<AttachedParts["loggerProvider"]>().toEqualTypeOf<LoggerProviderLike>();

/** The set of codes is closed: a switch over all of them needs no default. */
export function handle(code: AuditErrorCode): string {
  switch (code) {
    case "invalid_entry":
    case "invalid_query":
    case "invalid_options":
      return "fix the call";
    case "closed":
    case "not_recorded":
    case "journal_failed":
      return "nothing was recorded";
    case "delivery_failed":
      return "look at the ledger";
    case "signing_failed":
    case "clock_failed":
      return "look after the key";
    case "invalid_evidence":
      return "it could not be checked";
    case "verification_failed":
      return "it was altered";
  }
}

export function options(processor: AuditLogProcessor): void {
  const shared: AuditLogProcessorOptions = {
    maxEntries: 5,
    clock: () => new Date(),
    onError: console.error,
  };
  const own: GovernanceAuditLogOptions = { ...shared, resource: undefined };
  new GovernanceAuditLog(own);
  new AuditLogProcessor(shared);
  // @ts-expect-error a processor takes the resource of its provider
  new AuditLogProcessor({ resource: undefined });
  // @ts-expect-error no such option
  new GovernanceAuditLog({ maxEntry: 5 });
  // @ts-expect-error a clock gives a Date
  new GovernanceAuditLog({ clock: Date.now });
  GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
  const other: LogRecordProcessor = processor;
  // @ts-expect-error not any processor
  GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor: other });
}

import { context, type Logger, type LoggerProvider, trace } from "@opentelemetry/api";
import { LoggerProvider as SdkLoggerProvider } from "@opentelemetry/sdk-logs";
import type { FlushOptions } from "../delivery/audit-mirror.js";
import type { Ledger } from "../delivery/ledger.js";
import type { AuditEntry, EntryOf } from "../entry/audit-entry.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import type { AuthorizationGrant, ByzantineEvidence, GovernanceNode } from "../entry/domain.js";
import {
  authorization,
  byzantineDetected,
  type ConsensusInput,
  consensusReached,
  nodeAdded,
  nodeRemoved,
  type ProposalInput,
  proposalCreated,
  type VoteInput,
  voteCast,
} from "../entry/from-domain.js";
import { AuditError, invalidOption } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { AuditQuery } from "../query/audit-query.js";
import type { AuditPage, AuditReader } from "../query/audit-reader.js";
import { eventNameOf, severityOf } from "../record/sealed-record.js";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { AuditLogProcessor, sealedLogOf } from "./audit-log-processor.js";
import { DraftContext } from "./draft.js";
import { exportJson } from "./export-json.js";
import { notRecorded } from "./not-recorded.js";
import type { GovernanceAuditLogOptions } from "./options.js";
import { standaloneResource } from "./resource.js";
import type { SealedLog } from "./sealed-log.js";

/** What a log is attached to. */
export interface AttachedParts {
  /** The app's provider, or the API's proxy for it; the processor must be among its processors. */
  readonly loggerProvider: LoggerProvider;
  readonly processor: AuditLogProcessor;
}

/**
 * The audit log of an app: eight helpers that take the app's domain objects, and queries over what they recorded.
 *
 * A helper returns its sealed entry, or throws {@link AuditError} and records nothing: `invalid_entry` for bad input,
 * `closed` after a shutdown, `not_recorded` when the app's provider did not let the record through (shut down, scope
 * disabled, minimum severity, unsampled trace, or a processor ahead of the log that threw).
 *
 * @example From a vote to its entry
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 *
 * await using audit = new GovernanceAuditLog();
 * const entry = audit.logVoteCast({
 *   vote: { voteId: "v1", proposalId: "urn:pqc-gov-prop:7f3a", voterDid: "did:pqaid:bob", decision: "approve" },
 * });
 * console.log(entry.sequence, audit.entries({ actorDid: "did:pqaid:bob" }).length);
 * ```
 */
export class GovernanceAuditLog implements AuditReader, AsyncDisposable {
  readonly #processor: AuditLogProcessor;
  readonly #log: SealedLog;
  readonly #logger: Logger;
  #shutdown: Promise<void> | undefined;
  /** The provider that is ours to shut down; undefined when attached to an app's. */
  readonly #provider: SdkLoggerProvider | undefined;

  /** Makes a stand-alone log with a provider of its own; nothing global is set. Throws `invalid_options`. */
  constructor(options: GovernanceAuditLogOptions = {}) {
    if (options instanceof Attachment) {
      this.#processor = options.parts.processor;
      this.#logger = options.parts.loggerProvider.getLogger(SCOPE_NAME, SCOPE_VERSION);
    } else {
      if (typeof options !== "object" || options === null)
        throw invalidOption("options", "expected an object");
      const { resource, ...processorOptions } = options;
      if (resource !== undefined && typeof resource?.getRawAttributes !== "function")
        throw invalidOption(
          "resource",
          "expected a Resource, such as resourceFromAttributes() makes",
        );
      this.#processor = new AuditLogProcessor(processorOptions);
      this.#provider = new SdkLoggerProvider({
        resource: standaloneResource(resource),
        processors: [this.#processor],
        logRecordLimits: { attributeCountLimit: Number.POSITIVE_INFINITY },
      });
      this.#logger = this.#provider.getLogger(SCOPE_NAME, SCOPE_VERSION);
    }
    this.#log = sealedLogOf(this.#processor);
  }

  /**
   * The log over a processor that stands in the app's own provider. Shutting it down closes the processor and its
   * mirrors, never the provider.
   *
   * @throws {@link AuditError} `invalid_options`.
   */
  static attach(parts: AttachedParts): GovernanceAuditLog {
    if (!(parts?.processor instanceof AuditLogProcessor))
      throw invalidOption("processor", "expected an AuditLogProcessor");
    if (typeof parts.loggerProvider?.getLogger !== "function")
      throw invalidOption("loggerProvider", "expected a LoggerProvider");
    return new GovernanceAuditLog(new Attachment(parts) as GovernanceAuditLogOptions);
  }

  /** The log id that every entry is sealed under. */
  get logId(): string {
    return this.#processor.logId;
  }

  /** How many entries memory holds. */
  get length(): number {
    return this.#processor.length;
  }

  /** Records that a proposal was made, by its proposer. Throws as the class says. */
  logProposalCreated(proposal: ProposalInput): EntryOf<"proposal_created"> {
    return this.#record(proposalCreated(proposal)) as EntryOf<"proposal_created">;
  }

  /** Records a vote, by its voter. Throws as the class says. */
  logVoteCast(signed: VoteInput): EntryOf<"vote_cast"> {
    return this.#record(voteCast(signed)) as EntryOf<"vote_cast">;
  }

  /** Records how a proposal ended, by the signer of the result. Throws as the class says. */
  logConsensusReached(result: ConsensusInput): EntryOf<"consensus_reached"> {
    return this.#record(consensusReached(result)) as EntryOf<"consensus_reached">;
  }

  /** Records that a voter gave two answers to one proposal. Throws as the class says. */
  logByzantineDetected(event: ByzantineEvidence): EntryOf<"byzantine_detected"> {
    return this.#record(byzantineDetected(event)) as EntryOf<"byzantine_detected">;
  }

  /** Records that a node joined the federation. Throws as the class says. */
  logNodeAdded(node: GovernanceNode): EntryOf<"node_added"> {
    return this.#record(nodeAdded(node)) as EntryOf<"node_added">;
  }

  /** Records that a node left the federation. Throws as the class says. */
  logNodeRemoved(node: Pick<GovernanceNode, "did">): EntryOf<"node_removed"> {
    return this.#record(nodeRemoved(node)) as EntryOf<"node_removed">;
  }

  /** Records that a subject may run, by a proposal. Throws as the class says. */
  logAuthorizationGranted(grant: AuthorizationGrant): EntryOf<"authorization_granted"> {
    return this.#record(
      authorization("authorization_granted", grant),
    ) as EntryOf<"authorization_granted">;
  }

  /** Records that a subject may no longer run, by a proposal. Throws as the class says. */
  logAuthorizationRevoked(grant: AuthorizationGrant): EntryOf<"authorization_revoked"> {
    return this.#record(
      authorization("authorization_revoked", grant),
    ) as EntryOf<"authorization_revoked">;
  }

  /**
   * Records any event: an operation of the app's own, or one of the eight as an older system kept it, at the time that
   * it happened. Vocabularies of the eight are kept; their columns may be missing. Throws as the class says.
   */
  log(event: AuditEvent): AuditEntry {
    return this.#record(validateEvent(event));
  }

  /** The entries of a query, newest first unless it says otherwise. Throws `invalid_query`. */
  entries(query?: AuditQuery): AuditEntry[] {
    return this.#processor.entries(query);
  }

  /** One page of a query with the cursor of the next. Throws `invalid_query`. */
  page(query?: AuditQuery): AuditPage {
    return this.#processor.page(query);
  }

  /** How many entries in memory a query matches. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number {
    return this.#processor.count(query);
  }

  /** The entry of a sequence, if memory holds it. */
  get(sequence: number): AuditEntry | undefined {
    return this.#processor.get(sequence);
  }

  /** The canonical lines of what memory holds at the call, oldest first, without line ends. */
  lines(): Iterable<string> {
    return this.#processor.lines();
  }

  /** Empties memory alone: the sequence and the mirrors go on. */
  clear(): void {
    this.#processor.clear();
  }

  /**
   * What memory holds as one JSON array, oldest first, with the keys `timestamp`, `operation`, `proposal_id`,
   * `subject_id`, `kind`, `actor_did`, `decision` and `details`; for large logs, stream {@link GovernanceAuditLog.lines}.
   */
  exportJson(): string {
    return exportJson(this.#log.memory.snapshot());
  }

  /** What memory holds as NDJSON, oldest first: one canonical line each, each with a line end. */
  exportNdjson(): string {
    return Array.from(this.lines(), (line) => `${line}\n`).join("");
  }

  /**
   * Signs the Merkle tree over all entries (C2SP tlog-checkpoint) with the keys of the option `signer`; the checkpoint goes
   * to the journal, and on to the mirrors. One is signed by itself every so often (`checkpointEvery`), and by the shutdown.
   *
   * @throws {@link AuditError} `invalid_options` when the log has no `signer`; `signing_failed`, `journal_failed`;
   * `verification_failed` when the journal is not what was signed before.
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#processor.checkpoint();
  }

  /**
   * Proves one entry, or all of a proposal, to somebody who has nothing but the log's public key: the text of a C2SP
   * tlog-proof file, or an evidence bundle (JSON). Signs a checkpoint first, where the newest is not over what is to be proven.
   *
   * @throws {@link AuditError} `invalid_options` when the log has no journal; `journal_failed` when there is no such
   * entry, or nothing signed it; `verification_failed`, `signing_failed`, `invalid_query`.
   */
  prove(what: number | { readonly proposalId: string }): Promise<string> {
    return this.#processor.prove(what);
  }

  /** What was accepted, and what became of it in each reliable mirror. */
  ledger(): Ledger {
    return this.#processor.ledger();
  }

  /**
   * Waits until the mirrors have delivered what they hold.
   *
   * @throws {@link AuditError} `delivery_failed` (a `DeliveryError`, with the ledger); `invalid_options`.
   */
  flush(options?: FlushOptions): Promise<void> {
    return this.#processor.flush(options);
  }

  /**
   * Flushes and closes, once; every later call returns the same promise. A provider of the log's own is shut down too.
   *
   * @throws {@link AuditError} `delivery_failed` (a `DeliveryError`, with the ledger).
   */
  shutdown(options?: FlushOptions): Promise<void> {
    this.#shutdown ??= this.#close(options);
    return this.#shutdown;
  }

  /** Shuts down at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #close(options: FlushOptions | undefined): Promise<void> {
    try {
      await this.#processor.shutdown(options);
    } finally {
      // resolves: its one processor is closed, and what that could not deliver is told by the line above
      await this.#provider?.shutdown().catch(() => {});
    }
  }

  #record(event: ValidEvent): AuditEntry {
    const log = this.#log;
    log.assertOpen();
    const active = context.active();
    const draft = log.draft(event, trace.getSpanContext(active));
    try {
      this.#logger.emit({
        eventName: eventNameOf(event.operation),
        severityNumber: severityOf(event.operation),
        context: new DraftContext(active, draft),
      });
    } catch (cause) {
      if (draft.entry === undefined) {
        draft.void = true;
        throw notRecorded(cause);
      }
      log.report(
        new AuditError("delivery_failed", "a processor after the audit log threw on its record", {
          cause,
        }),
      );
    }
    if (draft.entry !== undefined) return draft.entry;
    draft.void = true;
    log.assertOpen();
    throw notRecorded();
  }
}

/** Marks parts handed to the constructor by `attach`: a class has one constructor only. */
class Attachment {
  readonly parts: AttachedParts;

  constructor(parts: AttachedParts) {
    this.parts = parts;
  }
}

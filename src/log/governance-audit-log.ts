import { type Context, context, trace } from "@opentelemetry/api";
import { LoggerProvider as SdkLoggerProvider } from "@opentelemetry/sdk-logs";
import type { FlushOptions } from "../delivery/flush.js";
import type { About } from "../entry/about.js";
import { type AuditEntry, type EntryOf, exportJson } from "../entry/audit-entry.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import type { AuthorizationGrant, ByzantineEvidence } from "../entry/domain.js";
import {
  authorization,
  byzantineDetected,
  type ConsensusInput,
  consensusReached,
  type NodeAddedInput,
  type NodeRemovedInput,
  nodeAdded,
  nodeRemoved,
  type ProposalInput,
  proposalCreated,
  type VoteInput,
  voteCast,
} from "../entry/from-domain.js";
import type { LogOperation, Operation } from "../entry/operations.js";
import type { HoldRelease, HoldScope } from "../entry/retention.js";
import { invalidOption } from "../errors.js";
import { eventNameOf, severityOf } from "../record/sealed-record.js";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { AuditLog } from "./audit-log.js";
import { AuditLogProcessor } from "./audit-log-processor.js";
import { DraftContext } from "./draft.js";
import type { GovernanceAuditLogOptions } from "./options.js";
import type { PruneOptions, Pruning } from "./retention.js";
import { standaloneResource } from "./standalone-resource.js";

/** What a log needs of a logger. The loggers of both lines of OpenTelemetry have it. */
export interface LoggerLike {
  /** Hands a record to the processors of the provider, before it returns. */
  emit(record: {
    readonly eventName?: string;
    readonly severityNumber?: number;
    readonly context?: Context;
  }): void;
}

/**
 * What a log needs of a provider. The `LoggerProvider` of `@opentelemetry/api` 1.10, of
 * `@opentelemetry/api-logs` and of every supported `@opentelemetry/sdk-logs` has it.
 */
export interface LoggerProviderLike {
  /** Makes a logger with the name and version of an instrumentation scope. */
  getLogger(name: string, version?: string): LoggerLike;
}

/** What {@link GovernanceAuditLog.attach} attaches a log to. */
export interface AttachedParts {
  /** The app's provider, or the API's proxy for it. The processor must be one of its processors. */
  readonly loggerProvider: LoggerProviderLike;
  readonly processor: AuditLogProcessor;
}

/**
 * The audit log of an app: eight helpers that take the app's domain objects, and queries over the
 * entries that they recorded.
 *
 * The helpers and `log` return the sealed entry, or throw {@link AuditError} and record nothing:
 * `invalid_entry` for bad input; `closed` after a shutdown; `not_recorded` when the app's provider
 * did not let the record through (shut down, scope disabled, minimum severity, unsampled trace, or
 * a processor ahead of the log that threw); `delivery_failed` when a mirror that fails closed is
 * full; `journal_failed` when the journal cannot be written.
 *
 * Each takes a second parameter, {@link About}: who stood behind the call, when it happened, and
 * more details.
 *
 * @example From a vote to its entry
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 *
 * await using audit = new GovernanceAuditLog();
 * const entry = audit.logVoteCast({
 *   vote: {
 *     voteId: "v1",
 *     proposalId: "urn:pqc-gov-prop:7f3a",
 *     voterDid: "did:pqaid:bob",
 *     decision: "approve",
 *   },
 * });
 * console.log(entry.sequence, audit.entries({ actorDid: "did:pqaid:bob" }).length);
 * ```
 */
export class GovernanceAuditLog extends AuditLog implements AsyncDisposable {
  readonly #processor: AuditLogProcessor;
  readonly #logger: LoggerLike;
  /** The log's own provider; undefined when the log is attached to the app's. */
  readonly #provider: SdkLoggerProvider | undefined;
  #shutdown: Promise<void> | undefined;

  /**
   * Makes a stand-alone log with a provider of its own. Sets nothing global. Throws
   * `invalid_options`, `journal_failed`.
   */
  constructor(options: GovernanceAuditLogOptions = {}) {
    const { processor, loggerProvider, own } =
      options instanceof Attachment ? options.parts : standalone(options);
    super(processor);
    this.#processor = processor;
    this.#provider = own;
    this.#logger = loggerProvider.getLogger(SCOPE_NAME, SCOPE_VERSION);
  }

  /**
   * Makes the log over a processor that stands in the app's own provider. Its shutdown closes the
   * processor and its mirrors, but not the provider.
   *
   * @throws {@link AuditError} `invalid_options`.
   */
  static attach(parts: AttachedParts): GovernanceAuditLog {
    if (!(parts?.processor instanceof AuditLogProcessor))
      throw invalidOption("processor", "expected an AuditLogProcessor");
    if (typeof parts.loggerProvider?.getLogger !== "function")
      throw invalidOption("loggerProvider", "expected a LoggerProvider");
    return new GovernanceAuditLog(new Attachment(parts));
  }

  /** Records that a proposal was made. Its proposer is the actor. */
  logProposalCreated(proposal: ProposalInput, about?: About): EntryOf<"proposal_created"> {
    return this.#record(proposalCreated(proposal, this.#processor.kinds), about);
  }

  /** Records a vote. The voter is the actor. */
  logVoteCast(signed: VoteInput, about?: About): EntryOf<"vote_cast"> {
    return this.#record(voteCast(signed), about);
  }

  /**
   * Records how a proposal ended. The signer of the result is the actor. An empty `includedVoteIds`
   * says that no vote was counted.
   */
  logConsensusReached(result: ConsensusInput, about?: About): EntryOf<"consensus_reached"> {
    return this.#record(consensusReached(result), about);
  }

  /** Records that a voter gave two answers to one proposal. The voter is the actor. */
  logByzantineDetected(event: ByzantineEvidence, about?: About): EntryOf<"byzantine_detected"> {
    return this.#record(byzantineDetected(event), about);
  }

  /** Records that a node joined the federation. */
  logNodeAdded(node: NodeAddedInput, about?: About): EntryOf<"node_added"> {
    return this.#record(nodeAdded(node), about);
  }

  /** Records that a node left the federation. */
  logNodeRemoved(node: NodeRemovedInput, about?: About): EntryOf<"node_removed"> {
    return this.#record(nodeRemoved(node), about);
  }

  /** Records that a subject may run, because of a proposal. */
  logAuthorizationGranted(
    grant: AuthorizationGrant,
    about?: About,
  ): EntryOf<"authorization_granted"> {
    return this.#record(
      authorization("authorization_granted", grant, this.#processor.kinds),
      about,
    );
  }

  /** Records that a subject may no longer run, because of a proposal. */
  logAuthorizationRevoked(
    grant: AuthorizationGrant,
    about?: About,
  ): EntryOf<"authorization_revoked"> {
    return this.#record(
      authorization("authorization_revoked", grant, this.#processor.kinds),
      about,
    );
  }

  /**
   * Records any event: an operation of the app's own, or one of the eight as an older system kept
   * it, with the time when it happened. Columns of the eight may be missing, but those that are
   * present must keep to their vocabularies.
   */
  log(event: AuditEvent, about?: About): AuditEntry {
    return this.#emitted(validateEvent(event, this.#processor.kinds), about);
  }

  /**
   * Holds entries: from now on, pruning stops before the first of them, until the hold is released.
   * The hold is an entry of the log. Its id is the id of the hold, and it is kept like the entries
   * that it holds.
   *
   * @param scope - A proposal that the log has entries of, or a time.
   * @param reason - Why. It is recorded.
   * @throws {@link AuditError} As the helpers, and `invalid_options` when the log has no journal;
   * `not_recorded` when a hook or a mirror calls it during {@link GovernanceAuditLog.prune}.
   *
   * @example A hold for a lawsuit, and its end
   * ```ts
   * import { GovernanceAuditLog } from "quorumlog";
   *
   * const audit = new GovernanceAuditLog({ journal: "governance.db" });
   * const scope = { proposalId: "urn:pqc-gov-prop:7f3a", actorDid: "did:pqaid:counsel" };
   * const { id: holdId } = audit.hold(scope, "case 2026-118");
   * audit.release({ holdId, actorDid: "did:pqaid:counsel" }, "case 2026-118 is closed");
   * ```
   */
  hold(scope: HoldScope, reason: string, about?: About): EntryOf<"log_hold_set"> {
    const { retention } = this.#processor;
    return retention.run("hold", () => this.#record(retention.holdSet(scope, reason), about));
  }

  /**
   * Releases a hold. Its entries can be pruned again, unless another hold covers them.
   *
   * @param reason - Why. It is recorded.
   * @throws {@link AuditError} As {@link GovernanceAuditLog.hold}; `invalid_entry` for a hold that
   * the log does not have, or that was released before.
   */
  release(hold: HoldRelease, reason: string, about?: About): EntryOf<"log_hold_released"> {
    const { retention } = this.#processor;
    return retention.run("release", () => {
      const event = retention.holdReleased(hold, reason);
      return this.#record(event, about, () => retention.assertInForce(event));
    });
  }

  /**
   * Removes the entries that were recorded before a time from the journal, from the first one on,
   * up to the first that a hold covers. Their leaf hashes are kept, so that proofs still hold. An
   * entry of the log says so first. If nothing is to be removed, none is recorded.
   *
   * If the process dies between the entry and the removal, the next start of a log over the journal
   * finishes it, or reports to `onError` why it cannot.
   *
   * @throws {@link AuditError} As the helpers, and `invalid_options` when the log has no journal,
   * or for a time that `minimumRetentionDays` of the journal forbids; `journal_failed` when a
   * mirror has not delivered one of the entries yet. If an entry was recorded, the pruning is
   * finished later. Otherwise nothing was pruned. `not_recorded` when a hook or a mirror calls it
   * during another pruning, a hold or a release.
   *
   * @example Retention of 400 days
   * ```ts
   * import { GovernanceAuditLog } from "quorumlog";
   *
   * const audit = new GovernanceAuditLog({ journal: "governance.db" });
   * const olderThan = new Date(Date.now() - 400 * 86_400_000);
   * const { pruned, prunedBefore, heldBy } = audit.prune({ olderThan });
   * console.log(pruned, prunedBefore, heldBy?.reason);
   * ```
   */
  prune(options: PruneOptions, about?: About): Pruning {
    const { retention } = this.#processor;
    return retention.run("prune", () => {
      const due = retention.due(options);
      const entry = due.event && this.#record(due.event, about);
      return retention.carryOut(due, entry);
    });
  }

  /**
   * Writes all entries as one JSON array, oldest first, with the keys `timestamp`,
   * `operation`, `proposal_id`, `subject_id`, `kind`, `actor_did`, `decision` and `details`. For
   * large logs, stream {@link AuditLog.lines} instead.
   */
  exportJson(): string {
    return exportJson(this.entries({ order: "oldest", limit: Number.MAX_SAFE_INTEGER }));
  }

  /** Writes the canonical lines of all entries as NDJSON, oldest first. */
  exportNdjson(): string {
    return Array.from(this.lines(), (line) => `${line}\n`).join("");
  }

  /**
   * Flushes the mirrors and closes the log, once. Every later call returns the same promise. If the
   * log has a provider of its own, it is shut down too.
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
      // its one processor is closed, and has reported above what it could not deliver
      await this.#provider?.shutdown().catch(() => {});
    }
  }

  /** The event of a helper has all columns of its operation, and so has the entry. */
  #record<Name extends Operation | LogOperation>(
    event: ValidEvent<Name>,
    about: About | undefined,
    check?: () => void,
  ): EntryOf<Name> {
    return this.#emitted(event, about, check) as EntryOf<Name>;
  }

  /**
   * @param check - Throws what keeps an event, but not the repetition of one, from being recorded.
   */
  #emitted(event: ValidEvent, about: About | undefined, check?: () => void): AuditEntry {
    const active = context.active();
    const draft = this.#processor.draft(event, trace.getSpanContext(active), about);
    if (draft.entry !== undefined) return draft.entry;
    check?.();
    try {
      this.#logger.emit({
        eventName: eventNameOf(event.operation),
        severityNumber: severityOf(event.operation),
        context: new DraftContext(active, draft),
      });
    } catch (cause) {
      draft.interrupted(cause);
    }
    return draft.recorded();
  }
}

/** What a log is made of. */
interface Parts extends AttachedParts {
  /** The provider, if it is the log's own to shut down. */
  readonly own?: SdkLoggerProvider;
}

/** What `attach` hands to the constructor in place of options: a class has one constructor only. */
class Attachment implements GovernanceAuditLogOptions {
  readonly resource = undefined;
  readonly parts: Parts;

  constructor({ processor, loggerProvider }: AttachedParts) {
    this.parts = { processor, loggerProvider };
  }
}

function standalone(options: GovernanceAuditLogOptions): Parts {
  if (typeof options !== "object" || options === null)
    throw invalidOption("options", "expected an object");
  const { resource, ...processorOptions } = options;
  if (resource !== undefined && typeof resource?.getRawAttributes !== "function")
    throw invalidOption("resource", "expected a Resource, such as resourceFromAttributes() makes");
  const processor = new AuditLogProcessor(processorOptions);
  const own = new SdkLoggerProvider({
    resource: standaloneResource(resource),
    processors: [processor],
    logRecordLimits: { attributeCountLimit: Number.POSITIVE_INFINITY },
  });
  return { processor, loggerProvider: own, own };
}

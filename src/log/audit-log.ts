import type { FlushOptions } from "../delivery/flush.js";
import type { Ledger } from "../delivery/ledger.js";
import type { AuditEntry, FoundEntry } from "../entry/audit-entry.js";
import type { Hold } from "../entry/holds.js";
import { invalidOption } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import { type AuditQuery, type OperationQuery, parseQuery } from "../query/audit-query.js";
import type { AuditPage, AuditReader } from "../query/audit-reader.js";
import { faceOf, type LogJournal } from "./log-journal.js";
import type { SealedLog } from "./sealed-log.js";

/**
 * What an `AuditLogProcessor` and the `GovernanceAuditLog` over it have in common: queries,
 * checkpoints and proofs, and the ledger of the mirrors. Both answer from the same log.
 *
 * A log with a journal answers over its whole history. What memory still holds it answers from
 * there, and the rest from the journal. Its queries also throw `journal_failed`, and after a
 * shutdown `closed`, if memory alone cannot answer. A log without a journal answers from memory.
 */
export abstract class AuditLog implements AuditReader {
  readonly #log: SealedLog;
  readonly #journal: LogJournal | undefined;

  /** @internal Of a sealed log, or of the same sealed log as another. */
  protected constructor(of: SealedLog | AuditLog) {
    this.#log = of instanceof AuditLog ? of.#log : of;
    this.#journal =
      of instanceof AuditLog ? of.#journal : this.#log.journal && faceOf(this.#log.journal);
  }

  /** The log id that every entry is sealed under. */
  get logId(): string {
    return this.#log.id;
  }

  /**
   * The open journal, also where the option was a path; undefined without a journal. It backs up,
   * sends rejected records again, and says how far delivery has come. It cannot be appended to or
   * closed: that is the log's, and `prune` is too. After a shutdown of a log that opened it, its
   * methods throw `closed`.
   *
   * @example A backup in an app that runs
   * ```ts
   * import { GovernanceAuditLog } from "quorumlog";
   *
   * const audit = new GovernanceAuditLog({ journal: "governance.db" });
   * const { journal } = audit;
   * await journal?.backup("/var/backups/governance.db");
   * console.log(journal?.stats().mirrors, journal?.rejected().length);
   * ```
   */
  get journal(): LogJournal | undefined {
    return this.#journal;
  }

  /** How many entries memory holds. A journal may hold more: see `count`. */
  get length(): number {
    return this.#log.reader.length;
  }

  /** The entries of a query, newest first unless it says otherwise. Throws `invalid_query`. */
  entries<Name extends string>(query: OperationQuery<Name>): FoundEntry<Name>[];
  /** The same for a query that may find any operation. */
  entries(query?: AuditQuery): AuditEntry[];
  entries(query?: AuditQuery): AuditEntry[] {
    return this.#log.reader.select(parseQuery(query));
  }

  /** One page of a query with the cursor of the next. Throws `invalid_query`. */
  page<Name extends string>(query: OperationQuery<Name>): AuditPage<FoundEntry<Name>>;
  /** The same for a query that may find any operation. */
  page(query?: AuditQuery): AuditPage;
  page(query?: AuditQuery): AuditPage {
    return this.#log.reader.page(parseQuery(query));
  }

  /** How many entries match a query. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number {
    return this.#log.reader.count(parseQuery(query));
  }

  /** The entry of a sequence; undefined if there is none, or it was evicted or pruned. */
  get(sequence: number): AuditEntry | undefined {
    return this.#log.reader.get(sequence);
  }

  /** The canonical lines of all entries at the call, oldest first, without line ends. */
  lines(): Iterable<string> {
    return this.#log.reader.lines();
  }

  /**
   * Empties memory, except for entries that wait for their commit to the journal. Journal, mirrors
   * and the next sequence stay as they are. With a journal, all answers stay the same.
   */
  clear(): void {
    this.#log.reader.clear();
  }

  /**
   * Signs the Merkle tree over all entries (C2SP tlog-checkpoint) with the keys of the option
   * `signer`. The checkpoint goes to the journal, and on to the mirrors. The log also signs one
   * every so often (`checkpointEvery`), and when it is shut down.
   *
   * @throws {@link AuditError} `invalid_options` when the log has no `signer`; `signing_failed`;
   * `journal_failed`; `verification_failed` when the journal no longer has the entries that its
   * newest checkpoint covers.
   */
  async checkpoint(): Promise<Checkpoint> {
    const { checkpointer } = this.#log;
    if (checkpointer === undefined)
      throw invalidOption("signer", "the log has no keys to sign with");
    return checkpointer.checkpoint();
  }

  /**
   * Proves one entry, or all entries of a proposal, to somebody who has only the log's public key.
   * Signs a checkpoint first if the newest one does not cover them.
   *
   * @returns For a sequence, the text of a C2SP tlog-proof file; for a proposal, an evidence bundle
   * (JSON).
   * @throws {@link AuditError} `invalid_options` when the log has no journal; `journal_failed` when
   * there is no such entry, or no checkpoint covers it; `verification_failed`; `signing_failed`;
   * `invalid_query`.
   */
  async prove(what: number | { readonly proposalId: string }): Promise<string> {
    const { journal, checkpointer, next, closed } = this.#log;
    if (journal === undefined)
      throw invalidOption("journal", "a log in memory has no checkpoints to prove by");
    const last = Math.min(typeof what === "number" ? what : next, next - 1);
    if (!closed) await checkpointer?.cover(last);
    return journal.prove(what);
  }

  /**
   * The legal holds in force, oldest first: see `GovernanceAuditLog.hold`. A log without a journal
   * has none. Throws `journal_failed`, `closed`.
   *
   * @example What keeps a log from being pruned
   * ```ts
   * import { GovernanceAuditLog } from "quorumlog";
   *
   * const audit = new GovernanceAuditLog({ journal: "governance.db" });
   * for (const { id, proposalId, heldBefore, heldFrom, reason } of audit.holds())
   *   console.log(id, proposalId ?? heldBefore, heldFrom, reason);
   * ```
   */
  holds(): readonly Hold[] {
    return this.#log.retention.holds().inForce;
  }

  /** How many entries were accepted, and what became of them in each reliable mirror. */
  ledger(): Ledger {
    return this.#log.ledger();
  }

  /**
   * Waits until the mirrors have delivered what they hold.
   *
   * @throws {@link AuditError} `delivery_failed` (a {@link DeliveryError}, which has the ledger)
   * when a mirror failed or was not done in time; `invalid_options`.
   */
  flush(options?: FlushOptions): Promise<void> {
    return this.#log.lifecycle.flush(options);
  }
}

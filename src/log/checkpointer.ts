import { DEFAULT_FLUSH_TIMEOUT_MILLIS, withDeadline } from "../delivery/flush.js";
import { AuditError } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import type { Journal } from "../journal/journal.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import type { GroupCommit } from "./group-commit.js";

/** When a checkpoint is due. */
export interface CheckpointEvery {
  /**
   * After so many entries that none covers. A positive integer.
   *
   * @defaultValue {@link DEFAULT_CHECKPOINT_ENTRIES}, 1000
   */
  readonly entries?: number | undefined;
  /**
   * So long after the first entry that none covers, in milliseconds. A positive integer.
   *
   * @defaultValue {@link DEFAULT_CHECKPOINT_MILLIS}, 60 000
   */
  readonly millis?: number | undefined;
}

/** Entries between two checkpoints unless told otherwise. */
export const DEFAULT_CHECKPOINT_ENTRIES = 1000;
/** Milliseconds from an entry to the checkpoint over it unless told otherwise. */
export const DEFAULT_CHECKPOINT_MILLIS = 60_000;

/** What a {@link Checkpointer} works with. */
export interface CheckpointerParts {
  readonly journal: Journal;
  /** Entries that the journal is still to get; undefined when each is committed at once. */
  readonly group: GroupCommit | undefined;
  readonly keys: readonly SigningKey[];
  readonly every: Required<{ readonly [Key in keyof CheckpointEvery]: number }>;
  readonly now: () => number;
  /** Never throws. */
  readonly report: (error: AuditError) => void;
  /** Hands a checkpoint to the mirrors. Never throws. */
  readonly handOn: (checkpoint: StoredCheckpoint) => void;
}

/** Signs the journal of a log every so often, beside the calls that record, and never within one. */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  /** Entries that the newest checkpoint is over. */
  #covered: number;
  #timer: NodeJS.Timeout | undefined;
  /** One that is due by number is under way, or has failed, so that the next is due by time. */
  #engaged = false;
  #stopped = false;
  #underWay: Promise<unknown> = Promise.resolve();

  /** Starts with the journal as it is; what none of its checkpoints covers is due by time. */
  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#covered = parts.journal.newestCheckpoint()?.size ?? 0;
    this.#schedule();
  }

  /** An entry was committed. */
  onCommitted(): void {
    this.#schedule();
    if (this.#engaged || this.#stopped) return;
    if (this.#parts.journal.length - this.#covered < this.#parts.every.entries) return;
    this.#engaged = true;
    setImmediate(() => void this.#signDue());
  }

  /** As `AuditLog.checkpoint`. */
  async checkpoint(): Promise<Checkpoint> {
    await this.#parts.group?.flush(DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return this.#sign();
  }

  /** Signs a checkpoint if the newest one does not cover the entry with this sequence. */
  async cover(sequence: number): Promise<void> {
    const covered = this.#parts.journal.newestCheckpoint()?.size ?? 0;
    if (covered <= sequence) await this.checkpoint();
  }

  /**
   * Signs the last checkpoint, if it does not cover all entries yet, and begins no more. Waits for one
   * that is under way.
   */
  async close(timeoutMillis: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const last = async () => {
      await this.#underWay;
      if (this.#parts.journal.length > this.#covered) await this.#sign();
    };
    await withDeadline(last, timeoutMillis, "the last checkpoint");
  }

  #sign(): Promise<Checkpoint> {
    const signing = this.#signed();
    this.#underWay = signing.catch(() => {});
    return signing;
  }

  async #signed(): Promise<Checkpoint> {
    const { journal, keys, now, handOn } = this.#parts;
    const stored = await journal.checkpoint({ keys, now }).catch((cause: unknown) => {
      if (cause instanceof AuditError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `a checkpoint could not be signed: ${reason}`;
      throw new AuditError("signing_failed", message, { cause });
    });
    this.#covered = stored.size;
    this.#engaged = false;
    this.#reschedule();
    handOn(stored);
    const { origin, size, rootHash, note } = stored;
    return { origin, size, rootHash, note };
  }

  async #signDue(): Promise<void> {
    if (this.#stopped || this.#parts.journal.length === this.#covered) return;
    try {
      await this.#sign();
    } catch (error) {
      this.#parts.report(error as AuditError);
      this.#reschedule();
    }
  }

  #reschedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  /** Does not keep the process alive: what is not signed is still recorded, and the next start signs it. */
  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#parts.journal.length === this.#covered)
      return;
    this.#timer = setTimeout(() => void this.#signDue(), this.#parts.every.millis).unref();
  }
}

import { DEFAULT_FLUSH_TIMEOUT_MILLIS, withDeadline } from "../delivery/flush.js";
import { AuditError } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import type { Journal } from "../journal/journal.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import type { GroupCommit } from "./group-commit.js";

/** When a log signs a checkpoint on its own. */
export interface CheckpointEvery {
  /**
   * After this many entries that no checkpoint covers. A positive integer.
   *
   * @defaultValue {@link DEFAULT_CHECKPOINT_ENTRIES}, 1000
   */
  readonly entries?: number | undefined;
  /**
   * This long after the first entry that no checkpoint covers, in milliseconds. A positive integer.
   *
   * @defaultValue {@link DEFAULT_CHECKPOINT_MILLIS}, 60 000
   */
  readonly millis?: number | undefined;
}

/** How many entries there are between two checkpoints by default. */
export const DEFAULT_CHECKPOINT_ENTRIES = 1000;
/** How long after an entry the checkpoint that covers it follows by default, in milliseconds. */
export const DEFAULT_CHECKPOINT_MILLIS = 60_000;

/** What a {@link Checkpointer} works with. */
export interface CheckpointerParts {
  readonly journal: Journal;
  /** What the journal does not have yet. Undefined when each entry is committed at once. */
  readonly group: GroupCommit | undefined;
  readonly keys: readonly SigningKey[];
  readonly every: Required<{ readonly [Key in keyof CheckpointEvery]: number }>;
  readonly now: () => number;
  /** Never throws. */
  readonly report: (error: AuditError) => void;
  /** Hands a checkpoint to the mirrors. Never throws. */
  readonly handOn: (checkpoint: StoredCheckpoint) => void;
}

/** Signs the journal of a log every so often. Never signs within a call that records. */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  /** How many entries the newest checkpoint covers. */
  #covered: number;
  #timer: NodeJS.Timeout | undefined;
  /** True while a checkpoint by number is due or has failed. Then only time makes another due. */
  #engaged = false;
  #stopped = false;
  #underWay: Promise<unknown> = Promise.resolve();

  /** Starts with the journal as it is. Entries that no checkpoint covers yet are due by time. */
  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#covered = parts.journal.newestCheckpoint()?.size ?? 0;
    this.#schedule();
  }

  /** Takes note of a committed entry. */
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

  /** Waits for the checkpoint under way, and signs a last one if it does not cover all entries. */
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

  /** The timer does not keep the process alive: the next start signs what is not signed. */
  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#parts.journal.length === this.#covered)
      return;
    this.#timer = setTimeout(() => void this.#signDue(), this.#parts.every.millis).unref();
  }
}

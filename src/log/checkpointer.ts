import { withDeadline } from "../delivery/deadline.js";
import { AuditError } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import type { Journal } from "../journal/journal.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";

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

  /**
   * Signs the tree over all entries of the journal.
   *
   * @throws {@link AuditError} `signing_failed` when a key could not; `journal_failed`, `verification_failed`.
   */
  checkpoint(): Promise<Checkpoint> {
    const signing = this.#sign();
    this.#underWay = signing.catch(() => {});
    return signing;
  }

  async #sign(): Promise<Checkpoint> {
    const { journal, keys, now, handOn } = this.#parts;
    const stored = await journal.checkpoint({ keys, now }).catch((cause: unknown) => {
      if (cause instanceof AuditError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AuditError("signing_failed", `a checkpoint could not be signed: ${reason}`, {
        cause,
      });
    });
    this.#covered = stored.size;
    this.#engaged = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
    handOn(stored);
    const { origin, size, rootHash, note } = stored;
    return { origin, size, rootHash, note };
  }

  /** Signs the last one, if any entry is covered by none, and begins no more; one that is under way is waited for. */
  async close(timeoutMillis: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const last = async () => {
      await this.#underWay;
      if (this.#parts.journal.length > this.#covered) await this.checkpoint();
    };
    await withDeadline(last, timeoutMillis, "the last checkpoint");
  }

  async #signDue(): Promise<void> {
    if (this.#stopped || this.#parts.journal.length === this.#covered) return;
    try {
      await this.checkpoint();
    } catch (error) {
      this.#parts.report(error as AuditError);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#schedule();
    }
  }

  /** Does not keep the process alive: what is not signed is still recorded, and the next start signs it. */
  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#parts.journal.length === this.#covered)
      return;
    this.#timer = setTimeout(() => void this.#signDue(), this.#parts.every.millis).unref();
  }
}

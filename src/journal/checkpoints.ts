import { randomUuid } from "../entry/uuid.js";
import { AuditError } from "../errors.js";
import { type Checkpoint, parseCheckpoint } from "../integrity/checkpoint.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import { signCheckpoint } from "../integrity/sign-checkpoint.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import { risenAbove } from "../record/record-time.js";
import { noSurroundings } from "../record/surroundings.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import type { Connection } from "./connection.js";
import type { Deliverables } from "./deliverables.js";
import type { EntryTable, HrTime } from "./entry-table.js";
import { inTransaction } from "./sqlite.js";

/** What `Journal.checkpoint` signs with. */
export interface CheckpointOptions {
  /** The keys, as `signingKeyOf` and `remoteSigningKey` make them; one at least has the log id as its name. */
  readonly keys: readonly SigningKey[];
  /**
   * What time it is, in milliseconds since 1970.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: (() => number) | undefined;
}

/** What checkpoints are made from, and where they go. */
export interface CheckpointParts {
  readonly file: Connection;
  readonly entries: EntryTable;
  readonly table: CheckpointTable;
  readonly deliverables: Deliverables;
  /** Told of each that was stored. */
  readonly stored: () => void;
  /** Where the entries end. */
  readonly end: () => { readonly length: number; readonly lastTime: HrTime };
}

/** Signs the tree of a journal, one checkpoint after the other. */
export class Checkpoints {
  readonly #parts: CheckpointParts;
  /** Settles when the one that is being signed is stored, or failed. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The newest one that was signed before is in the tree. */
  #checked = false;

  /** Of a journal that is open. */
  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /**
   * Signs the tree over the entries that are there when its turn comes, and stores the checkpoint before anybody else has
   * it.
   *
   * @throws {@link AuditError} `verification_failed` when the tree is not one that the newest checkpoint was signed of:
   * the same log never signs two histories.
   */
  sign({ keys, now = Date.now }: CheckpointOptions): Promise<StoredCheckpoint> {
    const turn = this.#turn.then(async () => {
      const { file, entries, end } = this.#parts;
      const size = end().length;
      const root = file.write(() => {
        this.#assertGrown();
        return entries.tree.rootAt(size);
      });
      const signed = await signCheckpoint({
        origin: file.logId,
        size,
        root,
        keys,
        timeMillis: now(),
      });
      return file.commit(() => this.#store(signed, now()));
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #store(signed: Checkpoint, nowMillis: number): StoredCheckpoint {
    const { entries, table, deliverables, stored, end } = this.#parts;
    const position = deliverables.end;
    const time = risenAbove(later(end().lastTime, table.newest()?.time), nowMillis);
    const stamped = { ...signed, id: randomUuid(), time };
    inTransaction(entries.database, () => {
      const { resource, scope } = noSurroundings();
      const ids = entries.newestContexts() ?? entries.contexts.store(resource, scope);
      table.append(position, stamped, ids);
    });
    deliverables.addCheckpoint(position);
    stored();
    return table.at(position) as StoredCheckpoint;
  }

  #assertGrown(): void {
    if (this.#checked) return;
    const { file, entries, table } = this.#parts;
    const stored = table.newest();
    const newest = stored && parseCheckpoint(stored.note); // by what was signed, which the columns only repeat
    if (
      newest !== undefined &&
      Buffer.from(entries.tree.rootAt(newest.size)).toString("hex") !== newest.rootHash
    )
      throw new AuditError(
        "verification_failed",
        `${file.path} does not have the ${newest.size} entries any more that its newest checkpoint was signed of; nothing ` +
          "more is signed. Keep it, verify it, and restore it from a backup",
      );
    this.#checked = true;
  }
}

function later(time: HrTime, other: HrTime = [0, 0]): HrTime {
  return other[0] > time[0] || (other[0] === time[0] && other[1] > time[1]) ? other : time;
}

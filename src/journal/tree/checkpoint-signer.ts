import { randomUuid } from "../../entry/uuid.js";
import { AuditError } from "../../errors.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import type { SigningKey } from "../../integrity/keys/signing-key.js";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import { signCheckpoint } from "../../integrity/sign-checkpoint.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import { isLater, RecordedTimes } from "../../record/recorded-times.js";
import { noSurroundings } from "../../record/surroundings.js";
import { counted } from "../../text/safe-text.js";
import type { EntryTable } from "../entries/entry-table.js";
import type { Connection } from "../file/connection.js";
import { inTransaction } from "../file/sqlite.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import type { MerkleTree } from "./merkle-tree.js";
import { type History, NameRegisters, registersBeside } from "./name-register.js";

/** Options of `Journal.checkpoint`. */
export interface CheckpointOptions {
  /**
   * Keys that `signingKeyOf` or `remoteSigningKey` made. At least one has the log id as its name.
   */
  readonly keys: readonly SigningKey[];
  /**
   * What time it is, in milliseconds since 1970.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: (() => number) | undefined;
}

/** The parts of a journal that checkpoints are made from and stored in. */
export interface SignedParts {
  readonly file: Connection;
  readonly entries: EntryTable;
  readonly tree: MerkleTree;
  readonly checkpoints: CheckpointTable;
  /** Hears the position of each checkpoint that was stored. */
  readonly stored: (position: number) => void;
}

/** Signs the Merkle tree of a journal, one checkpoint after the other. */
export class CheckpointSigner {
  readonly #parts: SignedParts;
  /** Settles when the signing that was asked for last has ended. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Whether the newest checkpoint of an earlier process was compared with the tree. */
  #compared = false;

  /** Signs for a journal that is open for writing. */
  constructor(parts: SignedParts) {
    this.#parts = parts;
  }

  /**
   * Signs the tree over the entries that the journal has when its turn comes, and stores the
   * checkpoint before anybody else has it.
   *
   * @throws `AuditError` `verification_failed` when the tree does not have the root that the newest
   * checkpoint signed, or when a register knows a later checkpoint: one log never signs two
   * histories. `invalid_options` when the name has signed another journal.
   */
  sign({ keys, now = Date.now }: CheckpointOptions): Promise<StoredCheckpoint> {
    const turn = this.#turn.then(async () => {
      const { file, entries, tree } = this.#parts;
      const { size, root } = file.write(() => {
        this.#assertConsistent();
        const { length } = entries.end();
        return { size: length, root: tree.rootAt(length) };
      });
      const { logId: origin } = file;
      this.#registersOf(keys).remember(this.#history, { size, rootHash: hexOf(root) });
      const signed = await signCheckpoint({ origin, size, root, keys, timeMillis: now() });
      return file.commit(() => this.#store(signed, now()));
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /**
   * Gives the name of the log to this journal alone, as far as this machine can tell.
   *
   * @throws `AuditError` `invalid_options` when the name is that of another journal;
   * `journal_failed`.
   */
  claimName(keys: readonly SigningKey[]): void {
    const newest = this.#parts.file.read(() => this.#parts.checkpoints.newest());
    this.#parts.file.write(() => this.#registersOf(keys).claim(this.#history, newest));
  }

  #registersOf(keys: readonly SigningKey[]): NameRegisters {
    const { path, logId } = this.#parts.file;
    return new NameRegisters(path, logId, registersBeside(keys));
  }

  get #history(): History {
    const { file, entries, tree } = this.#parts;
    const { path, logId } = file;
    const firstLeaf = () => (entries.end().length === 0 ? undefined : hexOf(tree.subtree(0, 0)));
    return { path, logId, firstLeaf, rootAt: (size) => hexOf(tree.rootAt(size)) };
  }

  #store(signed: Checkpoint, nowMillis: number): StoredCheckpoint {
    const { file, entries, checkpoints, stored } = this.#parts;
    const { length, lastTime } = entries.end();
    const position = length + checkpoints.count();
    const times = new RecordedTimes(lastTime);
    const newest = checkpoints.newest()?.time;
    // a newest checkpoint whose time was a glitch, as entries after it show, does not count
    if (newest !== undefined && isLater(newest, lastTime)) times.keep(newest);
    const { time } = times.next(nowMillis);
    inTransaction(file.database, () => {
      const { resource, scope } = noSurroundings();
      const ids = entries.newestContexts() ?? entries.contexts.store(resource, scope);
      checkpoints.append(position, { ...signed, id: randomUuid(), time }, ids);
    });
    stored(position);
    return checkpoints.at(position) as StoredCheckpoint;
  }

  #assertConsistent(): void {
    if (this.#compared) return;
    const { file, tree, checkpoints } = this.#parts;
    const stored = checkpoints.newest();
    // The note is what was signed. The columns beside it only repeat it.
    const newest = stored && parseCheckpoint(stored.note);
    if (newest !== undefined && hexOf(tree.rootAt(newest.size)) !== newest.rootHash)
      throw new AuditError(
        "verification_failed",
        `${file.path} no longer has the ${counted(newest.size, "entry", "entries")} that ` +
          "its newest checkpoint signed; no further checkpoint is signed. Keep the file, verify " +
          "it, and restore it from a backup",
      );
    this.#compared = true;
  }
}

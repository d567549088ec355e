import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { invalidEvidence } from "../../errors.js";
import type { CommandIo } from "../output/command-io.js";

/**
 * A file that is read from the first byte to the last, once or several times. An answer must rest
 * on the bytes that were verified, so each time must give the same ones.
 */
export class RereadFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #io: Pick<CommandIo, "signal">;
  #digest: string | undefined;

  /** @param path - For messages. */
  constructor(file: FileHandle, path: string, io: Pick<CommandIo, "signal">) {
    this.#file = file;
    this.#path = path;
    this.#io = io;
  }

  /** Throws `AuditError` `invalid_evidence` at the end, if an earlier time gave other bytes. */
  async *read(): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash("sha256");
    for await (const chunk of this.#file.createReadStream({ autoClose: false, start: 0 })) {
      this.#io.signal.throwIfAborted();
      hash.update(chunk);
      yield chunk;
    }
    const digest = hash.digest("hex");
    if (this.#digest !== undefined && digest !== this.#digest)
      throw invalidEvidence(`${this.#path} was changed while it was read; try again`);
    this.#digest = digest;
  }
}

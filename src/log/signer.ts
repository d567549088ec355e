import { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { withDeadline } from "../delivery/flush.js";
import { AuditError, invalidOption } from "../errors.js";
import { nameInKeyFile } from "../integrity/keys/key-generation.js";
import {
  type RemoteSigningKeyOptions,
  remoteSigningKey,
  type SigningKey,
  signingKeyOf,
} from "../integrity/keys/signing-key.js";
import { assertNameIsFree, registerBesideKey } from "../journal/tree/name-register.js";
import { keyFile } from "../text/safe-text.js";

/**
 * A key that signs checkpoints: the path of a key file as `quorumlog keygen` writes it, the text of
 * such a file (PEM, PKCS #8), a private `KeyObject`, or, for a KMS or an HSM, a `sign` function
 * with the public half of its key.
 */
export type SignerKey = string | KeyObject | RemoteSigningKeyOptions;

/** How long a remote key may take to sign, in milliseconds. Checkpoints wait for one another. */
const REMOTE_TIMEOUT_MILLIS = 30_000;

/** A key that was read. It can sign once the name of the log is known. */
interface ReadKey {
  /** The name in the key itself, if it has one. */
  readonly name: string | undefined;
  /** Where the key file is, if there is one. */
  readonly folder?: string | undefined;
  readonly signingKey: (name: string) => SigningKey;
}

/** The keys of a log. They are read before its journal is opened. */
export class Signer {
  readonly #keys: readonly ReadKey[];

  /** Reads the keys of the option `signer`. Throws `invalid_options`. */
  constructor(option: SignerKey | readonly SignerKey[]) {
    const keys: readonly SignerKey[] = Array.isArray(option) ? option : [option];
    if (keys.length === 0) throw invalidOption("signer", "expected at least one key");
    this.#keys = keys.map((key, index) =>
      inField(Array.isArray(option) ? `signer[${index}]` : "signer", () => read(key)),
    );
  }

  /** The first name that a key has, if any key has one. */
  get name(): string | undefined {
    return this.#keys.find(({ name }) => name !== undefined)?.name;
  }

  /** The keys, under the name of the log. Throws `invalid_options` for a key of another name. */
  keysOf(logId: string): SigningKey[] {
    return this.#keys.map(({ name, folder, signingKey }) => {
      if (name !== undefined && name !== logId)
        throw invalidOption(
          "signer",
          `the key is named "${name}", and the log "${logId}"; sign with a key of the log's ` +
            `name, which quorumlog keygen --name ${logId} makes`,
        );
      const register = folder === undefined ? undefined : registerBesideKey(folder, logId);
      return { ...inField("signer", () => signingKey(logId)), register };
    });
  }

  /**
   * Refuses the path of a journal that is not there yet, if the name is that of another journal.
   * Throws `invalid_options`, `journal_failed`.
   */
  assertFree(journal: string, logId: string): void {
    assertNameIsFree(journal, logId, () => this.keysOf(logId));
  }
}

function read(key: SignerKey): ReadKey {
  if (typeof key === "string") {
    const isText = key.includes("-----BEGIN ");
    const text = isText ? key : textOf(key);
    const name = nameInKeyFile(text);
    const first = signingKeyOf(name ?? "quorumlog", text); // refuses a text that is not a key
    return {
      name,
      folder: isText ? undefined : dirname(resolve(key)),
      signingKey: (logId) => (name === undefined ? signingKeyOf(logId, text) : first),
    };
  }
  if (key instanceof KeyObject) {
    signingKeyOf("quorumlog", key);
    return { name: undefined, signingKey: (logId) => signingKeyOf(logId, key) };
  }
  if (typeof key !== "object" || key === null)
    throw invalidOption(
      "signer",
      "expected a path, PEM, a private KeyObject, or { verifierKey, sign }",
    );
  const remote = remoteSigningKey(key);
  const { verifierKey } = remote;
  const who = `the sign function of ${verifierKey.name}`;
  const sign = (message: Uint8Array) =>
    withDeadline(() => remote.sign(message), REMOTE_TIMEOUT_MILLIS, who);
  return { name: verifierKey.name, signingKey: () => ({ verifierKey, sign }) };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // not as the cause: Node's message has the path, which may be a key itself
    const { code } = error as NodeJS.ErrnoException;
    throw new AuditError(
      "invalid_options",
      `the key file ${keyFile(path)} cannot be read (${code}); expected a path or PEM`,
    );
  }
}

/** Names the option of a key in its errors. */
function inField<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof AuditError)) throw cause;
    if (cause.field === field) throw cause;
    throw new AuditError("invalid_options", `${field}: ${cause.message}`, { field, cause });
  }
}

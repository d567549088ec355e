import { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { withDeadline } from "../delivery/flush.js";
import { AuditError, invalidOption } from "../errors.js";
import { nameInKeyFile } from "../integrity/keys/key-generation.js";
import {
  type RemoteSigningKeyOptions,
  remoteSigningKey,
  type SigningKey,
  signingKeyOf,
} from "../integrity/keys/signing-key.js";

/**
 * A key that signs checkpoints: the path of a file as `quorumlog keygen` writes it, its text (PEM, PKCS #8), a private
 * `KeyObject`, or the user's own `sign` function with the public half of its key, for a KMS or an HSM.
 */
export type SignerKey = string | KeyObject | RemoteSigningKeyOptions;

/** So long a key that signs elsewhere may take, in milliseconds; checkpoints wait for one another. */
const REMOTE_TIMEOUT_MILLIS = 30_000;

/** A key that was read, and waits for the name of the log. */
interface ReadKey {
  /** As the key itself has it, if it has one. */
  readonly name: string | undefined;
  readonly signingKey: (name: string) => SigningKey;
}

/** The keys of a log, read before anything is opened. */
export class Signer {
  readonly #keys: readonly ReadKey[];

  /** Reads the keys of the option `signer`. Throws `invalid_options`. */
  constructor(option: SignerKey | readonly SignerKey[]) {
    const keys: readonly SignerKey[] = Array.isArray(option) ? option : [option];
    if (keys.length === 0) throw invalidOption("signer", "expected one key at least");
    this.#keys = keys.map((key, index) =>
      inField(Array.isArray(option) ? `signer[${index}]` : "signer", () => read(key)),
    );
  }

  /** The name that the keys have, where one has a name. */
  get name(): string | undefined {
    return this.#keys.find(({ name }) => name !== undefined)?.name;
  }

  /** The keys under the name of the log, which their own must be. Throws `invalid_options`. */
  keysOf(logId: string): SigningKey[] {
    return this.#keys.map(({ name, signingKey }) => {
      if (name !== undefined && name !== logId)
        throw invalidOption(
          "signer",
          `the key is named "${name}", and the log "${logId}"; a log is signed by keys of its own name`,
        );
      return inField("signer", () => signingKey(logId));
    });
  }
}

function read(key: SignerKey): ReadKey {
  if (typeof key === "string") {
    const text = key.includes("-----BEGIN ") ? key : textOf(key);
    const name = nameInKeyFile(text);
    const first = signingKeyOf(name ?? "quorumlog", text); // refuses what is no key, before the journal is opened
    return {
      name,
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
  } catch (cause) {
    throw new AuditError("invalid_options", `the key file ${path} cannot be read`, { cause });
  }
}

/** Says which of the options a key was given in. */
function inField<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof AuditError)) throw cause;
    if (cause.field === field) throw cause;
    throw new AuditError("invalid_options", `${field}: ${cause.message}`, { field, cause });
  }
}

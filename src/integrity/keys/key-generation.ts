import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { AuditError } from "../../errors.js";
import type { KeyAlgorithm } from "./verifier-key.js";
import { verifierKeyOf } from "./verifier-key.js";

const NAME_LINE = /^Key-Name: (\S+)$/m;
const BEGIN = "-----BEGIN ";

/** A pair of keys as text. */
export interface GeneratedKeys {
  /** The private key: PKCS #8 as PEM (RFC 5958, RFC 7468), not encrypted. Keep it secret. */
  readonly privateKeyPem: string;
  /** The verifier key. Give it to whoever verifies. */
  readonly vkey: string;
}

/**
 * Makes a new pair of keys.
 *
 * @param name - The key's name. A key of a log has the log's origin as its name.
 * @param algorithm - `ml-dsa-44` needs Node 24 or later.
 * @throws `AuditError` `invalid_options`.
 */
export function generateKeys(name: string, algorithm: KeyAlgorithm): GeneratedKeys {
  const { privateKey, publicKey } = newKeyPair(algorithm);
  return {
    privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    vkey: verifierKeyOf(name, publicKey).vkey,
  };
}

function newKeyPair(algorithm: KeyAlgorithm): KeyPairKeyObjectResult {
  try {
    // The types of Node 22 do not have ML-DSA.
    return (generateKeyPairSync as (type: string) => KeyPairKeyObjectResult)(algorithm);
  } catch (cause) {
    const message =
      "algorithm: this version of Node does not support it; expected ed25519, " +
      "or from Node 24 on (OpenSSL 3.5) ml-dsa-44";
    throw new AuditError("invalid_options", message, { field: "algorithm", cause });
  }
}

/**
 * Writes a private key with its name. Text before the key in PEM is a comment (RFC 7468 section 2):
 * every program that reads PEM ignores it.
 */
export function formatKeyFile(name: string, privateKeyPem: string): string {
  return `Key-Name: ${name}\n${privateKeyPem}`;
}

/** Reads the name in a text of {@link formatKeyFile}. Undefined where the text has only the key. */
export function nameInKeyFile(text: string): string | undefined {
  return NAME_LINE.exec(text.slice(0, Math.max(0, text.indexOf(BEGIN))))?.[1];
}

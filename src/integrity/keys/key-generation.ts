import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { AuditError } from "../../errors.js";
import type { KeyAlgorithm } from "./signature-types.js";
import { verifierKeyOf } from "./verifier-key.js";

const NAME_LINE = /^Key-Name: (\S+)$/m;
const BEGIN = "-----BEGIN ";

/** A pair of keys as text. */
export interface GeneratedKeys {
  /** The private key: PKCS #8 as PEM (RFC 5958, RFC 7468), not encrypted. Keep it secret. */
  readonly privateKeyPem: string;
  /** The verifier key, to be given to whoever verifies. */
  readonly vkey: string;
}

/**
 * Makes a new pair of keys.
 *
 * @param name - The key's name; the log's origin for a log's own key.
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
    // The typings of Node 22 know of no ML-DSA.
    return (generateKeyPairSync as (type: string) => KeyPairKeyObjectResult)(algorithm);
  } catch (cause) {
    const message =
      "algorithm: expected one that this Node has: ed25519, and from Node 24 on (OpenSSL 3.5) ml-dsa-44";
    throw new AuditError("invalid_options", message, { field: "algorithm", cause });
  }
}

/**
 * A private key with its name, as one text: what stands before the key in PEM is explanatory (RFC 7468 section 2), and
 * every program that reads PEM passes over it.
 */
export function formatKeyFile(name: string, privateKeyPem: string): string {
  return `Key-Name: ${name}\n${privateKeyPem}`;
}

/** The name in a text of {@link formatKeyFile}; undefined where the key stands alone. */
export function nameInKeyFile(text: string): string | undefined {
  return NAME_LINE.exec(text.slice(0, Math.max(0, text.indexOf(BEGIN))))?.[1];
}

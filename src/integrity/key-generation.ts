import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { AuditError } from "../errors.js";
import type { KeyAlgorithm } from "./signature-types.js";
import { verifierKeyOf } from "./verifier-key.js";

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

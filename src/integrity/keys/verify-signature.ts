import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { ALGORITHMS, type VerifierKey } from "./verifier-key.js";

/**
 * Whether the key made the signature over the message. `unchecked`: this version of Node does not
 * support the algorithm. ML-DSA-44 needs Node 24 or later, with OpenSSL 3.5.
 */
export function verifySignature(
  key: VerifierKey,
  message: Uint8Array,
  signature: Uint8Array,
): "valid" | "invalid" | "unchecked" {
  if (signature.length !== ALGORITHMS[key.algorithm].signatureBytes) return "invalid";
  const publicKey = publicKeyObject(key);
  if (publicKey === undefined) return "unchecked";
  return verify(null, message, publicKey, signature) ? "valid" : "invalid";
}

function publicKeyObject({ algorithm, publicKey }: VerifierKey): KeyObject | undefined {
  const key = Buffer.concat([ALGORITHMS[algorithm].spkiPrefix, publicKey]);
  try {
    return createPublicKey({ key, format: "der", type: "spki" });
  } catch {
    // OpenSSL takes any 32 or 1312 bytes as a key. So it does not know the algorithm.
    return undefined;
  }
}

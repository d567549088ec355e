import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { invalidEvidence, invalidOption } from "../../errors.js";
import { base64, bytesOfBase64 } from "../note/encodings.js";
import { isKeyName } from "../note/signed-note.js";
import {
  ALGORITHMS,
  type KeyAlgorithm,
  SIGNATURE_TYPES,
  type SignatureType,
} from "./signature-types.js";

/** A public key with its name, by which signatures of notes are verified. */
export interface VerifierKey {
  /** The name that stands in its signature lines; a log's own keys have the log's origin as their name. */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  /** What its signatures sign, and how they are written. */
  readonly type: SignatureType;
  /** The key id, an unsigned number of 32 bits. */
  readonly id: number;
  /** The raw public key: 32 bytes of Ed25519, 1312 of ML-DSA-44. */
  readonly publicKey: Uint8Array;
  /** The key as text, `<name>+<id in hex>+<base64 of type and public key>`. */
  readonly vkey: string;
}

/**
 * Reads a verifier key (C2SP signed-note v1.0.0, Verifier keys) of the types 0x01, 0x04 and 0x06.
 *
 * @throws `AuditError` `invalid_evidence` when it is none, is of another type, or its id is not that of the key.
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  const [, name = "", id = "", encoded = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(vkey) ?? [];
  const bytes = bytesOfBase64(encoded);
  if (!isKeyName(name) || bytes === undefined)
    throw invalidEvidence("verifier key: expected <name>+<key id in hex>+<base64>");
  const type = bytes[0] ?? 0;
  const algorithm = SIGNATURE_TYPES.get(type);
  if (algorithm === undefined)
    throw invalidEvidence(`verifier key: signature type ${type} is not supported`);
  if (bytes.length !== 1 + ALGORITHMS[algorithm].publicKeyBytes)
    throw invalidEvidence(`verifier key: expected a public key of ${algorithm}`);
  const key = verifierKey(name, type as SignatureType, algorithm, bytes.subarray(1));
  if (key.id !== Number.parseInt(id, 16))
    throw invalidEvidence("verifier key: its key id is not that of its name and public key");
  return key;
}

/**
 * The verifier key of a name and a public key: type 0x01 for Ed25519, 0x06 for ML-DSA-44.
 *
 * @throws `AuditError` `invalid_options` for a name that no key can have and a key of another algorithm.
 */
export function verifierKeyOf(name: string, publicKey: KeyObject): VerifierKey {
  if (!isKeyName(name))
    throw invalidOption("name", 'expected a key name without white space and "+"');
  const keyType: string | undefined = publicKey.asymmetricKeyType; // the typings of Node 22 know of no ML-DSA
  for (const [type, algorithm] of SIGNATURE_TYPES) {
    if (algorithm !== keyType) continue;
    const spki = publicKey.export({ format: "der", type: "spki" });
    const raw = spki.subarray(ALGORITHMS[algorithm].spkiPrefix.length);
    return verifierKey(name, type as SignatureType, algorithm, raw);
  }
  throw invalidOption("publicKey", "expected a key of Ed25519 or ML-DSA-44");
}

/**
 * The public key as `node:crypto` takes it, or undefined where this Node has not its algorithm: ML-DSA-44 needs Node 24
 * or later, with OpenSSL 3.5.
 */
export function publicKeyObject(key: VerifierKey): KeyObject | undefined {
  const spki = Buffer.concat([ALGORITHMS[key.algorithm].spkiPrefix, key.publicKey]);
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    // Any 32 and any 1312 bytes are a key to OpenSSL; what is left is that it does not know the algorithm.
    return undefined;
  }
}

function verifierKey(
  name: string,
  type: SignatureType,
  algorithm: KeyAlgorithm,
  publicKey: Buffer,
): VerifierKey {
  const typed = Buffer.concat([Uint8Array.of(type), publicKey]);
  const id = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typed]), "hex").slice(0, 8);
  const vkey = `${name}+${id}+${base64(typed)}`;
  return { name, algorithm, type, id: Number.parseInt(id, 16), publicKey, vkey };
}

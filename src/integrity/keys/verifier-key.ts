import type { KeyObject } from "node:crypto";
import { sha256Hex } from "../../entry/sha256.js";
import { invalidEvidence, invalidOption } from "../../errors.js";
import { base64, bytesOfBase64, isKeyName } from "../note/signed-note.js";

/** The signature algorithms of keys. */
export type KeyAlgorithm = "ed25519" | "ml-dsa-44";

/**
 * The assigned byte of a signature type (C2SP signed-note v1.0.0, Signature types): 0x01 is Ed25519
 * over the text of the note, 0x04 a cosignature with a time by Ed25519, 0x06 one by ML-DSA-44.
 */
export type SignatureType = 0x01 | 0x04 | 0x06;

/** A public key with its name. It verifies signatures of notes. */
export interface VerifierKey {
  /** The name in its signature lines. A key of a log has the log's origin as its name. */
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

/** The bytes of an algorithm. */
export interface AlgorithmBytes {
  /** The length of the raw public key. */
  readonly publicKeyBytes: number;
  /** The length of a signature. */
  readonly signatureBytes: number;
  /**
   * What comes before the raw key in its SubjectPublicKeyInfo (RFC 8410 section 4, RFC 9881 section
   * 4).
   */
  readonly spkiPrefix: Uint8Array;
}

/** Lengths of RFC 8032 section 5.1 and FIPS 204 table 2. */
export const ALGORITHMS: Readonly<Record<KeyAlgorithm, AlgorithmBytes>> = {
  ed25519: {
    publicKeyBytes: 32,
    signatureBytes: 64,
    spkiPrefix: Buffer.from("302a300506032b6570032100", "hex"),
  },
  "ml-dsa-44": {
    publicKeyBytes: 1312,
    signatureBytes: 2420,
    spkiPrefix: Buffer.from("30820532300b06096086480165030403110382052100", "hex"),
  },
};

/** The algorithm of each signature type that is supported. */
const SIGNATURE_TYPES: ReadonlyMap<number, KeyAlgorithm> = new Map([
  [0x01, "ed25519"],
  [0x04, "ed25519"],
  [0x06, "ml-dsa-44"],
]);

/**
 * The encodings of the eight points of small order of Ed25519, also those with a y of 2^255 - 19 or
 * more, without the bit of the sign. With such a key, one signature is valid for any message
 * (Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020, section 3). OpenSSL 3.0, of
 * Node 22, takes these keys.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

function isOfSmallOrder(publicKey: Uint8Array): boolean {
  const unsigned = Buffer.from(publicKey);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(unsigned.toString("hex"));
}

/** Whether signatures of the type sign a time, 8 bytes of POSIX seconds that come before them. */
export function isTimestamped(type: SignatureType): boolean {
  return type !== 0x01;
}

/**
 * Reads a verifier key (C2SP signed-note v1.0.0, Verifier keys) of the types 0x01, 0x04 and 0x06.
 *
 * @throws `AuditError` `invalid_evidence` if it is not a verifier key, has another type, has an id
 * that does not match the key, or is of small order.
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
  if (algorithm === "ed25519" && isOfSmallOrder(bytes.subarray(1)))
    throw invalidEvidence("verifier key: a public key of small order proves nothing");
  const key = verifierKey(name, type as SignatureType, algorithm, bytes.subarray(1));
  if (key.id !== Number.parseInt(id, 16))
    throw invalidEvidence("verifier key: its key id does not match its name and public key");
  return key;
}

/**
 * Makes the verifier key of a name and a public key: type 0x01 for Ed25519, 0x06 for ML-DSA-44.
 *
 * @throws `AuditError` `invalid_options` for a name that no key can have, or a key of another
 * algorithm.
 */
export function verifierKeyOf(name: string, publicKey: KeyObject): VerifierKey {
  if (!isKeyName(name))
    throw invalidOption("name", 'expected a key name without white space and "+"');
  // The types of Node 22 do not have ML-DSA.
  const keyType: string | undefined = publicKey.asymmetricKeyType;
  for (const [type, algorithm] of SIGNATURE_TYPES) {
    if (algorithm !== keyType) continue;
    const spki = publicKey.export({ format: "der", type: "spki" });
    const raw = spki.subarray(ALGORITHMS[algorithm].spkiPrefix.length);
    return verifierKey(name, type as SignatureType, algorithm, raw);
  }
  throw invalidOption("publicKey", "expected a key of Ed25519 or ML-DSA-44");
}

function verifierKey(
  name: string,
  type: SignatureType,
  algorithm: KeyAlgorithm,
  publicKey: Buffer,
): VerifierKey {
  const typed = Buffer.concat([Uint8Array.of(type), publicKey]);
  const id = sha256Hex(Buffer.concat([Buffer.from(`${name}\n`), typed])).slice(0, 8);
  const vkey = `${name}+${id}+${base64(typed)}`;
  return { name, algorithm, type, id: Number.parseInt(id, 16), publicKey, vkey };
}

/** The id of a key as people see it, 8 hexadecimal digits. */
export function keyIdHex(keyId: number): string {
  return keyId.toString(16).padStart(8, "0");
}

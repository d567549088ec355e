/** The signature algorithms of keys. */
export type KeyAlgorithm = "ed25519" | "ml-dsa-44";

/**
 * The assigned byte of a signature type (C2SP signed-note v1.0.0, Signature types): 0x01 is Ed25519 over the note text,
 * 0x04 a cosignature with a time by Ed25519, 0x06 one by ML-DSA-44.
 */
export type SignatureType = 0x01 | 0x04 | 0x06;

/** What is known of an algorithm's bytes. */
export interface AlgorithmSizes {
  /** Of the raw public key. */
  readonly publicKeyBytes: number;
  /** Of the signature. */
  readonly signatureBytes: number;
  /** What stands before the raw key in its SubjectPublicKeyInfo (RFC 8410 section 4, RFC 9881 section 4). */
  readonly spkiPrefix: Uint8Array;
}

/** The signature types that can be read, and what they are made with. */
export const SIGNATURE_TYPES: ReadonlyMap<number, KeyAlgorithm> = new Map([
  [0x01, "ed25519"],
  [0x04, "ed25519"],
  [0x06, "ml-dsa-44"],
]);

/** Whether 8 bytes of POSIX seconds stand before a signature of the type, and are signed with it. */
export function isTimestamped(type: SignatureType): boolean {
  return type !== 0x01;
}

/** Sizes of RFC 8032 section 5.1 and FIPS 204 table 2. */
export const ALGORITHMS: Readonly<Record<KeyAlgorithm, AlgorithmSizes>> = {
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

import { type Checkpoint, signedText } from "./checkpoint.js";
import type { VerifierKey } from "./keys/verifier-key.js";

const LABEL = Buffer.from("subtree/v1\n\0");
const TIMESTAMP_BYTES = 8;

/**
 * The bytes that a key signs for a checkpoint. Type 0x01 signs the text of the note (C2SP
 * signed-note v1.0.0, Ed25519 signatures). Type 0x04 signs it after a header and the time. Type
 * 0x06 signs a binary structure (tlog-cosignature v1.1.0-rc.1, Ed25519 and ML-DSA-44 signed
 * message).
 *
 * @param seconds - POSIX time of the signature, or 0 for no time. Type 0x01 does not use it.
 * @returns Undefined if type 0x06 cannot sign it: the origin or the key's name is longer than 255
 * bytes.
 */
export function signedMessage(
  key: VerifierKey,
  checkpoint: Checkpoint,
  seconds: number,
): Buffer | undefined {
  if (key.type === 0x01) return Buffer.from(signedText(checkpoint));
  if (key.type === 0x04)
    return Buffer.from(`cosignature/v1\ntime ${seconds}\n${signedText(checkpoint)}`);
  const name = lengthPrefixed(key.name);
  const origin = lengthPrefixed(checkpoint.origin);
  if (name === undefined || origin === undefined) return undefined;
  return Buffer.concat([
    LABEL,
    name,
    uint64(seconds),
    origin,
    uint64(0),
    uint64(checkpoint.size),
    Buffer.from(checkpoint.rootHash, "hex"),
  ]);
}

/**
 * Puts the time before a signature, as the types 0x04 and 0x06 do (tlog-cosignature v1.1.0-rc.1,
 * Format).
 */
export function timestampedSignature(seconds: number, signature: Uint8Array): Buffer {
  return Buffer.concat([uint64(seconds), signature]);
}

/**
 * Takes a {@link timestampedSignature} apart. It may come from anybody, and have any length.
 *
 * @returns The seconds are NaN if a `Date` cannot hold them.
 */
export function splitTimestamp(bytes: Uint8Array): {
  readonly seconds: number;
  readonly signature: Uint8Array;
} {
  const padded = Buffer.alloc(TIMESTAMP_BYTES);
  padded.set(bytes.subarray(0, TIMESTAMP_BYTES));
  const date = new Date(Number(padded.readBigUInt64BE()) * 1000);
  return { seconds: date.getTime() / 1000, signature: bytes.subarray(TIMESTAMP_BYTES) };
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function lengthPrefixed(text: string): Buffer | undefined {
  const length = Buffer.byteLength(text);
  return length > 255 ? undefined : Buffer.concat([Uint8Array.of(length), Buffer.from(text)]);
}

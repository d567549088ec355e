import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { HEX } from "./buffer.js";

const ENCODER = new TextEncoder();

/** Does in a browser what `entry/sha256.ts` does in Node: the hash in hexadecimal. */
export function sha256Hex(input: string | Uint8Array): string {
  let hex = "";
  for (const byte of sha256(input)) hex += HEX[byte];
  return hex;
}

/**
 * Does in a browser what `entry/sha256.ts` does in Node: the hash as 32 bytes. WebCrypto hashes in
 * promises alone, and a promise for each line takes longer than hashing the line here.
 */
export function sha256(input: string | Uint8Array): Uint8Array {
  return nobleSha256(typeof input === "string" ? ENCODER.encode(input) : input);
}

/** Does in a browser what `entry/sha256.ts` does in Node: writes the hash to a place. */
export function sha256Into(input: Uint8Array, target: Uint8Array, at: number): void {
  target.set(nobleSha256(input), at);
}

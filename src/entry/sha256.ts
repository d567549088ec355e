import { hash } from "node:crypto";

/** The SHA-256 hash of bytes, or of a text in UTF-8, in hexadecimal. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash("sha256", input, "hex");
}

/**
 * The SHA-256 hash of bytes, or of a text in UTF-8, as 32 bytes.
 *
 * Made by way of a string, the bytes lie in Node's pool. A buffer of its own for each hash takes
 * four times as long (measured).
 */
export function sha256(input: string | Uint8Array): Uint8Array {
  return Buffer.from(hash("sha256", input, "binary"), "binary");
}

/** Writes the SHA-256 hash of bytes to a place of a buffer. Makes no other buffer. */
export function sha256Into(input: Uint8Array, target: Buffer, at: number): void {
  target.write(hash("sha256", input, "binary"), at, "binary");
}

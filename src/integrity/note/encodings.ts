import { HASH_BYTES, type Hash } from "../merkle/merkle-hash.js";

/** The base64 text of bytes, with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * The bytes of a base64 text. Undefined unless it is the one text that {@link base64} writes for
 * them (RFC 4648 section 3.5): with several ways to write it, the same evidence could have other
 * bytes.
 */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** The hash of a base64 text. Undefined where it does not have 32 bytes. */
export function hashOfBase64(text: string): Hash | undefined {
  const bytes = bytesOfBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * The number of an ASCII decimal. Undefined where it is not a number, has leading zeros, or is more
 * than 2^53 - 1.
 */
export function numberOfDecimal(text: string): number | undefined {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

import { HASH_BYTES, type Hash } from "../merkle/merkle-hash.js";

/** Base64 of RFC 4648 section 4, with padding. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * The bytes of a base64 text, or undefined.
 *
 * Only the one text that {@link base64} writes for them is taken (RFC 4648 section 3.5): evidence that could be written
 * in several ways would not be the same evidence byte for byte.
 */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** The hash that a base64 text stands for, or undefined where it is not one of 32 bytes. */
export function hashOfBase64(text: string): Hash | undefined {
  const bytes = bytesOfBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** The number of an ASCII decimal without leading zeros, or undefined where it is none or beyond 2^53 - 1. */
export function numberOfDecimal(text: string): number | undefined {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

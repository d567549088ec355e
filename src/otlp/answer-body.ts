import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** A longer answer is not read to its end, nor is one that becomes longer when it is decoded. */
export const MAX_ANSWER_BYTES = 65_536;

type Decode = (body: Uint8Array) => Uint8Array;

const LIMIT = { maxOutputLength: MAX_ANSWER_BYTES };

/** The content codings of RFC 9110 section 8.4.1, and Brotli (RFC 7932). */
const CODINGS: Readonly<Record<string, Decode>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, LIMIT),
  "x-gzip": (body) => gunzipSync(body, LIMIT),
  // some servers leave the zlib format out; its first byte has 8 as the method (RFC 1950)
  deflate: (body) => (((body[0] ?? 0) & 0x0f) === 8 ? inflateSync : inflateRawSync)(body, LIMIT),
  br: (body) => brotliDecompressSync(body, LIMIT),
};

/**
 * Undoes the content coding of an answer. Requests ask for none, but some proxies compress all the
 * same.
 *
 * @param coding - The Content-Encoding of the answer.
 * @returns Undefined if it cannot be decoded, or is longer than {@link MAX_ANSWER_BYTES}.
 */
export function decodedBody(body: Uint8Array, coding = "identity"): Uint8Array | undefined {
  if (body.length === 0) return body;
  const decode = Object.hasOwn(CODINGS, coding.toLowerCase())
    ? CODINGS[coding.toLowerCase()]
    : undefined;
  try {
    return decode?.(body);
  } catch {
    return undefined;
  }
}

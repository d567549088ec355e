/**
 * What the verifier uses of Node's `Buffer`, and nothing else. The build puts it in the place of
 * the global one.
 */

const ENCODER = new TextEncoder();
/** Node does not take a byte order mark away either. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
/** Each byte in hexadecimal. */
export const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);
/** `String.fromCharCode` takes so many arguments in every browser. */
const ARGUMENTS = 8192;

type Encoding = "utf8" | "hex" | "base64";

/** The bytes, with the methods of a Node buffer. */
export class Bytes extends Uint8Array<ArrayBuffer> {
  override toString(encoding: Encoding = "utf8"): string {
    if (encoding === "utf8") return DECODER.decode(this);
    if (encoding === "hex") return this.reduce((hex, byte) => hex + HEX[byte], "");
    let binary = "";
    for (let at = 0; at < this.length; at += ARGUMENTS)
      binary += String.fromCharCode(...this.subarray(at, at + ARGUMENTS));
    return btoa(binary);
  }

  /** Writes a text of hexadecimal digits at a place. */
  write(text: string, at: number, encoding: Encoding): void {
    this.set(bytesOf(text, encoding), at);
  }

  equals(other: Uint8Array): boolean {
    return compare(this, other) === 0;
  }

  readUInt32BE(at = 0): number {
    return this.#view.getUint32(at);
  }

  writeUInt32BE(value: number, at = 0): void {
    this.#view.setUint32(at, value);
  }

  readBigUInt64BE(at = 0): bigint {
    return this.#view.getBigUint64(at);
  }

  writeBigUInt64BE(value: bigint, at = 0): void {
    this.#view.setBigUint64(at, value);
  }

  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }
}

function zeros(size: number): Bytes {
  return new Bytes(new ArrayBuffer(size));
}

/**
 * The bytes of a text. Where it is not hexadecimal or base64, there are none: whoever reads such a
 * text writes the bytes again and compares.
 */
function bytesOf(text: string, encoding: Encoding): Bytes {
  if (encoding === "utf8") return Bytes.from(ENCODER.encode(text)) as Bytes;
  if (encoding === "hex") {
    if (!/^(?:[\da-f]{2})*$/i.test(text)) return zeros(0);
    const bytes = zeros(text.length / 2);
    for (let at = 0; at < bytes.length; at++)
      bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
    return bytes;
  }
  try {
    return Bytes.from(atob(text), (char) => char.charCodeAt(0)) as Bytes;
  } catch {
    return zeros(0);
  }
}

function from(
  value: string | ArrayBuffer | Uint8Array,
  second: Encoding | number = "utf8",
  length?: number,
): Bytes {
  if (typeof value === "string") return bytesOf(value, second as Encoding);
  if (value instanceof ArrayBuffer) return new Bytes(value, second as number, length);
  return Bytes.from(value) as Bytes;
}

function compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const bytes = zeros(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Stands in the place of Node's `Buffer`. */
export const Buffer = {
  from,
  compare,
  concat,
  alloc: (size: number, fill = 0): Bytes => zeros(size).fill(fill),
  of: (...bytes: readonly number[]): Bytes => Bytes.from(bytes) as Bytes,
  allocUnsafe: (size: number): Bytes => zeros(size),
  byteLength: (text: string): number => ENCODER.encode(text).length,
};

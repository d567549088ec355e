import { nanosOf } from "../record/sealed-record.js";

const INITIAL_BYTES = 65_536;

/** Shorter text is written unit by unit. To call `Buffer` for it would take longer (measured). */
const SHORT_TEXT = 48;

/** A unit of UTF-16 takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT = 3;

/** The most that a tag and a length take. All tags that we write take one byte. */
const PREFIX_BYTES = 6;

/**
 * Writes fields of protobuf messages (protobuf.dev, "Encoding") into one buffer, which grows. A tag
 * is the number of the field, times eight, plus the wire type of its value.
 */
export class ProtobufWriter {
  #buffer: Buffer;
  #end = 0;

  /** Writes from the start of the buffer on. */
  constructor(buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)) {
    this.#buffer = buffer;
  }

  /** How many bytes are written. */
  get length(): number {
    return this.#end;
  }

  /** What is written, in the buffer itself. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  /** A copy of what was written from there on. */
  copyFrom(start: number): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(start, this.#end));
  }

  /** Begins a message. Returns what {@link close} takes. */
  open(tag: number): number {
    this.#reserve(2);
    this.#buffer[this.#end++] = tag;
    return this.#end++; // for the length, which takes one byte in most messages
  }

  /** Ends a message: writes its length in front of it. */
  close(start: number): void {
    const length = this.#end - start - 1;
    if (length < 0x80) {
      this.#buffer[start] = length;
      return;
    }
    const more = lengthOfVarint(length) - 1;
    this.#reserve(more);
    this.#buffer.copyWithin(start + 1 + more, start + 1, this.#end);
    const end = this.#end + more;
    this.#end = start;
    this.#varint(length);
    this.#end = end;
  }

  /** Writes text in UTF-8. Half a surrogate pair becomes U+FFFD. */
  text(tag: number, value: string): void {
    this.#reserve(BYTES_PER_UNIT * value.length + PREFIX_BYTES);
    this.#buffer[this.#end++] = tag;
    if (value.length < SHORT_TEXT && this.#shortAscii(value)) return;
    const start = this.#end;
    // of ASCII, as most text is, the number of bytes is the number of units
    const guess = lengthOfVarint(value.length);
    const length = this.#buffer.write(value, start + guess, "utf8");
    const taken = lengthOfVarint(length);
    if (taken !== guess)
      this.#buffer.copyWithin(start + taken, start + guess, start + guess + length);
    this.#varint(length);
    this.#end += length;
  }

  #shortAscii(value: string): boolean {
    const buffer = this.#buffer;
    const { length } = value;
    let end = this.#end;
    buffer[end++] = length;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      buffer[end++] = unit;
    }
    this.#end = end;
    return true;
  }

  /** Writes bytes as the value of a field. */
  bytes(tag: number, value: Uint8Array): void {
    this.#reserve(value.length + PREFIX_BYTES);
    this.#buffer[this.#end++] = tag;
    this.#varint(value.length);
    this.#buffer.set(value, this.#end);
    this.#end += value.length;
  }

  /** Writes a whole field that was encoded before. */
  field(encoded: Uint8Array): void {
    this.#reserve(encoded.length);
    this.#buffer.set(encoded, this.#end);
    this.#end += encoded.length;
  }

  /** Writes bytes given as so many hexadecimal digits. Other text is left out. */
  hex(tag: number, value: string, digits: number): void {
    if (value.length !== digits) return;
    this.#reserve(digits / 2 + PREFIX_BYTES);
    const buffer = this.#buffer;
    let end = this.#end;
    buffer[end++] = tag;
    buffer[end++] = digits / 2;
    for (let i = 0; i < digits; i += 2) {
      const high = hexDigit(value.charCodeAt(i));
      const low = hexDigit(value.charCodeAt(i + 1));
      if (high === -1 || low === -1) return;
      buffer[end++] = (high << 4) | low;
    }
    this.#end = end;
  }

  /** Writes an integer from -2^63 to 2^63 - 1. */
  integer(tag: number, value: number): void {
    this.#reserve(11);
    this.#buffer[this.#end++] = tag;
    if (value >= 0) {
      this.#varint(value);
      return;
    }
    // two's complement in 64 bits, which takes ten bytes
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < 9; i++) {
      this.#buffer[this.#end++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#end++] = Number(rest);
  }

  /** Writes a number with a fraction. */
  double(tag: number, value: number): void {
    this.#reserve(9);
    this.#buffer[this.#end++] = tag;
    this.#end = this.#buffer.writeDoubleLE(value, this.#end);
  }

  /** Writes an unsigned integer in 32 bits. */
  fixed32(tag: number, value: number): void {
    this.#reserve(5);
    this.#buffer[this.#end++] = tag;
    this.#end = this.#buffer.writeUInt32LE(value, this.#end);
  }

  /**
   * Writes a time as nanoseconds in 64 bits. Fractions are cut off.
   *
   * @throws `RangeError` for parts that are not finite.
   */
  nanos(tag: number, seconds: number, nanos: number): void {
    this.#reserve(9);
    this.#buffer[this.#end++] = tag;
    // 10^9 is 512 times 1 953 125: in units of 512 ns, times until the year 2116 are exact
    const units = seconds * 1_953_125 + Math.floor(nanos / 512);
    if (!isCount(seconds) || !isCount(nanos) || !Number.isSafeInteger(units)) {
      const whole = BigInt.asUintN(64, nanosOf(Math.trunc(seconds), Math.trunc(nanos)));
      this.#end = this.#buffer.writeBigUInt64LE(whole, this.#end);
      return;
    }
    const high = Math.floor(units / 2 ** 23);
    this.#uint32((units - high * 2 ** 23) * 512 + (nanos % 512));
    this.#uint32(high);
  }

  #uint32(value: number): void {
    const buffer = this.#buffer;
    buffer[this.#end++] = value;
    buffer[this.#end++] = value >>> 8;
    buffer[this.#end++] = value >>> 16;
    buffer[this.#end++] = value >>> 24;
  }

  /** Writes a number that is not negative, seven bits a byte. */
  #varint(value: number): void {
    const buffer = this.#buffer;
    let rest = value;
    while (rest > 0xffff_ffff) {
      buffer[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      buffer[this.#end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.#end++] = rest;
  }

  #reserve(length: number): void {
    const needed = this.#end + length;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** How many bytes a length takes. */
function lengthOfVarint(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) length++;
  return length;
}

/** The value of a hexadecimal digit; -1 for another unit. */
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

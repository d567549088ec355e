import { randomFillSync } from "node:crypto";

/** UUIDs made at a time: one call for their random bytes and one for their digits. */
const BATCH = 256;

const BYTES = Buffer.alloc(16 * BATCH);
let digits = "";
let used = BATCH;

/**
 * A random UUID, version 4 of RFC 9562 section 5.4.
 *
 * As fast as `crypto.randomUUID`, but its string is flat. That one puts its string together of some twenty pieces, and
 * keeping them in a full log of 100 000 entries makes the garbage collector double the time of an append (measured).
 */
export function randomUuid(): string {
  if (used === BATCH) refill();
  const at = 32 * used++;
  // one join makes one flat string
  return [
    digits.slice(at, at + 8),
    digits.slice(at + 8, at + 12),
    digits.slice(at + 12, at + 16),
    digits.slice(at + 16, at + 20),
    digits.slice(at + 20, at + 32),
  ].join("-");
}

function refill(): void {
  randomFillSync(BYTES);
  for (let at = 0; at < BYTES.length; at += 16) {
    BYTES[at + 6] = ((BYTES[at + 6] as number) & 0x0f) | 0x40;
    BYTES[at + 8] = ((BYTES[at + 8] as number) & 0x3f) | 0x80;
  }
  digits = BYTES.toString("hex");
  used = 0;
}

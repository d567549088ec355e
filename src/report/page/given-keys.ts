import { rfc3339Millis } from "../../entry/timestamp.js";
import { AuditError } from "../../errors.js";
import type { PeriodKey } from "../../verify/options.js";

const PERIOD = /^(?<end>from|to)=(?<date>\d{4}-\d\d-\d\d)(?<time>T.*)?$/;

/** The keys in a text, one a line, as `quorumlog verify --key` reads a file of them. */
export function keyLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/**
 * Reads a line of a file of keys: a verifier key, and behind it `from=TIME`, `to=TIME` or
 * `witness`.
 *
 * @throws `AuditError` `invalid_options` for another word behind the key.
 */
export function keyOfLine(line: string): PeriodKey {
  const [vkey = "", ...words] = line.split(/\s+/);
  const key: { notBefore?: Date; notAfter?: Date; witness?: boolean } = {};
  for (const word of words) {
    if (word === "witness") {
      key.witness = true;
      continue;
    }
    const { end, date, time = "T00:00:00Z" } = PERIOD.exec(word)?.groups ?? {};
    const millis = rfc3339Millis(`${date}${time}`);
    if (millis === undefined)
      throw new AuditError(
        "invalid_options",
        `after a key expected from=2026-01-01, to=2026-06-30 or witness, not "${word}"`,
      );
    key[end === "from" ? "notBefore" : "notAfter"] = new Date(millis);
  }
  return { vkey, ...key };
}

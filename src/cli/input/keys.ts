import { resolve } from "node:path";
import { AuditError, invalidEvidence } from "../../errors.js";
import type { TrustedKey } from "../../integrity/check-signatures.js";
import { parseVerifierKey } from "../../integrity/keys/verifier-key.js";
import { keyFile } from "../../text/safe-text.js";
import type { CommandIo } from "../output/command-io.js";
import { isSystemError } from "../output/exit-code.js";
import { UsageError } from "./command.js";
import { parseMoment } from "./query-flags.js";
import { readWithin } from "./read-within.js";

/** What a verifier key begins with, and no path does. */
export const VKEY: RegExp = /^[^\s+]+\+[\da-f]{8}\+/;
const PERIOD = /^(?<end>from|to)=(?<time>.+)$/;

/**
 * Reads the keys of `--key`. Each value is a verifier key, or a file with one key a line, in which
 * empty lines and lines that begin with `#` are ignored. After a key may stand its period,
 * `from=2026-01-01 to=2026-06-30`, and `witness` for a key that speaks for no log. Throws
 * `UsageError`, `invalid_evidence`.
 */
export async function verifierKeys(
  values: readonly string[],
  io: CommandIo,
): Promise<TrustedKey[]> {
  const keys: TrustedKey[] = [];
  for (const value of values) {
    if (VKEY.test(value)) keys.push(keyOf(value, "--key", io.now()));
    else keys.push(...(await keysInFile(value, io)));
  }
  return keys;
}

async function keysInFile(path: string, io: CommandIo): Promise<TrustedKey[]> {
  const text = await textOf(path, io);
  if (text.includes("PRIVATE KEY-----"))
    throw invalidEvidence(`${path} is a private key; the public key is in the .vkey file`);
  const keys = text.split("\n").flatMap((line, index) => {
    const entry = line.trim();
    return entry === "" || entry.startsWith("#")
      ? []
      : [keyOf(entry, `${path}, line ${index + 1}`, io.now())];
  });
  if (keys.length === 0) throw invalidEvidence(`${path} holds no verifier key`);
  return keys;
}

async function textOf(path: string, { cwd }: CommandIo): Promise<string> {
  try {
    return (await readWithin(resolve(cwd, path))).toString("utf8");
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw error;
    throw new UsageError(
      `--key ${keyFile(path)} is neither a verifier key (<name>+<id>+<base64>) nor a file`,
    );
  }
}

function keyOf(text: string, place: string, now: Date): TrustedKey {
  const [vkey = "", ...words] = text.split(/\s+/);
  const key = keyIn(vkey, place);
  const period: { notBefore?: Date; notAfter?: Date; witness?: boolean } = {};
  for (const word of words) {
    if (word === "witness") {
      period.witness = true;
      continue;
    }
    const { end, time = "" } = PERIOD.exec(word)?.groups ?? {};
    if (end === undefined)
      throw new UsageError(
        `${place}: after a key expected from=TIME, to=TIME or witness, not "${word}"`,
      );
    period[end === "from" ? "notBefore" : "notAfter"] = parseMoment(time, `key ${end}=`, now);
  }
  return { key, ...period };
}

function keyIn(vkey: string, place: string): TrustedKey["key"] {
  try {
    return parseVerifierKey(vkey);
  } catch (cause) {
    throw new AuditError("invalid_evidence", `${place}: ${(cause as Error).message}`, { cause });
  }
}

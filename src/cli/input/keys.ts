import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { parseVerifierKey } from "../../integrity/keys/verifier-key.js";
import type { PeriodKey } from "../../verify/options.js";
import type { CommandIo } from "../output/command-io.js";
import { isSystemError } from "../output/exit-code.js";
import { UsageError } from "./command.js";
import { parseMoment } from "./moment.js";
import { readWithin } from "./read-within.js";

const VKEY = /^[^\s+]+\+[\da-f]{8}\+/;
const PERIOD = /^(?<end>from|to)=(?<time>.+)$/;

/**
 * The keys of `--key`: each a verifier key, or a file with one a line, where empty lines and those that begin with `#` say
 * nothing. Behind a key its period may stand, `from=2026-01-01 to=2026-06-30`. Throws `UsageError`, `invalid_evidence`.
 */
export async function verifierKeys(values: readonly string[], io: CommandIo): Promise<PeriodKey[]> {
  const keys: PeriodKey[] = [];
  for (const value of values) {
    if (VKEY.test(value)) keys.push(keyOf(value, "--key", io.now()));
    else keys.push(...(await keysInFile(value, io)));
  }
  return keys;
}

async function keysInFile(path: string, io: CommandIo): Promise<PeriodKey[]> {
  const text = await textOf(path, io);
  if (text.includes("PRIVATE KEY-----"))
    throw new AuditError(
      "invalid_evidence",
      `${path} is a private key; what verifies is in the .vkey file`,
    );
  const keys = text.split("\n").flatMap((line, index) => {
    const entry = line.trim();
    return entry === "" || entry.startsWith("#")
      ? []
      : [keyOf(entry, `${path}, line ${index + 1}`, io.now())];
  });
  if (keys.length === 0) throw new AuditError("invalid_evidence", `${path} holds no verifier key`);
  return keys;
}

async function textOf(path: string, { cwd }: CommandIo): Promise<string> {
  try {
    return (await readWithin(resolve(cwd, path))).toString("utf8");
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw error;
    throw new UsageError(
      `--key "${path}" is neither a verifier key (<name>+<id>+<base64>) nor a file that is there`,
    );
  }
}

function keyOf(text: string, place: string, now: Date): PeriodKey {
  const [vkey = "", ...words] = text.split(/\s+/);
  try {
    parseVerifierKey(vkey);
  } catch (cause) {
    throw new AuditError("invalid_evidence", `${place}: ${(cause as Error).message}`, { cause });
  }
  const period: { from?: Date; to?: Date } = {};
  for (const word of words) {
    const { end, time = "" } = PERIOD.exec(word)?.groups ?? {};
    if (end !== "from" && end !== "to")
      throw new UsageError(`${place}: "${word}" is no from=TIME or to=TIME behind a key`);
    period[end] = parseMoment(time, `key ${end}=`, now);
  }
  return { vkey, notBefore: period.from, notAfter: period.to };
}

import { resolve } from "node:path";
import { AuditError, invalidEvidence } from "../../errors.js";
import type { TrustedKey } from "../../integrity/check-signatures.js";
import { parseVerifierKey } from "../../integrity/keys/verifier-key.js";
import type { Signer } from "../../log/signer.js";
import { keyFile } from "../../text/safe-text.js";
import { isSystemError } from "../output/exit-code.js";
import { type CommandIo, UsageError } from "./command.js";
import { parseMoment } from "./flag-values.js";
import { readWithin } from "./given-file.js";

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
  const text = await keyText("key", path, io.cwd);
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

/**
 * The keys in files of `quorumlog keygen`, which `--sign` names. Throws `invalid_evidence` for a
 * file without a key, and what reading throws.
 */
export async function signersOf(paths: readonly string[], { cwd }: CommandIo): Promise<Signer[]> {
  const { Signer } = await import("../../log/signer.js");
  const signers: Signer[] = [];
  for (const path of paths.map((each) => resolve(cwd, each))) {
    const text = await keyText("sign", path, cwd);
    try {
      if (!text.includes("-----BEGIN ")) throw new Error("it is not PEM");
      signers.push(new Signer(text));
    } catch (cause) {
      throw new AuditError(
        "invalid_evidence",
        `${path} holds no private key that this version of Node can sign with; give a .pem ` +
          "file of quorumlog keygen",
        { cause },
      );
    }
  }
  return signers;
}

/** The text of a file of keys. Node's message has the path, which may be a key itself. */
async function keyText(flag: "key" | "sign", path: string, cwd: string): Promise<string> {
  try {
    return (await readWithin(resolve(cwd, path))).toString("utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const given = `--${flag} ${keyFile(path)}`;
    const isMissing = error.code === "ENOENT";
    if (isMissing && flag === "key")
      throw new UsageError(`${given} is neither a verifier key (<name>+<id>+<base64>) nor a file`);
    throw new AuditError(
      "invalid_evidence",
      isMissing
        ? `${given}: there is no such file; quorumlog keygen makes keys`
        : `${given} cannot be read: ${error.code}`,
    );
  }
}

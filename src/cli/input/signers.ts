import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import type { Signer } from "../../log/signer.js";
import { keyFile } from "../../text/safe-text.js";
import type { CommandIo } from "../output/command-io.js";
import { isSystemError } from "../output/exit-code.js";
import { readWithin } from "./read-within.js";

/**
 * The keys in files of `quorumlog keygen`, which `--sign` names. Throws `invalid_evidence` for a
 * file without a key, and what reading throws.
 */
export async function signersOf(paths: readonly string[], { cwd }: CommandIo): Promise<Signer[]> {
  const { Signer } = await import("../../log/signer.js");
  const signers: Signer[] = [];
  for (const path of paths.map((each) => resolve(cwd, each))) {
    const text = await textOf(path);
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

async function textOf(path: string): Promise<string> {
  try {
    return (await readWithin(path)).toString("utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // Node's message has the path, which may be a key itself
    throw new AuditError(
      "invalid_evidence",
      `--sign ${keyFile(path)} cannot be read: ${error.code}`,
    );
  }
}

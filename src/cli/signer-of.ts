import { resolve } from "node:path";
import { AuditError } from "../errors.js";
import { Signer } from "../log/signer.js";
import type { CommandIo } from "./command-io.js";
import { readWithin } from "./read-within.js";

/** The keys in files of `quorumlog keygen`. Throws `invalid_evidence` for what is no key, and what reading throws. */
export async function signerOf(paths: readonly string[], { cwd }: CommandIo): Promise<Signer> {
  const texts: string[] = [];
  for (const path of paths.map((each) => resolve(cwd, each))) {
    const text = (await readWithin(path)).toString("utf8");
    try {
      if (!text.includes("-----BEGIN ")) throw new Error("it is no PEM");
      new Signer(text);
    } catch (cause) {
      const message = `${path} holds no private key that this Node can sign with; give a .pem file of quorumlog keygen`;
      throw new AuditError("invalid_evidence", message, { cause });
    }
    texts.push(text);
  }
  return new Signer(texts);
}

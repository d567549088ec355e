import { existsSync, fsyncSync, mkdirSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileNameOf, logIdOf } from "../../entry/log-id.js";
import { AuditError, reasonOf } from "../../errors.js";
import { formatKeyFile, generateKeys } from "../../integrity/keys/key-generation.js";
import type { KeyAlgorithm } from "../../integrity/keys/verifier-key.js";
import { syncFolder, withoutLinks } from "../../journal/file/new-file.js";
import { registerIn } from "../../journal/tree/name-register.js";
import { visible, visibleLines } from "../../text/safe-text.js";
import { type Command, type CommandIo, defineCommand, UsageError } from "../input/command.js";
import { EXIT } from "../output/exit-code.js";
import { fileOf } from "../output/new-files.js";
import { jsonLine } from "../output/send.js";

/** A pair of keys, and the files that it is written to. */
interface KeyPair {
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  readonly privateKey: string;
  readonly verifierKey: string;
  /** The text of the secret file. */
  readonly pem: string;
  readonly vkey: string;
}

const ALGORITHMS: ReadonlyMap<string, readonly KeyAlgorithm[]> = new Map<
  string,
  readonly KeyAlgorithm[]
>([
  ["ed25519", ["ed25519"]],
  ["ml-dsa-44", ["ml-dsa-44"]],
  ["both", ["ed25519", "ml-dsa-44"]],
]);

const NO_ML_DSA = "this version of Node does not support ML-DSA-44; Node 24 and later do";

/** `quorumlog keygen`: the keys that a log signs its checkpoints with. */
export const keygen: Command = defineCommand({
  name: "keygen",
  about: "Makes the keys that sign checkpoints of a log, and those that verify them",
  operands: [],
  flags: {
    name: {
      type: "string",
      value: "LOG",
      about: "the id of the log, such as acme.example/governance",
    },
    out: {
      type: "string",
      short: "o",
      value: "DIR",
      about: "the folder for the files, made if there is none; - is stdout, for one key",
    },
    algorithm: {
      type: "string",
      value: "NAME",
      about: "ed25519, ml-dsa-44 or both; by default what this version of Node supports",
    },
  },
  details: [
    "Each key is two files. The .pem file is secret, not encrypted, and readable only by its owner. The",
    ".vkey file is for everyone who verifies, and stdout gets its content. ML-DSA-44 withstands quantum",
    "computers too, and needs Node 24. No file is ever replaced. The app notes in the .signed file which",
    "journal it has signed, so that no second journal is signed under the same name.",
  ],
  examples: [
    {
      line: "quorumlog keygen --name acme.example/governance --out keys",
      about: "the keys of a log",
    },
  ],
  async run({ flags: { name: given, out, algorithm }, json }, io) {
    if (given === undefined)
      throw new UsageError("--name is missing: the id of the log that signs");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the key files");
    const name = nameOf(given);
    const folder = resolve(io.cwd, fileOf(out) ?? "");
    const pairs = algorithmsOf(algorithm).flatMap((each) => {
      const pair = keyPair(name, each, folder);
      // ML-DSA-44 is required only if it was asked for
      if (pair === undefined && algorithm !== undefined) throw new UsageError(NO_ML_DSA);
      return pair ?? [];
    });
    if (fileOf(out) === undefined) {
      await toStdout(pairs, json, io);
      return EXIT.done;
    }
    mkdirSync(withoutLinks(folder), { recursive: true, mode: 0o700 });
    const register = registerIn(folder, name);
    const isNew = !existsSync(register); // a key of another algorithm may be there already
    await writeKeyFiles([
      ...pairs.flatMap(({ privateKey, pem, verifierKey, vkey }) => [
        { path: privateKey, text: pem, mode: 0o600 },
        { path: verifierKey, text: `${vkey}\n`, mode: 0o644 },
      ]),
      ...(isNew ? [{ path: register, text: "", mode: 0o600 }] : []),
    ]);
    // a pipe gets the bytes of the key, with the name as it is
    const show = io.stdout.isTerminal ? visible : (text: string) => text;
    for (const { pem: _, ...pair } of pairs)
      await io.stdout.write(json ? jsonLine(pair) : `${show(pair.vkey)}\n`);
    if (algorithm === undefined && pairs.length === 1) await io.stderr.write(`${NO_ML_DSA}\n`);
    await io.stderr.write(visibleLines(whatNext(pairs)));
    return EXIT.done;
  },
});

/** Writes secret keys for a program that keeps them, and no file. Throws `UsageError`. */
async function toStdout(pairs: readonly KeyPair[], json: boolean, io: CommandIo): Promise<void> {
  if (json) {
    for (const { name, algorithm, pem, vkey } of pairs)
      await io.stdout.write(jsonLine({ name, algorithm, pem, vkey }));
    return;
  }
  const [pair] = pairs;
  if (pair === undefined || pairs.length > 1)
    throw new UsageError("--out - writes one key: choose one with --algorithm, or use --json");
  await io.stdout.write(pair.pem);
  await io.stderr.write(visible(`For everyone who verifies: ${pair.vkey}`).concat("\n"));
}

function nameOf(text: string): string {
  try {
    return logIdOf(text) ?? text;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new UsageError(`--name "${text}": ${reasonOf(error)}`);
  }
}

function algorithmsOf(text = "both"): readonly KeyAlgorithm[] {
  const algorithms = ALGORITHMS.get(text);
  if (algorithms !== undefined) return algorithms;
  throw new UsageError(`--algorithm "${text}" is none of ${[...ALGORITHMS.keys()].join(", ")}`);
}

/** A new pair; undefined if this version of Node does not support the algorithm. */
function keyPair(name: string, algorithm: KeyAlgorithm, folder: string): KeyPair | undefined {
  const base = join(folder, `${fileNameOf(name)}.${algorithm}`);
  try {
    const { privateKeyPem, vkey } = generateKeys(name, algorithm);
    const pem = formatKeyFile(name, privateKeyPem);
    return { name, algorithm, privateKey: `${base}.pem`, verifierKey: `${base}.vkey`, pem, vkey };
  } catch (error) {
    if (error instanceof AuditError && error.field === "algorithm") return undefined;
    throw error;
  }
}

function whatNext(pairs: readonly KeyPair[]): string {
  const signer = pairs.map(({ privateKey }) => JSON.stringify(privateKey)).join(", ");
  return [
    "Secret, only for the app, which signs with:",
    `  new GovernanceAuditLog({ journal: "governance.db", signer: [${signer}] })`,
    "For everyone who verifies; hand it over in a way that they trust:",
    ...pairs.map(({ verifierKey }) => `  ${verifierKey}`),
    "",
  ].join("\n");
}

/** A file of a key. */
export interface KeyFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes new files and syncs them, all or none. Their modes hold from the start, so that no secret
 * is ever readable by others. Throws `UsageError` if there is something already.
 */
export async function writeKeyFiles(files: readonly KeyFile[]): Promise<void> {
  const made: { readonly path: string; readonly handle: FileHandle }[] = [];
  try {
    for (const { path, mode } of files) made.push({ path, handle: await open(path, "wx", mode) });
    for (const [index, { handle }] of made.entries()) {
      await handle.writeFile(files[index]?.text ?? "");
      fsyncSync(handle.fd); // under Yarn's Plug'n'Play, a handle has no sync()
    }
  } catch (error) {
    for (const { path } of made) await rm(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const path = files[made.length]?.path;
    throw new UsageError(
      `${path} is there already, and no key is ever replaced; choose another folder`,
    );
  } finally {
    for (const { handle } of made) await handle.close();
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
}

import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import type { EvidenceSource } from "../../integrity/evidence.js";
import { splitNotes } from "../../integrity/note/signed-note.js";
import { bundleSource, tlogProofSource } from "../../verify/bundle-source.js";
import { ndjsonSource } from "../../verify/ndjson-source.js";
import type { CommandIo } from "../output/command-io.js";
import { UsageError } from "./command.js";
import { readJournal } from "./journals.js";
import { bytesWithin, readWithin } from "./read-within.js";

/**
 * The most that is read of a bundle, a proof or a file of checkpoints, where a journal and an export are not held in memory:
 * checkpoints with both signatures are some 75,000, seven weeks of one a minute.
 */
const MAX_BYTES = 256 * 1024 * 1024;

/** What is to be verified, and what was given beside it. */
export interface EvidenceFile {
  readonly path: string;
  /** Files of checkpoints. */
  readonly checkpoints: readonly string[];
  /** The file of the line that a proof is of. */
  readonly line: string | undefined;
}

/** What the work gets. */
export interface OpenedEvidence {
  readonly source: EvidenceSource;
  /** Signed notes from other files; they are evidence too. */
  readonly notes: readonly string[];
}

/**
 * Opens evidence by what the file holds: a journal, an export, a bundle, a proof; and closes it after the work. Throws
 * `invalid_evidence`, `journal_failed`, `UsageError`, and what reading throws.
 */
export async function withEvidence<T>(
  { path, checkpoints, line }: EvidenceFile,
  io: CommandIo,
  work: (evidence: OpenedEvidence) => Promise<T>,
): Promise<T> {
  const absolute = resolve(io.cwd, path);
  const file = await open(absolute);
  try {
    const head = await headOf(file);
    const kind = kindOf(head);
    if (line !== undefined && kind !== "proof")
      throw new UsageError("--line goes with a tlog-proof file alone");
    const beside = kind === "lines" ? await notesOf(`${absolute}.checkpoint`, true) : [];
    const given = await Promise.all(checkpoints.map((each) => notesOf(resolve(io.cwd, each))));
    const notes = [...beside, ...given.flat()];
    if (kind === "journal") {
      // closed first: closing it later would take away the locks that SQLite has on it
      await file.close();
      return await readJournal(path, io, (journal) => work({ source: journal.evidence(), notes }));
    }
    const lineBytes = line === undefined ? undefined : await lineOf(resolve(io.cwd, line));
    return await work({ source: await sourceOf(kind, chunks(head, file), lineBytes), notes });
  } finally {
    await file.close();
  }
}

async function sourceOf(
  kind: Exclude<EvidenceKind, "journal">,
  bytes: AsyncIterable<Buffer>,
  line: Uint8Array | undefined,
): Promise<EvidenceSource> {
  switch (kind) {
    case "lines":
      return ndjsonSource(bytes);
    case "bundle":
      return bundleSource(await whole(bytes));
    case "proof":
      return tlogProofSource(await whole(bytes), line);
  }
}

async function headOf(file: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  let length = 0;
  while (length < HEAD_BYTES) {
    const { bytesRead } = await file.read(head, length, HEAD_BYTES - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return head.subarray(0, length);
}

async function* chunks(head: Buffer, file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  yield head;
  yield* file.createReadStream({ autoClose: false });
}

async function whole(bytes: AsyncIterable<Buffer>): Promise<string> {
  return (await bytesWithin(bytes, "it", MAX_BYTES)).toString("utf8");
}

/** The signed notes in a file. */
export async function notesOf(path: string, optional = false): Promise<string[]> {
  try {
    return splitNotes((await readWithin(path, MAX_BYTES)).toString("utf8"));
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The line in a file, without its end. */
async function lineOf(path: string): Promise<Uint8Array> {
  const bytes = await readWithin(path);
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

/** What a file of evidence is; `lines` is an export as NDJSON. */
type EvidenceKind = "journal" | "lines" | "bundle" | "proof";

/** So much of its beginning tells. */
const HEAD_BYTES = 1024;

const JOURNAL = /^SQLite format 3\0/;
const PROOF = /^c2sp\.org\/tlog-proof/;
/** An object that begins with a key of a bundle, which no canonical line has. */
const BUNDLE = /^\s*\{\s*"(?:format|version|origin|checkpoint|entries)"/;
/** An array of objects, or of nothing: a line of which one bit was turned begins with a bracket too, and is no export as JSON. */
const OTHER_EXPORT = /^\s*\[\s*[{\]]|^sequence,timestamp,operation,/;
const CHECKPOINT = /^[^\n]+\n\d+\n[\w+/]{43}=\n/;

/**
 * Tells what a file is by its first bytes. What is nothing of all is taken for lines, and the verifier says what is wrong
 * with them. Throws `invalid_evidence` for what of ours cannot be verified.
 */
function kindOf(head: Uint8Array): EvidenceKind {
  const text = Buffer.from(head).toString("latin1");
  if (JOURNAL.test(text)) return "journal";
  if (PROOF.test(text)) return "proof";
  if (BUNDLE.test(text)) return "bundle";
  if (OTHER_EXPORT.test(text))
    throw new AuditError(
      "invalid_evidence",
      "an export as JSON or CSV does not hold the lines that were signed; verify the journal, or an export as ndjson",
    );
  if (CHECKPOINT.test(text))
    throw new AuditError(
      "invalid_evidence",
      "it is a checkpoint; verify the journal or export that it is of, and give it with --checkpoint or --trusted",
    );
  return "lines";
}

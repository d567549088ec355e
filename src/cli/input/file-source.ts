import { resolve } from "node:path";
import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import { AuditError, invalidEvidence } from "../../errors.js";
import { parseCheckpoint } from "../../integrity/checkpoint.js";
import {
  BlockSource,
  blocksOf,
  type EvidenceItem,
  type EvidenceSource,
} from "../../integrity/evidence.js";
import { parseBundle } from "../../integrity/evidence-bundle.js";
import { evidenceKindOf } from "../../integrity/evidence-kind.js";
import { mendedNotes, splitNotes } from "../../integrity/note/signed-note.js";
import { parseTlogProof } from "../../integrity/tlog-proof.js";
import { FileIdentity } from "../../journal/file/file-watch.js";
import { withoutLinks } from "../../journal/file/new-file.js";
import type { Journal } from "../../journal/journal.js";
import { embeddedEvidence } from "../../report/embedded-evidence.js";
import { bundleSource, tlogProofSource } from "../../verify/bundle-source.js";
import { mendedLines, ndjsonSource, withoutMark } from "../../verify/ndjson-source.js";
import { type CommandIo, UsageError } from "./command.js";
import {
  bytesWithin,
  chunks,
  givenFile,
  headOf,
  isJournal,
  openFile,
  RereadFile,
  readWithin,
} from "./given-file.js";
import { entriesInOrder, HeldEntries } from "./held-entries.js";
import {
  assertLog,
  type ClosedSource,
  idsEndingIn,
  type Source,
  type SourceCheckpoint,
  type SourceKind,
  withTime,
} from "./source.js";

/**
 * The most that is read of a file of checkpoints, which is held in memory. For checkpoints with
 * both signatures, this is some 75,000: seven weeks of one a minute.
 */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The most that is read of a bundle or a proof, which takes ten times as much memory (measured).
 */
const MAX_PROOF_BYTES = 64 * 1024 * 1024;

/** A file that a command reads. */
export interface SourceFile {
  readonly path: string;
  /** The log that `--log` says. */
  readonly logId: string | undefined;
  /** The file of the line that a tlog-proof is about. */
  readonly line: string | undefined;
  /** What a file of unknown content is taken for; undefined to refuse it. */
  readonly unknown: "journal" | "export" | undefined;
}

/** A journal, an export, a bundle or a proof, recognized by its content. */
export function fileSource(file: SourceFile, io: CommandIo): ClosedSource {
  const { path } = file;
  return { name: path, named: { path }, open: (work) => withFile(file, io, work) };
}

async function withFile<T>(
  { path, logId, line, unknown }: SourceFile,
  io: CommandIo,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const absolute = resolve(io.cwd, path);
  if (line === undefined && isJournal(absolute)) return ofJournal();
  const file = await openFile(absolute, unknown === "export");
  try {
    const head = await headOf(file);
    if (head.length === 0 && unknown !== "export")
      throw invalidEvidence(
        `${path} is empty: it holds no entry, and may be what is left of a journal`,
      );
    const kind = kindOf(head) ?? unknown;
    if (line !== undefined && kind !== "proof")
      throw new UsageError("--line goes with a tlog-proof file alone");
    if (kind === "journal") {
      // closed first: closing it later would take away the locks that SQLite has on it
      await file.close();
      return await ofJournal();
    }
    if (kind === undefined)
      throw invalidEvidence(
        `${path} is damaged, or is not a journal, an export as NDJSON, an evidence bundle, a ` +
          "tlog-proof or a report",
      );
    const readLine = line === undefined ? undefined : () => lineIn(line, io.cwd);
    // verify reads once
    const reread = unknown === "export" ? undefined : new RereadFile(file, path, io);
    const bytes = () => reread?.read() ?? chunks(head, file, io);
    const evidence = await evidenceOf(kind, bytes, absolute, readLine);
    // a report holds a bundle
    const held = kind === "report" ? "bundle" : kind;
    const source = heldSource(held, { path, logId }, evidence, io);
    const { comparedPage } = evidence;
    return await work(comparedPage === undefined ? source : { ...source, comparedPage });
  } finally {
    await file.close();
  }

  async function ofJournal(): Promise<T> {
    // loaded here, since the other files do not need it
    const { Journal } = await import("../../journal/journal.js");
    const journal = Journal.open(absolute, { readOnly: true });
    try {
      return await work(journalSource(journal, path, logId));
    } finally {
      journal.close();
    }
  }
}

/** What is in a file of evidence. */
interface FileEvidence {
  readonly notes: readonly string[];
  readonly evidence: () => EvidenceSource;
  readonly comparedPage?: Source["comparedPage"];
}

async function evidenceOf(
  kind: Exclude<SourceKind, "journal" | "loki"> | "report",
  bytes: () => AsyncIterable<Buffer>,
  path: string,
  readLine: (() => Promise<Uint8Array>) | undefined,
): Promise<FileEvidence> {
  switch (kind) {
    case "export": {
      const notes = await notesBeside(path);
      return { notes, evidence: () => withNotes(notes, ndjsonSource(mendedLines(bytes()))) };
    }
    case "bundle":
      return bundleEvidence(await whole(bytes()));
    case "report": {
      // no line of a report ends in a carriage return, and a browser does not read them either
      const html = (await whole(bytes())).replaceAll("\r\n", "\n");
      const comparedPage = async () =>
        (await import("../../report/compared-page.js")).comparedPage(html);
      return { ...bundleEvidence(await embeddedEvidence(html)), comparedPage };
    }
    case "proof": {
      const line = await readLine?.();
      const text = mendedNotes(await whole(bytes()));
      const { checkpoint } = parseTlogProof(text);
      return { notes: [checkpoint], evidence: () => tlogProofSource(text, line) };
    }
  }
}

function bundleEvidence(text: string): FileEvidence {
  return { notes: [parseBundle(text).checkpoint], evidence: () => bundleSource(text) };
}

/** The source with more checkpoints in front of it. */
export function withNotes(notes: readonly string[], source: EvidenceSource): EvidenceSource {
  async function* blocks(): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
    yield notes.map((note) => ({ kind: "checkpoint", note, kept: true }));
    yield* blocksOf(source);
  }
  return new BlockSource(blocks, source);
}

/**
 * A file of evidence as a source, whose entries are read into memory when a command asks for them.
 */
function heldSource(
  kind: SourceKind,
  { path: name, logId }: Pick<SourceFile, "path" | "logId">,
  { notes, evidence }: FileEvidence,
  { signal }: CommandIo,
): Source {
  let held: Promise<HeldEntries> | undefined;
  const passed = new Map<ColumnName, Set<string>>();
  const reader = async (): Promise<HeldEntries> => {
    held ??= HeldEntries.of(evidence(), signal);
    const entries = await held;
    if (entries.logId !== undefined) assertLog(logId, entries.logId, name);
    return entries;
  };
  const values = async (column: ColumnName): Promise<ReadonlySet<string>> =>
    passed.get(column) ?? (await reader()).values(column);
  async function* pass(
    columns: readonly ColumnName[],
  ): AsyncGenerator<readonly AuditEntry[], void, undefined> {
    const seen = columns.map((column) => [column, new Set<string>()] as const);
    for await (const { log, entries } of entriesInOrder(evidence(), signal)) {
      assertLog(logId, log, name);
      for (const [column, set] of seen)
        for (const { [column]: value } of entries) if (value !== undefined) set.add(value);
      yield entries;
    }
    for (const [column, set] of seen) passed.set(column, set);
  }
  const checkpoints = (): SourceCheckpoint[] => {
    const parsed = notes.map(parseCheckpoint);
    for (const { origin } of parsed) assertLog(logId, origin, name);
    return parsed.sort((a, b) => a.size - b.size);
  };
  return {
    kind,
    name,
    ...(kind === "export" ? { pass, passed: (column: ColumnName) => passed.get(column) } : {}),
    reader,
    values,
    idsEndingIn: async (column, text, most) => idsEndingIn(await values(column), text, most),
    logId: async () => (await reader()).logId,
    end: async () => (await reader()).end,
    newestCheckpoint: () => checkpoints().at(-1),
    checkpoints,
    evidence,
  };
}

/**
 * What a file is; undefined for unknown content. Throws `invalid_evidence` for files that no
 * command reads.
 */
function kindOf(head: Buffer): Exclude<SourceKind, "loki"> | "report" | undefined {
  const kind = evidenceKindOf(withoutMark(head).toString("latin1"));
  if (kind === "other export")
    throw invalidEvidence(
      "an export as JSON or CSV does not hold the lines that the log signed; give the " +
        "journal, or an export as NDJSON",
    );
  if (kind === "checkpoint")
    throw invalidEvidence(
      "it is a checkpoint; give the journal or the export that it covers, and the checkpoint " +
        "with --checkpoint or --trusted",
    );
  if (kind === "key")
    throw invalidEvidence("it is a public key; give the evidence, and the key with --key");
  return kind;
}

async function whole(bytes: AsyncIterable<Buffer>): Promise<string> {
  return withoutMark(await bytesWithin(bytes, "it", MAX_PROOF_BYTES)).toString("utf8");
}

/**
 * The signed notes in a file.
 *
 * @param optional - True to answer none where there is no such file.
 */
export async function notesOf(path: string, optional = false): Promise<string[]> {
  try {
    return splitNotes((await readWithin(path, MAX_BYTES)).toString("utf8"));
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * The checkpoints beside an export. If its name is a symbolic link, they may be where it leads:
 * `export` writes them there.
 */
async function notesBeside(path: string): Promise<string[]> {
  const notes = await notesOf(`${path}.checkpoint`, true);
  return notes.length > 0 ? notes : notesOf(`${withoutLinks(path)}.checkpoint`, true);
}

/** The line in the file of `--line`, without its end and a byte order mark. */
async function lineIn(path: string, cwd: string): Promise<Uint8Array> {
  const bytes = withoutMark(await givenFile("line", path, cwd));
  const end = /\r?\n$/.exec(bytes.toString("latin1"));
  return end === null ? bytes : bytes.subarray(0, end.index);
}

/** A journal that is open to read, while an app may write to it. */
function journalSource(journal: Journal, name: string, logId: string | undefined): Source {
  const file = new FileIdentity(journal.path);
  let lastEnd: number | undefined;
  return {
    kind: "journal",
    name,
    journal,
    reader() {
      assertLog(logId, journal.logId, name);
      return journal;
    },
    values: (column) => journal.values(column),
    idsEndingIn: (column, text, most) => idsEndingIn(journal.values(column), text, most),
    logId: () => journal.logId,
    end() {
      const { length } = journal;
      // what was appended before is still to be shown
      if (length === lastEnd && !file.isKept)
        throw new AuditError(
          "journal_failed",
          `journal: ${journal.path} was deleted, moved or replaced`,
        );
      lastEnd = length;
      return length;
    },
    newestCheckpoint() {
      const newest = journal.newestCheckpoint();
      return newest && withTime(newest);
    },
    *checkpoints() {
      for (const each of journal.checkpoints()) yield withTime(each);
    },
    evidence: () => journal.evidence(),
  };
}

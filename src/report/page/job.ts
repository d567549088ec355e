import { COLUMNS } from "../../entry/columns.js";
import { readLine } from "../../entry/line.js";
import { AuditError } from "../../errors.js";
import type { EvidenceItem, EvidenceSource } from "../../integrity/evidence.js";
import { BlockSource, blocksOf } from "../../integrity/evidence.js";
import { type BundleEntry, parseBundle } from "../../integrity/evidence-bundle.js";
import { mendedNotes } from "../../integrity/note/signed-note.js";
import { visible } from "../../text/safe-text.js";
import { sourceOfBundle, tlogProofSource } from "../../verify/bundle-source.js";
import { mendedLines, ndjsonSource } from "../../verify/ndjson-source.js";
import { parseTrustedCheckpoint } from "../../verify/options.js";
import type { VerificationReport } from "../../verify/verification-report.js";
import { verify } from "../../verify/verify.js";
import { inUtc } from "../html.js";
import {
  checkpointsOf,
  type Evidence,
  type OpenEvidence,
  opened,
  type ShownEntry,
} from "./evidence.js";
import { keyOfLine } from "./given-keys.js";
import { type Tampered, type TamperPlace, tampered } from "./tamper.js";

/** What a browser leaves out when it checks a report. */
const NOT_COMPARED =
  "Of this page, only the table of entries was compared with the evidence. Summary, pictures, " +
  "sample, exceptions, cases and subjects were not. If the page has the whole log, quorumlog " +
  "verify report.html makes them again and compares them.";

/** One check, which a worker can be sent. */
export interface Job {
  readonly evidence: Evidence;
  /** Verifier keys that the reader gave, as lines of a file of keys. */
  readonly keys: readonly string[];
  /** Checkpoints that the reader kept. */
  readonly kept: readonly string[];
  /** Where to change one byte first, to show that the check can fail. */
  readonly tamper?: TamperPlace;
}

/** What a check came to. */
export type Outcome =
  | {
      readonly report: VerificationReport;
      /** Whether the evidence came in a report, which shows more than the evidence. */
      readonly ofPage: boolean;
      /** Whether the verdicts rest on the checkpoint of the evidence, which nobody vouches for. */
      readonly assumed: boolean;
      readonly tampered: Tampered | undefined;
      readonly millis: number;
    }
  /** Why nothing could be judged. */
  | { readonly error: string };

/**
 * Runs the library's verifier.
 *
 * Without a key and a kept checkpoint, the entries are held against the checkpoint that came with
 * them. Then integrity and completeness get a verdict, and authenticity does not.
 *
 * @param onProgress - Hears how much was read, from 0 to 1.
 */
export async function runJob(job: Job, onProgress: (done: number) => void): Promise<Outcome> {
  const start = performance.now();
  try {
    const keys = job.keys.map(keyOfLine);
    const given = await opened(job.evidence);
    const altered = job.tamper && tampered(given, job.tamper);
    const evidence = altered?.evidence ?? given;
    const assumed = keys.length === 0 && job.kept.length === 0;
    const trusted = assumed ? ownCheckpoints(evidence) : job.kept;
    const source = sourceOf(evidence, onProgress);
    const judged = await verify(source, { keys, trustedCheckpoint: trusted });
    const report = assumed ? withoutAuthenticity(judged) : judged;
    const ofPage = evidence.kind === "bundle" && evidence.shown !== undefined;
    return {
      report: ofPage ? { ...report, unknown: [NOT_COMPARED, ...report.unknown] } : report,
      ofPage,
      assumed,
      tampered: altered?.tampered,
      millis: performance.now() - start,
    };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { error: error.message };
  }
}

function sourceOf(evidence: OpenEvidence, onProgress: (done: number) => void): EvidenceSource {
  switch (evidence.kind) {
    case "bundle":
      return bundleAsShown(evidence.text, evidence.shown);
    case "proof":
      return tlogProofSource(mendedNotes(evidence.text));
    case "export":
      return ndjsonSource(mendedLines(chunksOf(evidence.lines, onProgress)), evidence);
  }
}

/** A bundle, and what the page shows of it: what people read must be what is checked. */
function bundleAsShown(text: string, shown: readonly ShownEntry[] | undefined): EvidenceSource {
  const bundle = parseBundle(text);
  if (shown === undefined) return sourceOfBundle(bundle, () => ({}));
  const rows = Map.groupBy(shown, ({ sequence }) => sequence);
  const source = sourceOfBundle(bundle, (entry: BundleEntry) => {
    const [row, another] = rows.get(entry.sequence) ?? [];
    rows.delete(entry.sequence);
    if (row === undefined) return { problem: "the page does not show the entry" };
    const { leafHash } = row;
    if (another !== undefined) return { leafHash, problem: "the page shows the entry twice" };
    if (row.line !== visible(entry.line))
      return { leafHash, problem: "the page shows another line than the evidence holds" };
    if (saysOtherwise(row, entry.line))
      return { leafHash, problem: "the page shows another time or operation than the line has" };
    return { leafHash };
  });
  async function* blocks(): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
    yield* blocksOf(source);
    yield [...rows.keys()].map((sequence) => ({
      kind: "problem",
      message: `the page shows an entry ${sequence}, which the evidence does not hold`,
    }));
  }
  return new BlockSource(blocks, source);
}

/** Whether the cells beside a line say something else. A line that is no entry is reported. */
function saysOtherwise({ time, operation }: ShownEntry, line: string): boolean {
  const summary = readLine(line);
  if (summary === undefined) return false;
  const recorded = summary.columns[COLUMNS.findIndex(({ name }) => name === "operation")];
  return inUtc(summary.timestamp) !== time || visible(String(recorded)) !== operation;
}

/** The bytes of a file, in pieces. */
async function* chunksOf(
  file: Blob,
  onProgress: (done: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const reader = file.stream().getReader();
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read += value.length;
    yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    onProgress(read / file.size);
  }
}

/** The checkpoints that came with the evidence, if they can be read. */
function ownCheckpoints(evidence: OpenEvidence): string[] {
  return checkpointsOf(evidence).filter(canBeRead);
}

function canBeRead(note: string): boolean {
  try {
    parseTrustedCheckpoint(note);
    return true;
  } catch {
    return false; // the verifier says so
  }
}

function withoutAuthenticity(report: VerificationReport): VerificationReport {
  const { authenticity, unknown } = report;
  return {
    ...report,
    verified: false,
    authenticity: authenticity === "failed" ? "failed" : "unknown",
    unknown: unknown.filter((text) => !/^No key (?:was given\.|and no trusted)/.test(text)),
  };
}

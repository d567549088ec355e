import { AuditError, invalidEvidence } from "../errors.js";
import { blocksOf, type EvidenceItem, type EvidenceSource } from "../integrity/evidence.js";
import { counted, quoted } from "../text/safe-text.js";
import { CheckpointCheck } from "./checkpoint-check.js";
import { EntryCheck, type HashedLine, hashedLine } from "./entry-check.js";
import {
  logNamesOf,
  type ResolvedVerifyOptions,
  resolveVerifyOptions,
  type VerifyOptions,
} from "./options.js";
import { Problems } from "./problems.js";
import { reportOf } from "./report.js";
import type { SealedPrunings } from "./retention-check.js";
import { checkProofs, checkRoots } from "./root-check.js";
import type { VerificationReport } from "./verification-report.js";

/**
 * Judges evidence, and answers three questions with a verdict each: whether the entries are what
 * the log signed (integrity), whether all of them are there (completeness), and whether the log
 * signed its checkpoints (authenticity).
 *
 * Lines are hashed as they are given, and never written again. A verdict rests only on checkpoints
 * that a given key of the log signed, or that the caller trusts: whoever rewrites a log can make
 * new versions of all others. What contradicts the entries is reported in any case.
 *
 * Memory: 48 bytes an entry, up to 72 where sequences are scattered, and the checkpoints; at most
 * `maxBytes`, about.
 *
 * @param source - Lines, checkpoints and what else a source has, in any order. All of it may come
 * from an attacker.
 * @throws `AuditError` `invalid_evidence` if nothing in the source can be read as a part of a log,
 * or if a key or a trusted checkpoint cannot be read: the log was not judged then.
 * `invalid_options`. An error that the source throws goes to the caller.
 *
 * @example Verifying an export with the log's key
 * ```ts
 * import { createReadStream } from "node:fs";
 * import { readFile } from "node:fs/promises";
 * import { ndjsonSource, verify } from "quorumlog/verify";
 *
 * const source = ndjsonSource(createReadStream("governance.ndjson"), {
 *   checkpoints: await readFile("checkpoints.txt", "utf8"),
 * });
 * const report = await verify(source, { keys: ["votes.example+6a0f4b0b+AQ..."] });
 * for (const { code, message } of report.problems) console.error(code, message);
 * for (const unknown of report.unknown) console.log(unknown);
 * ```
 */
export async function verify(
  source: EvidenceSource,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  return judge(source, resolveVerifyOptions(options));
}

/** Does what {@link verify} does, with keys and trusted checkpoints that were read already. */
export async function judge(
  source: EvidenceSource,
  resolved: ResolvedVerifyOptions,
): Promise<VerificationReport> {
  const problems = new Problems();
  const entries = new EntryCheck(source, problems);
  const checkpoints = new CheckpointCheck(resolved, problems);
  const { isSaid, failure } = await readAll(source, entries, checkpoints, resolved);
  if (!isSaid && entries.entries + entries.pruned === 0 && !checkpoints.inEvidence)
    throw (
      failure ??
      invalidEvidence("nothing in the source can be read as an entry of a log or a checkpoint")
    );
  const isCut = failure !== undefined;
  const origin = originOf(resolved, entries, checkpoints);
  entries.finish(origin, isCut);
  const sealed = entries.retention.finish(origin, entries.prunedEnd, problems);
  if (!isCut) reportUnsealed(sealed, entries, resolved, problems);
  const signed = checkpoints.checkSignatures(origin, entries);
  const compared = checkRoots(signed, entries, isCut, problems);
  const proved = checkProofs(entries.proved, compared, problems);
  const { unreadable } = checkpoints;
  if (failure !== undefined) {
    if (problems.count === 0) throw failure;
    const message = `it could not all be read: ${quoted(failure.message)}`;
    problems.add({ code: "source_problem", message });
  }
  const findings = { origin, entries, sealed, checkpoints: compared, unreadable, proved, problems };
  return reportOf(findings, resolved);
}

/**
 * Reports entries that were pruned without an entry of the log that says so, unless the caller
 * accepts them.
 */
function reportUnsealed(
  { before }: SealedPrunings,
  { prunedEnd }: EntryCheck,
  { acceptPruned }: ResolvedVerifyOptions,
  problems: Problems,
): void {
  if (prunedEnd <= Math.max(before, acceptPruned)) return;
  const pruned = counted(prunedEnd - before, "entry was", "entries were");
  const message = `${pruned} pruned, and no entry of the log says so`;
  problems.add({ code: "unsealed_pruning", from: before, to: prunedEnd - 1, message });
}

/** What reading a source came to. */
interface Reading {
  /**
   * Whether the source is empty, or found something wrong with itself: it is evidence then, even if
   * nothing in it is part of a log.
   */
  readonly isSaid: boolean;
  /** Why it could not be read on. A contradiction stays one, whatever cannot be read after it. */
  readonly failure: Error | undefined;
}

/**
 * Reads the source to its end, or to where it cannot be read on. What else it throws, such as the
 * reason of a signal, goes to the caller.
 */
async function readAll(
  source: EvidenceSource,
  entries: EntryCheck,
  checkpoints: CheckpointCheck,
  { maxBytes }: ResolvedVerifyOptions,
): Promise<Reading> {
  let failure: Error | undefined;
  let isEmpty = true;
  let isFaulty = false;
  try {
    for await (const block of blocksOf(source)) {
      isEmpty &&= block.length === 0;
      isFaulty ||= block.some(({ kind }) => kind === "problem");
      // To hash and to read lines by turns would take a fifth longer (measured).
      const hashes = block.map((item) => (item.kind === "line" ? hashedLine(item) : undefined));
      for (let at = 0; at < block.length; at++)
        take(block[at] as EvidenceItem, hashes[at], entries, checkpoints);
      if (entries.bytes + checkpoints.bytes > maxBytes)
        throw invalidEvidence(
          `more than ${maxBytes} bytes would have to be kept of it; allow more (maxBytes, or ` +
            "quorumlog verify --max-bytes)",
        );
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    failure = error;
  }
  return { isSaid: (isEmpty && failure === undefined) || isFaulty, failure };
}

/** Whether the source could not be read: it is damaged, or the operating system refuses it. */
function isUnreadable(error: unknown): error is Error {
  return error instanceof AuditError || (error instanceof Error && "syscall" in error);
}

function take(
  item: EvidenceItem,
  hashed: HashedLine | undefined,
  entries: EntryCheck,
  checkpoints: CheckpointCheck,
): void {
  switch (item.kind) {
    case "line":
      entries.addLine(item, hashed);
      break;
    case "checkpoint":
      checkpoints.add(item);
      break;
    case "pruned":
      entries.addPruned(item);
      break;
    case "subtree":
      entries.addSubtree(item);
      break;
    case "problem":
      entries.addProblem(item.message);
      break;
    default:
      throw invalidEvidence(
        "source: expected lines, checkpoints, pruned leaves, subtrees and problems",
      );
  }
}

/**
 * The log that the evidence is judged as. Where the caller says it, the evidence does not: naming
 * another log, it would choose its own judge.
 */
function originOf(
  options: ResolvedVerifyOptions,
  entries: EntryCheck,
  checkpoints: CheckpointCheck,
): string | undefined {
  const names = logNamesOf(options);
  return names.length === 1 ? names[0] : (entries.mostNamedLog ?? checkpoints.firstOrigin);
}

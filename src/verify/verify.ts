import { invalidEvidence } from "../errors.js";
import type { EvidenceSource } from "../integrity/evidence.js";
import { isTimestamped } from "../integrity/keys/signature-types.js";
import { CheckpointCheck, isAnchor } from "./checkpoint-check.js";
import { EntryCheck } from "./entry-check.js";
import type { Findings } from "./findings.js";
import { type ResolvedVerifyOptions, resolveVerifyOptions, type VerifyOptions } from "./options.js";
import { Problems } from "./problems.js";
import { reportOf } from "./report-of.js";
import { checkRoots, reportForks } from "./root-check.js";
import type { VerificationReport } from "./verification-report.js";

/**
 * Judges evidence: whether what is there is what the log signed (integrity), whether all is there (completeness), and whether
 * the log signed it (authenticity). These are separate facts with a verdict each.
 *
 * Lines are hashed as they are given, never written again. A verdict rests only on checkpoints that a given key of the log
 * signed, or that the caller trusts: whoever rewrites a log can make any others anew. What contradicts the entries is
 * reported all the same.
 *
 * Memory: some 34 bytes an entry, 8 more where a key has a period, and the checkpoints.
 *
 * @param source - Lines, checkpoints and pruned leaves in any order; all of it may come from an attacker.
 * @throws `AuditError` `invalid_evidence` when nothing in the source can be read as a part of a log, or a key or the trusted
 * checkpoint cannot be read: nothing is said about the log then. `invalid_options`. What the source throws goes through.
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
 * if (!report.verified) for (const { code, message } of report.problems) console.error(code, message);
 * for (const unknown of report.unknown) console.log(unknown);
 * ```
 */
export async function verify(
  source: EvidenceSource,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  const resolved = resolveVerifyOptions(options);
  const problems = new Problems();
  const entries = new EntryCheck(source, problems, needsTimes(resolved));
  const checkpoints = new CheckpointCheck(resolved, problems);
  await readAll(source, entries, checkpoints);
  const origin =
    resolved.origin ??
    resolved.trusted?.origin ??
    entries.logs.mostCommon ??
    checkpoints.firstOrigin;
  entries.finish(origin);
  const judged = checkpoints.check(origin, (size) => entries.madeBetween(size));
  const partial = source.partial ?? false;
  if (partial) reportForks(judged.filter(isAnchor), problems);
  const compared = partial ? judged : checkRoots(judged, entries, problems);
  const proved = entries.proofs.check(judged, problems);
  const findings: Findings = { origin, entries, checkpoints: compared, proved, partial, problems };
  return reportOf(findings, resolved);
}

async function readAll(
  source: EvidenceSource,
  entries: EntryCheck,
  checkpoints: CheckpointCheck,
): Promise<void> {
  let isEmpty = true;
  for await (const item of source) {
    isEmpty = false;
    switch (item.kind) {
      case "line":
        entries.addLine(item);
        break;
      case "checkpoint":
        checkpoints.add(item.note);
        break;
      case "pruned":
        entries.addPruned(item);
        break;
      case "problem":
        entries.addProblem(item.message);
        break;
      default:
        throw invalidEvidence("source: expected lines, checkpoints and pruned leaves");
    }
  }
  if (!isEmpty && entries.entries + entries.pruned === 0 && !checkpoints.inEvidence)
    throw invalidEvidence("nothing in the source can be read as an entry of a log or a checkpoint");
}

/** Whether signatures without a time have to be held against the period of a key. */
function needsTimes({ keys }: ResolvedVerifyOptions): boolean {
  return keys.some(
    ({ key, notBefore, notAfter }) =>
      !isTimestamped(key.type) && (notBefore !== undefined || notAfter !== undefined),
  );
}

import type { SignatureVerdict } from "../integrity/check-signatures.js";
import { isAnchor, type JudgedCheckpoint } from "./checkpoint-check.js";
import type { EntryCheck } from "./entry-check.js";
import type { Findings } from "./findings.js";
import type { ResolvedVerifyOptions } from "./options.js";
import { unknownOf } from "./unknown-of.js";
import type {
  CheckedCheckpoint,
  CheckedSignature,
  KeyTally,
  Verdict,
  VerificationReport,
} from "./verification-report.js";

/** Checkpoints that a report lists. */
const LISTED = 1000;

/** Draws the conclusions. */
export function reportOf(findings: Findings, options: ResolvedVerifyOptions): VerificationReport {
  const { origin, entries, checkpoints, problems } = findings;
  reportUnsigned(findings, options);
  const anchors = checkpoints.filter(isAnchor);
  const covered = coveredOf(findings, anchors);
  const size = prefixOf(entries);
  const integrity = verdict(
    problems.failed("integrity"),
    isSound(findings, anchors, covered, size),
  );
  const completeness = verdict(
    problems.failed("completeness"),
    !findings.partial && anchors.length > 0,
  );
  const authenticity = verdict(problems.failed("authenticity"), anchors.length > 0);
  const newest = anchors.at(-1);
  return {
    verified: integrity === "verified" && authenticity === "verified" && completeness !== "failed",
    integrity,
    completeness,
    authenticity,
    ...(origin !== undefined && { origin }),
    entries: entries.entries,
    covered,
    pruned: entries.pruned,
    size,
    ...(newest !== undefined && { newestCheckpoint: newestOf(newest) }),
    duplicates: entries.duplicates,
    reordered: entries.reordered,
    problems: problems.listed(),
    problemCount: problems.count,
    unknown: unknownOf(findings, options, { anchors, covered, size }),
    checkpoints: checkpoints.slice(-LISTED).map(checkedCheckpoint),
    checkpointCount: checkpoints.length,
    keys: talliesOf(checkpoints),
  };
}

/** Keys that signed nothing are a failure where there was something to sign, unless this Node could not tell. */
function reportUnsigned(
  { checkpoints, problems }: Findings,
  { keys, trusted }: ResolvedVerifyOptions,
): void {
  if (keys.length === 0) return;
  const resting =
    trusted === undefined ? checkpoints : checkpoints.filter((checkpoint) => checkpoint.trusted);
  const candidates = resting.filter(({ signatures }) => signatures.length > 0);
  const mayBeSigned = ({ signed, signatures }: JudgedCheckpoint): boolean =>
    signed || signatures.some(({ kind, status }) => kind === "log" && status === "unchecked");
  if (candidates.length === 0 || candidates.some(mayBeSigned)) return;
  const which = trusted === undefined ? "any checkpoint" : "the trusted checkpoint";
  const message = `none of the given keys signed ${which} for the log`;
  problems.add({ code: "no_valid_signature", message });
}

/** How many entries agree with a checkpoint that counts. */
function coveredOf(
  { entries, partial, proved }: Findings,
  anchors: readonly JudgedCheckpoint[],
): number {
  if (partial) return proved;
  const sound = anchors.findLast(({ consistent }) => consistent === true);
  return Math.max(0, (sound?.size ?? 0) - entries.pruned);
}

function isSound(
  { entries, partial }: Findings,
  anchors: readonly JudgedCheckpoint[],
  covered: number,
  size: number,
): boolean {
  if (partial) return covered > 0 && covered === entries.entries;
  // Entries behind a gap cannot be held against a root.
  if (size < entries.leaves.end) return false;
  const isEmpty = entries.entries === 0;
  return anchors.some(({ consistent }) => consistent === true) && (covered > 0 || isEmpty);
}

function prefixOf({ leaves }: EntryCheck): number {
  for (const { from } of leaves.missing()) return from;
  return leaves.end;
}

function verdict(failed: boolean, verified: boolean): Verdict {
  if (failed) return "failed";
  return verified ? "verified" : "unknown";
}

function newestOf(newest: JudgedCheckpoint): NonNullable<VerificationReport["newestCheckpoint"]> {
  const { size, rootHash, signatures } = newest;
  const times = signatures.flatMap(({ status, timestamp }) =>
    status === "valid" && timestamp !== undefined ? [timestamp.getTime()] : [],
  );
  const time = times.length === 0 ? {} : { time: new Date(Math.max(...times)).toISOString() };
  return { size, rootHash, ...time };
}

function checkedCheckpoint(judged: JudgedCheckpoint): CheckedCheckpoint {
  const { size, rootHash, consistent, trusted, signed, signatures } = judged;
  const checked = {
    size,
    rootHash,
    ...(consistent !== undefined && { consistent }),
    trusted,
    signed,
  };
  return { ...checked, signatures: signatures.map(checkedSignature) };
}

function checkedSignature(found: SignatureVerdict): CheckedSignature {
  const { name, keyId, kind, status, timestamp, reason } = found;
  return {
    name,
    keyId: hexOf(keyId),
    kind,
    status,
    ...(timestamp !== undefined && { time: timestamp.toISOString() }),
    ...(reason !== undefined && { reason }),
  };
}

function talliesOf(checkpoints: readonly JudgedCheckpoint[]): KeyTally[] {
  const tallies = new Map<string, { -readonly [Field in keyof KeyTally]: KeyTally[Field] }>();
  for (const { name, keyId, kind, status } of checkpoints.flatMap(({ signatures }) => signatures)) {
    const id = `${hexOf(keyId)} ${name}`;
    const tally = tallies.get(id);
    if (tally !== undefined) tally[status]++;
    else if (tallies.size < LISTED) {
      const none = { valid: 0, invalid: 0, unchecked: 0 };
      tallies.set(id, { name, keyId: hexOf(keyId), kind, ...none, [status]: 1 });
    }
  }
  return [...tallies.values()];
}

function hexOf(keyId: number): string {
  return keyId.toString(16).padStart(8, "0");
}

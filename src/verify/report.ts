import type { SignatureVerdict } from "../integrity/check-signatures.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import { keyIdHex } from "../integrity/keys/verifier-key.js";
import { counted } from "../text/safe-text.js";
import {
  isAnchor,
  isSame,
  type JudgedCheckpoint,
  type UnreadableCheckpoints,
} from "./checkpoint-check.js";
import type { EntryCheck } from "./entry-check.js";
import { logNamesOf, type ResolvedVerifyOptions } from "./options.js";
import type { Problems } from "./problems.js";
import type { SealedPrunings } from "./retention-check.js";
import type {
  CheckedCheckpoint,
  CheckedSignature,
  KeyTally,
  Verdict,
  VerificationReport,
} from "./verification-report.js";

/** How many checkpoints, and how many keys, a report lists. */
const LISTED = 1000;

/** All that was found out about the evidence. */
export interface Findings {
  readonly origin: string | undefined;
  readonly entries: EntryCheck;
  readonly sealed: SealedPrunings;
  /** By rising size. */
  readonly checkpoints: readonly JudgedCheckpoint[];
  /** Kept checkpoints that cannot be read. */
  readonly unreadable: UnreadableCheckpoints;
  /** How many entries of a partial source are proved. */
  readonly proved: number;
  readonly problems: Problems;
}

/** What follows from the findings. */
interface Conclusions {
  readonly anchors: readonly JudgedCheckpoint[];
  readonly covered: number;
  /** When the first entry that is not covered was recorded: RFC 3339, UTC. */
  readonly uncoveredSince: string | undefined;
  readonly size: number;
}

/** Draws the conclusions. */
export function reportOf(findings: Findings, options: ResolvedVerifyOptions): VerificationReport {
  const { origin, entries, checkpoints, unreadable, problems } = findings;
  reportUnsigned(findings, options);
  const anchors = checkpoints.filter(isAnchor);
  const uncoveredSince = uncoveredSinceOf(entries, anchors);
  const conclusions: Conclusions = {
    anchors,
    covered: coveredBy(anchors, findings),
    uncoveredSince,
    size: rowOf(entries),
  };
  const isWhole =
    !entries.partial &&
    anchors.length > 0 &&
    entries.pruned <= options.acceptPruned &&
    (options.coveredOnly || entries.leaves.end <= (anchors.at(-1)?.size ?? 0));
  const integrity = verdict(problems.failed("integrity"), isSound(findings, conclusions));
  // altered entries may stand in the place of those that the log had
  const completeness = verdict(
    problems.failed("completeness"),
    isWhole && !problems.failed("integrity"),
  );
  const authenticity = verdict(
    problems.failed("authenticity"),
    anchors.length > 0 && unreadable.count === 0,
  );
  const newest = anchors.at(-1);
  const isComplete = entries.partial ? completeness !== "failed" : completeness === "verified";
  return {
    verified: integrity === "verified" && authenticity === "verified" && isComplete,
    integrity,
    completeness,
    authenticity,
    ...(origin !== undefined && { origin }),
    entries: entries.entries,
    covered: conclusions.covered,
    ...(uncoveredSince !== undefined && { uncoveredSince }),
    pruned: entries.pruned,
    size: conclusions.size,
    ...(newest !== undefined && { newestCheckpoint: newestOf(newest) }),
    duplicates: entries.duplicates,
    reordered: entries.reordered,
    problems: problems.listed(),
    problemCount: problems.count,
    unknown: unknownOf(findings, options, conclusions),
    checkpoints: checkpoints.slice(-LISTED).map(checkedCheckpoint),
    checkpointCount: checkpoints.length,
    keys: talliesOf(checkpoints),
  };
}

/**
 * Reports that no given key signed, if there was something to sign: each of the trusted
 * checkpoints, or any checkpoint where none is trusted. A signature that this version of Node
 * cannot check may be by such a key.
 */
function reportUnsigned(
  { checkpoints, problems }: Findings,
  { keys, trusted }: ResolvedVerifyOptions,
): void {
  if (keys.length === 0) return;
  const withSignatures = checkpoints.filter(({ signatures }) => signatures.length > 0);
  const mayBeSigned = ({ signed, signatures }: JudgedCheckpoint): boolean =>
    signed || signatures.some(({ kind, status }) => kind === "log" && status === "unchecked");
  const report = (candidates: readonly JudgedCheckpoint[], which: string): void => {
    if (candidates.length === 0 || candidates.some(mayBeSigned)) return;
    const message = `none of the given keys signed ${which}`;
    problems.add({ code: "no_valid_signature", message });
  };
  if (trusted.length === 0) report(withSignatures, "a checkpoint of the log");
  for (const one of distinct(trusted))
    report(
      withSignatures.filter((checkpoint) => isSame(one, checkpoint)),
      `the trusted checkpoint of size ${one.size}`,
    );
}

function distinct(checkpoints: readonly Checkpoint[]): readonly Checkpoint[] {
  return checkpoints.filter(
    (one, index) => checkpoints.findIndex((other) => isSame(one, other)) === index,
  );
}

/** How many entries agree with an anchor. */
function coveredBy(anchors: readonly JudgedCheckpoint[], { entries, proved }: Findings): number {
  if (entries.partial) return proved;
  const newest = anchors.findLast(({ consistent }) => consistent === true);
  return Math.max(0, (newest?.size ?? 0) - entries.pruned);
}

/** When the first entry that no consistent anchor covers was recorded, if there is one. */
function uncoveredSinceOf(
  { partial, leaves }: EntryCheck,
  anchors: readonly JudgedCheckpoint[],
): string | undefined {
  if (partial) return undefined;
  const first = anchors.findLast(({ consistent }) => consistent === true)?.size ?? 0;
  const time = leaves.timeMillis(first);
  return time === undefined ? undefined : new Date(time).toISOString();
}

function isSound({ entries }: Findings, { anchors, covered, size }: Conclusions): boolean {
  if (entries.partial) return covered > 0 && covered === entries.entries;
  // Entries after a gap cannot be compared with a root.
  if (size < entries.leaves.end) return false;
  const isEmpty = entries.entries === 0;
  return anchors.some(({ consistent }) => consistent === true) && (covered > 0 || isEmpty);
}

/** How many entries stand in a row from sequence 0 on. */
function rowOf({ leaves }: EntryCheck): number {
  for (const { from } of leaves.missing()) return from;
  return leaves.end;
}

function verdict(failed: boolean, verified: boolean): Verdict {
  if (failed) return "failed";
  return verified ? "verified" : "unknown";
}

/** What the evidence cannot tell, in words. */
function unknownOf(
  { entries, sealed, checkpoints, unreadable, problems }: Findings,
  options: ResolvedVerifyOptions,
  { anchors, covered, uncoveredSince: since, size }: Conclusions,
): string[] {
  const { keys, trusted, acceptPruned } = options;
  const { partial, pruned, leaves } = entries;
  const newest = anchors.at(-1)?.size;
  const uncovered = entries.entries - covered;
  const unknown: string[] = [];
  const say = (condition: boolean, text: string): void => {
    if (condition) unknown.push(text);
  };
  say(
    problems.failed("integrity"),
    "What is wrong may hide what is missing. This check cannot see whether all entries are there." +
      (anchors.length > 0 ? " A checkpoint is signed or trusted; these entries are not." : ""),
  );
  for (const reason of unreadable.first)
    unknown.push(`${reason}. Get the checkpoint again from where it is kept.`);
  say(
    unreadable.count > unreadable.first.length,
    `${counted(unreadable.count, "checkpoint")} could not be read.`,
  );
  say(
    checkpoints.length === 0 && unreadable.count === 0,
    "There is no checkpoint. Nothing says what the entries must hash to, or how many they must be.",
  );
  say(
    checkpoints.length > 0 && keys.length === 0,
    trusted.length === 0
      ? "No key and no trusted checkpoint was given. " +
          "Nothing shows that the log signed its checkpoints."
      : `No key was given. The verdict rests on ${trustedInWords(trusted)} alone, and ` +
          `${trusted.length === 1 ? "its" : "their"} signatures were not checked.`,
  );
  say(
    keys.length > 0 && anchors.some(({ signed }) => !signed),
    `Only the caller vouches for ${trustedInWords(trusted)}. No given key has a valid signature ` +
      `on ${trusted.length === 1 ? "it" : "at least one of them"}.`,
  );
  say(
    logNamesOf(options).length > 1,
    "Keys with several names were given. The evidence itself says which log it is.",
  );
  const unchecked = checkpoints
    .flatMap(({ signatures }) => signatures)
    .filter(({ kind, status }) => kind !== "unknown" && status === "unchecked");
  say(
    unchecked.length > 0,
    `${counted(unchecked.length, "signature")} of given keys could not be checked: ` +
      `${unchecked[0]?.reason}.`,
  );
  say(
    partial,
    "The source holds chosen entries only. This check cannot see whether others are missing, " +
      "or whether its checkpoints continue each other.",
  );
  say(
    uncovered > 0,
    `${counted(uncovered, "entry is", "entries are")} not ` +
      `${partial ? "proved by a" : "covered by a consistent"} checkpoint ` +
      `that is signed or trusted${since === undefined ? "" : `, since ${since}`}. ` +
      "Whoever writes the log can still change them.",
  );
  const beyond = anchors.filter(({ consistent }) => consistent === undefined);
  say(
    !partial && beyond.length > 0,
    `${counted(beyond.length, "checkpoint")} could not be compared with the entries, ` +
      "because some entries are missing.",
  );
  say(
    !partial && newest !== undefined,
    newest === 0
      ? "No checkpoint covers an entry. If entries were removed, this check cannot see it."
      : `No checkpoint is newer than entry ${(newest ?? 0) - 1}. ` +
          "If later entries were removed, this check cannot see it.",
  );
  say(
    pruned > 0,
    `${counted(pruned, "entry was", "entries were")} pruned. ` +
      "The roots still prove their leaf hashes, but their content is gone." +
      (sealed.before < entries.prunedEnd
        ? " No entry of the log says that all of them were to be removed."
        : ` Entry ${sealed.by} says who removed them.`),
  );
  say(
    pruned > acceptPruned,
    `The caller accepts that ${counted(acceptPruned, "entry was", "entries were")} pruned, ` +
      "and no more.",
  );
  say(
    size < leaves.end && !partial,
    `Entry ${size} is missing. This check cannot see whether the entries after it were altered.`,
  );
  return unknown;
}

function trustedInWords({ length }: readonly Checkpoint[]): string {
  return length === 1 ? "the trusted checkpoint" : "the trusted checkpoints";
}

function newestOf({
  size,
  rootHash,
  signatures,
}: JudgedCheckpoint): NonNullable<VerificationReport["newestCheckpoint"]> {
  const times = signatures.flatMap(({ status, timestamp }) =>
    status === "valid" && timestamp !== undefined ? [timestamp.getTime()] : [],
  );
  const time = times.length === 0 ? {} : { time: new Date(Math.max(...times)).toISOString() };
  return { size, rootHash, ...time };
}

function checkedCheckpoint(judged: JudgedCheckpoint): CheckedCheckpoint {
  const { size, rootHash, consistent, trusted, signed, signatures } = judged;
  return {
    size,
    rootHash,
    ...(consistent !== undefined && { consistent }),
    trusted,
    signed,
    signatures: signatures.map(checkedSignature),
  };
}

function checkedSignature(found: SignatureVerdict): CheckedSignature {
  const { name, keyId, kind, status, timestamp, reason } = found;
  return {
    name,
    keyId: keyIdHex(keyId),
    kind,
    status,
    ...(timestamp !== undefined && { time: timestamp.toISOString() }),
    ...(reason !== undefined && { reason }),
  };
}

function talliesOf(checkpoints: readonly JudgedCheckpoint[]): KeyTally[] {
  const tallies = new Map<string, { -readonly [Field in keyof KeyTally]: KeyTally[Field] }>();
  for (const { name, keyId, kind, status } of checkpoints.flatMap(({ signatures }) => signatures)) {
    const id = `${keyIdHex(keyId)} ${name}`;
    const tally = tallies.get(id);
    if (tally !== undefined) tally[status]++;
    else if (tallies.size < LISTED) {
      const none = { valid: 0, invalid: 0, unchecked: 0 };
      tallies.set(id, { name, keyId: keyIdHex(keyId), kind, ...none, [status]: 1 });
    }
  }
  return [...tallies.values()];
}

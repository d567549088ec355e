import { counted } from "../text/safe-text.js";
import type { JudgedCheckpoint } from "./checkpoint-check.js";
import type { Findings } from "./findings.js";
import type { ResolvedVerifyOptions } from "./options.js";

/** Conclusions that what is unknown follows from. */
interface Conclusions {
  readonly anchors: readonly JudgedCheckpoint[];
  readonly covered: number;
  readonly size: number;
}

/** What the evidence cannot tell, in words. */
export function unknownOf(
  { entries, checkpoints, partial }: Findings,
  { keys, trusted }: ResolvedVerifyOptions,
  { anchors, covered, size }: Conclusions,
): string[] {
  const unknown: string[] = [];
  const say = (condition: boolean, text: string): void => {
    if (condition) unknown.push(text);
  };
  const newest = anchors.at(-1)?.size;
  const signatures = checkpoints.flatMap((checkpoint) => checkpoint.signatures);
  const uncheckable = signatures.filter(
    ({ kind, status }) => kind !== "unknown" && status === "unchecked",
  );
  const beyond = anchors.filter(({ consistent }) => consistent === undefined);
  say(
    checkpoints.length === 0,
    "There is no checkpoint: nothing says what the entries hash to, and how many they were.",
  );
  say(
    checkpoints.length > 0 && keys.length === 0,
    trusted === undefined
      ? "No key and no trusted checkpoint was given: whether the log signed its checkpoints was not checked."
      : "No key was given: all rests on the trusted checkpoint, whose signatures were not checked.",
  );
  say(
    keys.length > 0 && anchors.some(({ signed }) => !signed),
    "The trusted checkpoint is trusted by the caller's own hand: no valid signature of a given key stands under it.",
  );
  say(
    uncheckable.length > 0,
    `${counted(uncheckable.length, "signature")} of given keys could not be checked: ${uncheckable[0]?.reason}.`,
  );
  say(
    partial,
    "The source holds chosen entries only: whether others are missing cannot be seen, nor whether its checkpoints continue each other.",
  );
  say(
    covered < entries.entries,
    partial
      ? `${counted(entries.entries - covered, "entry is", "entries are")} proved by no checkpoint that is signed or trusted.`
      : `${counted(entries.entries - covered, "entry is", "entries are")} covered by no checkpoint that is consistent, and signed or trusted.`,
  );
  say(
    !partial && beyond.length > 0,
    `${counted(beyond.length, "checkpoint")} could not be held against the entries, since some are not there.`,
  );
  say(
    !partial && newest !== undefined,
    `There is no checkpoint newer than size ${newest}: what was removed after it cannot be seen.`,
  );
  say(
    entries.pruned > 0,
    `${counted(entries.pruned, "entry was", "entries were")} pruned: the roots take in the leaf hashes, what was said is gone.`,
  );
  say(
    size < entries.leaves.end && !partial,
    `Entries after ${size - 1} follow a gap: their integrity cannot be seen.`,
  );
  return unknown;
}

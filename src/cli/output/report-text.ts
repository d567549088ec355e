import { counted, visible } from "../../text/safe-text.js";
import { FAILS, type Problem, type ProblemCode } from "../../verify/problems.js";
import {
  isCheckpointAlone,
  type Verdict,
  type VerificationReport,
} from "../../verify/verification-report.js";
import type { CommandIo } from "../input/command.js";
import { type Style, styled, wrapped } from "./terminal.js";

/** How many problems and keys are shown. Programs get more of them. */
const SHOWN = 20;

const QUESTIONS = [
  ["integrity", "is everything as the log signed it?"],
  ["completeness", "is everything there?"],
  ["authenticity", "did the log sign it?"],
] as const;
const OF_CHECKPOINT = "did the log sign the checkpoint? These entries are not what it signed";
const OF_PAGE = "does it show what the evidence in it holds?";
const INDENT = "completeness  ".length;

const STYLES: Readonly<Record<Verdict, Style | undefined>> = {
  verified: undefined,
  failed: "red",
  unknown: "yellow",
};

/**
 * A report for people, in lines that fit the terminal.
 *
 * @param wrongPage - What is wrong with the page that the evidence came in.
 */
export function reportText(
  report: VerificationReport,
  io: CommandIo,
  wrongPage: readonly string[] = [],
): string {
  const { columns } = io.stdout;
  const isWrongPage = wrongPage.length > 0;
  const verdict = isWrongPage ? "failed" : overall(report);
  const head =
    isWrongPage && overall(report) !== "failed" ? "FAILED: the page, not the evidence in it" : "";
  const line = (text: string, indent = 0): string => `${wrapped(visible(text), columns, indent)}\n`;
  return [
    `${styled(STYLES[verdict], head || headline(report), io)}\n\n`,
    ...QUESTIONS.map(([name, question]) => {
      const word = wordOf(report[name]).padEnd("verified".length);
      const asked = name === "authenticity" && isCheckpointAlone(report) ? OF_CHECKPOINT : question;
      return `${name.padEnd(INDENT)}${styled(STYLES[report[name]], word, io)}  ${asked}\n`;
    }),
    isWrongPage ? `${"page".padEnd(INDENT)}${styled("red", "FAILED  ", io)}  ${OF_PAGE}\n` : "",
    "\n",
    ...facts(report).map(([name, value]) => line(name.padEnd(INDENT) + value, INDENT)),
    ...list("What is wrong with the page:", cut(wrongPage, wrongPage.length), line),
    ...list("What is wrong:", problems(report), line),
    ...list("What cannot be known:", report.unknown, line),
  ].join("");
}

/** The verdict over all three questions. */
export function overall({
  verified,
  integrity,
  completeness,
  authenticity,
}: VerificationReport): Verdict {
  if (verified) return "verified";
  return [integrity, completeness, authenticity].includes("failed") ? "failed" : "unknown";
}

function headline(report: VerificationReport): string {
  const { entries, covered, problemCount } = report;
  switch (overall(report)) {
    case "verified":
      return verifiedInWords(report);
    case "failed":
      return `FAILED: ${counted(problemCount, "problem")}`;
    case "unknown":
      if (isNothing(report)) return "unknown: it is empty, so there is nothing to verify";
      if (covered === 0) return "unknown: nothing was found wrong, but nothing verifies it either";
      return `unknown: nothing is wrong, but only ${covered} of ${entries} entries are verified`;
  }
}

/** How much is verified, and how many entries of the log are not there. */
export function verifiedInWords(report: VerificationReport): string {
  const { entries, covered, pruned } = report;
  const more =
    pruned > 0 ? `; ${pruned} more ${pruned === 1 ? "was" : "were"} pruned` : absent(report);
  return `verified: ${covered} of ${counted(entries, "entry", "entries")}${more}`;
}

/** How many entries of the log are not in chosen entries that are verified. */
function absent({ completeness, newestCheckpoint, entries }: VerificationReport): string {
  const more = (newestCheckpoint?.size ?? 0) - entries;
  if (completeness !== "unknown" || more <= 0) return "";
  return `; ${more} more of the log ${more === 1 ? "is" : "are"} not here: pruned, or left out`;
}

/** Whether evidence holds nothing at all. */
function isNothing({ entries, pruned, checkpointCount, problemCount }: VerificationReport) {
  return entries + pruned + checkpointCount + problemCount === 0;
}

const OF_ANOTHER_LOG: ReadonlySet<ProblemCode> = new Set(["other_log", "other_origin"]);
const IN_PLACE: ReadonlySet<ProblemCode> = new Set(["duplicate_entry", "out_of_order"]);

/** Why verification failed, as the end of a sentence, and what an answer is worth then. */
export function failureInWords(report: VerificationReport): string {
  const { integrity, authenticity, newestCheckpoint } = report;
  const codes = report.problems.map(({ code }) => code);
  const nothing = "nothing below is proven";
  if (codes[0] === "fork") return `the log signed two histories: ${nothing}`;
  if (codes.length > 0 && codes.every((code) => OF_ANOTHER_LOG.has(code)))
    return `it is of another log than the key: ${nothing}`;
  if (integrity === "failed") return `it was altered: ${nothing}`;
  const isMissing = codes.some(
    (code) => FAILS[code].includes("completeness") && !IN_PLACE.has(code),
  );
  const missing = isMissing ? "entries are missing" : "entries are repeated, or out of order";
  if (authenticity !== "failed") return `${missing}: an answer may be wrong`;
  const unsigned =
    newestCheckpoint === undefined
      ? "no given key signed it"
      : "not all of its checkpoints and signatures are valid";
  return `${isMissing ? `${missing}, and ` : ""}${unsigned}: ${nothing}`;
}

function wordOf(verdict: Verdict): string {
  return verdict === "failed" ? "FAILED" : verdict;
}

function facts(report: VerificationReport): (readonly [name: string, value: string])[] {
  const { origin, newestCheckpoint: newest, checkpointCount: count } = report;
  const time = newest?.time === undefined ? "" : `, signed ${newest.time}`;
  const checkpoint =
    newest !== undefined
      ? `covers ${counted(newest.size, "entry", "entries")}${time}`
      : count === 0
        ? "none"
        : `${count}, but none is trusted or signed by a given key`;
  return [
    ["log", origin ?? "not named"],
    ["entries", entriesInWords(report)],
    ["checkpoint", checkpoint],
    ...(newest === undefined ? [] : [["root", newest.rootHash] as const]),
    ...keys(report).map((text) => ["key", text] as const),
  ];
}

function entriesInWords({
  entries,
  covered,
  pruned,
  duplicates,
  reordered,
}: VerificationReport): string {
  const which = covered === entries ? "all" : covered === 0 ? "none" : `${covered} of them`;
  return [
    String(entries),
    ...(entries > 0 ? [`${which} covered by a checkpoint`] : []),
    ...(pruned > 0 ? [`${pruned} more pruned`] : []),
    ...(duplicates > 0 ? [`${duplicates} repeated`] : []),
    ...(reordered > 0 ? [`${reordered} out of order`] : []),
  ].join(", ");
}

/** Known keys first. */
function keys({ keys: tallies }: VerificationReport): string[] {
  const known = tallies.toSorted(
    (a, b) => Number(a.kind === "unknown") - Number(b.kind === "unknown"),
  );
  return cut(
    known.map(({ name, keyId, kind, valid, invalid, unchecked }) => {
      if (kind === "unknown")
        return `${name}+${keyId}, which was not given: ${unchecked} not checked`;
      const counts = [`${valid} valid`, ...(invalid > 0 ? [`${invalid} INVALID`] : [])];
      if (unchecked > 0) counts.push(`${unchecked} not checked`);
      return `${name}+${keyId}${kind === "cosignature" ? ", a witness" : ""}: ${counts.join(", ")}`;
    }),
    tallies.length,
  );
}

function problems({ problems: listed, problemCount }: VerificationReport): string[] {
  return cut(
    listed.map((problem) => `${placeOf(problem)}${problem.code}: ${problem.message}`),
    problemCount,
  );
}

function placeOf({ sequence, from, to, line }: Problem): string {
  const inLine = line === undefined ? "" : `line ${line}`;
  if (sequence !== undefined) return `entry ${sequence}${inLine && ` (${inLine})`}, `;
  if (from !== undefined && to !== undefined)
    return from === to ? `entry ${from}, ` : `entries ${from} to ${to}, `;
  return inLine && `${inLine}, `;
}

function cut(texts: readonly string[], total: number): string[] {
  const shown = texts.slice(0, SHOWN);
  return shown.length < total ? [...shown, `and ${total - shown.length} more`] : shown;
}

function list(
  title: string,
  texts: readonly string[],
  line: (text: string, indent: number) => string,
): string[] {
  return texts.length === 0
    ? []
    : ["\n", `${title}\n`, ...texts.map((text) => line(`- ${text}`, 2))];
}

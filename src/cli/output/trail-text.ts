import {
  authorizedInWords,
  electorateInWords,
  enactedBy,
  mentionedBy,
  quorumInWords,
  signedBy,
  tallyInWords,
  untilOf,
  VALIDITY,
  voterInWords,
} from "../../governance/case-words.js";
import type { CaseVote, ProposalCase, SubjectCase } from "../../governance/cases.js";
import { type Finding, gathered } from "../../governance/facts/finding.js";
import type { Member } from "../../governance/facts/members.js";
import type { Authorization } from "../../governance/facts/standing-facts.js";
import type { Stop } from "../../governance/oversight.js";
import type { GovernanceTrail } from "../../governance/trail.js";
import { durationInWords } from "../../text/duration.js";
import { counted, visible } from "../../text/safe-text.js";
import type { VerificationReport } from "../../verify/verification-report.js";
import type { CommandIo } from "../input/command.js";
import { ShortIds } from "./entry-table.js";
import { failureInWords, overall, verifiedInWords } from "./report-text.js";
import { jsonLine } from "./send.js";
import { type Column, Table } from "./table.js";
import { styled, wrapped } from "./terminal.js";

/*
 * Answers from a trail, for people. Every answer says which entries it rests on: #14 is entry 14.
 */

const LABEL = "electorate  ".length;

/** One fact of an answer: its name, and what it is. */
export type Fact = readonly [name: string, value: string | undefined];

/** Facts below each other, those without a value left out. */
export function factLines(facts: readonly Fact[], io: CommandIo): string {
  return facts
    .filter(([, value]) => value !== undefined && value !== "")
    .map(
      ([name, value]) =>
        `${wrapped(visible(name.padEnd(LABEL) + value), io.stdout.columns, LABEL)}\n`,
    )
    .join("");
}

/** What verify said about the source, in one line. */
export function verificationLine(report: VerificationReport | undefined, io: CommandIo): string {
  if (report === undefined) return "";
  const { covered, entries, problemCount } = report;
  switch (overall(report)) {
    case "verified":
      return `${verifiedInWords(report)}\n\n`;
    case "unknown":
      return `${styled("yellow", `not verified: ${covered} of ${entries} entries are`, io)}\n\n`;
    case "failed":
      return (
        `${styled("red", `FAILED VERIFICATION: ${counted(problemCount, "problem")}`, io)}\n` +
        `What follows is what the source says, and ${failureInWords(report)}.\n` +
        "quorumlog verify shows where.\n\n"
      );
  }
}

/** The same for programs: an object on the first line, where the source was verified. */
export function verificationJson(verification: VerificationReport | undefined): string[] {
  return verification === undefined ? [] : [jsonLine({ verification })];
}

/** The moment of an answer, whether anything is missing before it, and what came to light later. */
export function momentFacts({
  lastSequence,
  isComplete,
  now,
  recordedLater,
}: GovernanceTrail): readonly Fact[] {
  const after = lastSequence < 0 ? "before the first entry" : `${now}, after #${lastSequence}`;
  return [
    ["as of", after],
    ["missing", isComplete ? undefined : "entries are missing, and the answer may be incomplete"],
    [
      "later",
      recordedLater.length === 0
        ? undefined
        : `${entriesInWords(recordedLater)} happened by then, and ` +
          `${recordedLater.length === 1 ? "was" : "were"} recorded later`,
    ],
  ];
}

/**
 * How many there are at a moment, as far as the trail can show it.
 *
 * @param missing - Which entries are missing, where others may be among them.
 */
export function countFact(
  name: string,
  count: number,
  inWords: string,
  missing: string | undefined,
): Fact {
  if (missing === undefined) return [name, inWords];
  return [name, count === 0 ? `unknown: ${missing}` : `${inWords} known; ${missing}`];
}

/** A proposal: who asked for what, who voted how, what came of it. */
export function* proposalText(
  proposal: ProposalCase,
  trail: GovernanceTrail,
  io: CommandIo,
): Generator<string, void, undefined> {
  const { created, subjectId, kind, proposerDid, title, expiresAt, threshold } = proposal;
  const { electorate, votes, results, effects, dissent, quorum, findings } = proposal;
  yield `${styled("bold", visible(`${proposal.proposalId}: ${proposal.state}`), io)}\n\n`;
  yield factLines(
    [
      ["title", title],
      ["kind", kind],
      ["subject", subjectId],
      ["proposer", created && `${proposerDid ?? "not named"}, ${at(created)}`],
      ["expires", expiresAt],
      ["threshold", threshold?.toString()],
      ["electorate", electorate && electorateInWords(electorate)],
      ...results.map(
        (result): Fact => [
          "result",
          [
            `${result.decision}, ${at(result)}`,
            signedBy(result),
            result.tally && tallyInWords(result.tally),
            result.reason,
          ]
            .filter(Boolean)
            .join("; "),
        ],
      ),
      ...effects.map(
        (effect): Fact => ["effect", `${effect.operation}, ${at(effect)}${enactedBy(effect)}`],
      ),
      ...proposal.mentions.map(
        (mention): Fact => ["also", `${mention.operation}, ${at(mention)}${mentionedBy(mention)}`],
      ),
      ["quorum", quorum && quorumInWords(quorum)],
      ["dissent", dissent.length === 0 ? undefined : dissent.map(({ voter }) => voter).join(", ")],
      ...momentFacts(trail),
    ],
    io,
  );
  if (votes.length > 0) yield "\n";
  const withRationale = votes.some(({ rationale }) => rationale !== undefined);
  yield* voteTable(io, withRationale).lines(votes);
  yield* findingsBelow(findings, io);
}

/** A subject: whether it may act, and all that it was ever allowed. */
export function* subjectText(
  subject: SubjectCase,
  trail: GovernanceTrail,
  io: CommandIo,
): Generator<string, void, undefined> {
  const { authorizations, since, until, by, proposals } = subject;
  const words = authorizedInWords(subject);
  yield `${styled("bold", visible(`${subject.subjectId}: ${words}`), io)}\n\n`;
  yield factLines(
    [
      ["since", since],
      ["until", until],
      ["by", by],
      ...subject.history.map(
        (event): Fact => [
          event.operation === "authorization_granted" ? "granted" : "revoked",
          at(event) + enactedBy(event),
        ],
      ),
      ["proposals", proposals.join(", ")],
      ...momentFacts(trail),
    ],
    io,
  );
  if (authorizations.length > 0) yield "\n";
  yield* authorizationTable(io, false).lines(authorizations);
  yield* findingsBelow(subject.findings, io);
}

/**
 * A table of authorizations.
 *
 * @param withSubject - True where they are of several subjects.
 */
export function authorizationTable(io: CommandIo, withSubject: boolean): Table<Authorization> {
  const [subjects, proposals] = [new ShortIds(), new ShortIds()] as const;
  const subject: Column<Authorization> = {
    title: "subject",
    cell: ({ subjectId }) => subjectId,
    briefCell: ({ subjectId }) => subjects.of(subjectId),
  };
  return new Table(io, {
    columns: () => [
      { title: "#", alignRight: true, cell: ({ grantedBy }) => String(grantedBy) },
      ...(withSubject ? [subject] : []),
      { title: "kind", cell: ({ kind = "" }) => kind },
      {
        title: "proposal",
        cell: ({ proposalId = "" }) => proposalId,
        briefCell: ({ proposalId = "" }) => proposals.of(proposalId),
      },
      {
        title: "decision",
        cell: ({ decidedBy, isValid }) =>
          (decidedBy === undefined ? "none" : `passed #${decidedBy}`) + VALIDITY[isValid],
      },
      { title: "since", cell: ({ since }) => since, briefCell: ({ since }) => briefly(since) },
      {
        title: "until",
        cell: (one) => untilOf(one, ""),
        briefCell: ({ ended, validUntil, isCertain }) =>
          briefly(ended?.at ?? validUntil ?? (isCertain ? "" : "unknown")),
      },
      // of several subjects, only what is in force is listed
      ...(withSubject ? [] : [{ title: "ended by", cell: endInWords }]),
    ],
    colour: ({ ended, isCertain }) => (ended === undefined && !isCertain ? "yellow" : undefined),
  });
}

/** A table of stops: what was stopped, by which decision, and how fast. */
export function stopTable(io: CommandIo): Table<Stop> {
  const [subjects, proposals] = [new ShortIds(), new ShortIds()] as const;
  return new Table(io, {
    columns: () => [
      { title: "#", alignRight: true, cell: ({ sequence }) => String(sequence) },
      {
        title: "subject",
        cell: ({ subjectId = "" }) => subjectId,
        briefCell: ({ subjectId = "" }) => subjects.of(subjectId),
      },
      {
        title: "proposal",
        cell: ({ proposalId }) => proposalId,
        briefCell: ({ proposalId }) => proposals.of(proposalId),
      },
      { title: "stopped in", cell: ({ seconds }) => durationInWords(seconds) },
    ],
  });
}

/** A table of members. */
export function memberTable(io: CommandIo): Table<Member> {
  return new Table(io, {
    columns: () => [
      { title: "#", alignRight: true, cell: ({ sequence }) => String(sequence) },
      { title: "member", cell: ({ did }) => did },
      { title: "name", cell: ({ name = "" }) => name },
      { title: "weight", alignRight: true, cell: ({ weight }) => weight?.toString() ?? "unknown" },
    ],
  });
}

/** Findings as a list: what, by which rule, and the entries that it rests on. */
export function* findingLines(
  findings: readonly Finding[],
  io: CommandIo,
): Generator<string, void, undefined> {
  for (const finding of gathered(findings, "--json lists each")) yield findingLine(finding, io);
}

function findingLine(finding: Finding, io: CommandIo): string {
  const { severity, rule, status, message, sequences } = finding;
  const what = [message, entriesInWords(sequences)].filter(Boolean).join("; ");
  const colour = severity === "error" ? "red" : "yellow";
  const word = styled(status === "violated" ? colour : undefined, severity, io);
  const text = visible(`${status === "violated" ? rule : `${rule} (${status})`}: ${what}`);
  const padding = " ".repeat(LABEL - severity.length);
  // the colour takes no room on the terminal
  const lines = wrapped(" ".repeat(LABEL) + text, io.stdout.columns, LABEL).slice(LABEL);
  return `${word}${padding}${lines}\n`;
}

/** `#5, #6`; of many, the first ones and their number. */
export function entriesInWords(sequences: readonly number[]): string {
  const shown = sequences.slice(0, SHOWN).map((sequence) => `#${sequence}`);
  return sequences.length > shown.length
    ? `${shown.join(", ")} and ${sequences.length - shown.length} more`
    : shown.join(", ");
}

const SHOWN = 4;

function* findingsBelow(
  findings: readonly Finding[],
  io: CommandIo,
): Generator<string, void, undefined> {
  if (findings.length > 0) yield "\n";
  yield* findingLines(findings, io);
}

function voteTable(io: CommandIo, withRationale: boolean): Table<CaseVote> {
  const voters = new ShortIds();
  return new Table(io, {
    columns: () => [
      { title: "#", alignRight: true, cell: ({ sequence }) => String(sequence) },
      {
        title: "time",
        cell: ({ timestamp }) => timestamp,
        briefCell: ({ timestamp }) => briefly(timestamp),
      },
      {
        title: "voter",
        cell: ({ voter }) => voter,
        briefCell: ({ voter }) => voters.of(voter),
      },
      { title: "decision", cell: ({ decision }) => decision },
      { title: "weight", alignRight: true, cell: ({ weight }) => weight?.toString() ?? "unknown" },
      {
        title: "who",
        cell: voterInWords,
      },
      ...(withRationale
        ? [{ title: "why", cell: ({ rationale = "" }: CaseVote) => rationale }]
        : []),
    ],
    colour: ({ isFlagged }) => (isFlagged ? "red" : undefined),
  });
}

function endInWords({ ended }: Authorization): string {
  if (ended === undefined) return "";
  return ended.sequence === undefined ? ended.by : `${ended.by} #${ended.sequence}`;
}

/** A time to the second. */
function briefly(timestamp: string): string {
  return timestamp.replace(/^(.{10})T(.{8}).*Z$/, "$1 $2");
}

function at({ sequence, timestamp }: { readonly sequence: number; readonly timestamp: string }) {
  return `#${sequence} ${timestamp}`;
}

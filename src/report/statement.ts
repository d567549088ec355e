import { sha256Hex } from "../entry/sha256.js";
import { type Policy, policyOf } from "../governance/facts/policy.js";
import type { GovernanceTrail } from "../governance/trail.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import { counted, quoted } from "../text/safe-text.js";
import type { Verdict } from "../verify/verification-report.js";
import type { ReportEntry, ReportStatement } from "./report-input.js";
import { choiceOf, isInPeriod, isNamed } from "./report-scope.js";

/** What a page states, with its policy as it was read. */
export interface Statement extends ReportStatement {
  readonly policy: Policy | undefined;
}

/** The evidence in a page, which its statement must fit. */
export interface Held {
  readonly entries: readonly ReportEntry[];
  readonly checkpoint: Checkpoint;
  /** Whether they are all entries that the checkpoint covers. */
  readonly isWhole: boolean;
  /** Of these entries. */
  readonly trail: GovernanceTrail;
}

const STATEMENT = /<script type="application\/json" id="statement">(?<json>[^<]*)<\/script>/;

/** A statement as JSON for a script element: no character in it can end the element. */
export function statementJson(input: ReportStatement): string {
  const { title, scope, making, policyText, policySha256 } = input;
  const { held, uncovered, readTo, isComplete, verification, sampleSize } = input;
  const statement: ReportStatement = {
    title,
    scope,
    making,
    policyText,
    policySha256,
    held,
    uncovered,
    readTo,
    isComplete,
    verification,
    sampleSize,
  };
  return JSON.stringify(statement).replaceAll("<", "\\u003c");
}

/** What a page states, where it can be read as that. */
export function statementIn(html: string): Statement | undefined {
  try {
    const json = STATEMENT.exec(html)?.groups?.["json"] ?? "";
    const { scope, making, ...rest } = JSON.parse(json) as ReportStatement;
    const [since, until] = [dateOf(scope.since), dateOf(scope.until)];
    const { policyText } = rest;
    return {
      ...rest,
      title: String(rest.title),
      scope: { ...scope, ...(since && { since }), ...(until && { until }) },
      making: { ...making, version: String(making.version), at: new Date(making.at) },
      policy: policyText === undefined ? undefined : policyOf(JSON.parse(policyText)),
    };
  } catch {
    return undefined;
  }
}

function dateOf(value: Date | undefined): Date | undefined {
  return value === undefined ? undefined : new Date(value);
}

/** Says what in a statement no maker can have stated of this evidence. */
export function contradictionsOf(stated: ReportStatement, held: Held): string[] {
  const shape = [...malformedCounts(stated), ...malformedScope(stated)];
  // the rest takes counts for counts
  if (shape.length > 0) return shape;
  return [
    ...contradictedScope(stated, held),
    ...contradictedCounts(stated, held),
    ...contradictedPolicy(stated),
    ...contradictedVerification(stated),
  ];
}

function* malformedCounts({
  held,
  uncovered,
  readTo,
  sampleSize,
}: ReportStatement): Generator<string> {
  for (const [name, count] of Object.entries({ held, uncovered, readTo, sampleSize }))
    if (!isCount(count)) yield `the page states ${name} ${asJson(count)}, which is no count`;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function asJson(value: unknown): string {
  return quoted(JSON.stringify(value) ?? "nothing");
}

const CONDITIONS: ReadonlySet<string> = new Set(["since", "until", "proposalId", "subjectId"]);

function* malformedScope({ scope }: ReportStatement): Generator<string> {
  for (const name of Object.keys(scope))
    if (!CONDITIONS.has(name)) yield `the page states a condition ${quoted(name)}`;
  for (const name of ["proposalId", "subjectId"] as const) {
    const id: unknown = scope[name];
    if (name in scope && (typeof id !== "string" || id === ""))
      yield `the page states a condition ${name} that is no id`;
  }
}

/**
 * Compares the entries with what the scope chooses. Of a part of a log, only the whole log shows
 * which entries the answers about a proposal rest on. Without a period, some entry must name it.
 */
function* contradictedScope(
  { scope, uncovered }: ReportStatement,
  { entries, trail, isWhole }: Held,
): Generator<string> {
  const isIn = isWhole ? choiceOf(scope, trail) : isInPeriod(scope);
  const outside = entries.filter(({ entry }) => !isIn(entry));
  if (outside.length > 0)
    yield `entry ${outside[0]?.entry.sequence} is outside of the scope that the page states` +
      (outside.length > 1 ? `, and so are ${outside.length - 1} more` : "");
  const { since, until, proposalId, subjectId } = scope;
  if (isWhole || since !== undefined || until !== undefined || uncovered > 0) return;
  for (const [what, one] of [
    ["proposal", { ...(proposalId !== undefined && { proposalId }) }],
    ["subject", { ...(subjectId !== undefined && { subjectId }) }],
  ] as const)
    if (Object.keys(one).length > 0 && !entries.some(({ entry }) => isNamed(one, entry)))
      yield `the page is about a ${what} that no entry of it names`;
}

function* contradictedCounts(
  { scope, held, uncovered, readTo, isComplete }: ReportStatement,
  { entries, checkpoint, trail, isWhole }: Held,
): Generator<string> {
  const isAll = Object.values(scope).every((condition) => condition === undefined);
  const most = held - entries.length;
  if (most < 0 || (isWhole && isAll && most > 0))
    yield `the page states that its source held ${counted(held, "entry", "entries")}, and ` +
      `${isWhole ? "the evidence is a whole log of" : "the evidence has"} ${entries.length}`;
  else if (uncovered > most || (isWhole && uncovered > 0))
    yield `the page states that ${counted(uncovered, "entry", "entries")} of the scope ` +
      `${uncovered === 1 ? "is" : "are"} left out, which its other numbers contradict`;
  else if (isAll && !isWhole && uncovered < most)
    yield `the page has ${counted(entries.length, "entry", "entries")} and leaves out ` +
      `${uncovered} that no checkpoint covers; its source held ${held}, and no condition leaves ` +
      "out the others";
  const isEnd = isWhole && most === 0 ? readTo === trail.lastSequence : readTo + 1 >= held;
  if (!isEnd || readTo < trail.lastSequence)
    yield `the page states that the trail was read up to entry ${readTo}, which its other ` +
      "numbers contradict";
  const mustBeComplete = isWhole && most === 0;
  const canBeComplete = held === readTo + 1 && held >= checkpoint.size;
  if (typeof isComplete !== "boolean" || (isComplete ? !canBeComplete : mustBeComplete))
    yield `the page states that the trail ${isComplete ? "has no gap" : "has a gap"}, which its ` +
      "other numbers contradict";
}

function* contradictedPolicy({ policyText, policySha256 }: ReportStatement): Generator<string> {
  if ((policyText === undefined) !== (policySha256 === undefined))
    yield "the page states a policy without its SHA-256, or a SHA-256 without its policy";
  else if (policyText !== undefined && sha256Hex(policyText) !== policySha256)
    yield "the SHA-256 that the page states is not that of the policy in it";
}

const VERDICTS: readonly Verdict[] = ["verified", "failed", "unknown"];

/** What the maker's own check found is the maker's word. It must be one that a check can give. */
function* contradictedVerification({ verification, held }: ReportStatement): Generator<string> {
  if (verification === undefined) return;
  const { entries, covered, pruned, problems, problemCount, unknown } = verification;
  const verdicts = [verification.integrity, verification.completeness, verification.authenticity];
  const isMade =
    verdicts.every((verdict) => VERDICTS.includes(verdict)) &&
    [entries, covered, pruned, problemCount].every(isCount) &&
    Array.isArray(problems) &&
    Array.isArray(unknown) &&
    covered <= entries &&
    entries <= held &&
    problems.length <= problemCount &&
    problemCount > 0 === verdicts.includes("failed");
  if (!isMade) yield "what the page states of its maker's own check, no check can have found";
}

import { AuditError } from "../errors.js";
import type { ActorType, Result } from "./facts/proposal-facts.js";
import type { ProposalFile } from "./facts/proposal-file.js";
import type { Fold } from "./fold.js";
import { stateOf } from "./proposal-case.js";
import { isDecided } from "./rules/authorization-rules.js";

/** From when (inclusive) until when (exclusive) a report looks. */
export interface OversightPeriod {
  readonly since?: Date;
  readonly until?: Date;
}

/** How many were made by whom. `unknown`: the entries do not say it. */
export type ByActor = Readonly<Record<ActorType | "unknown", number>>;

/** How long something took. The times are undefined if it never happened. */
export interface Durations {
  readonly count: number;
  readonly medianSeconds: number | undefined;
  readonly maxSeconds: number | undefined;
}

/** A revocation by a decision, and how long it took from the proposal on. */
export interface Stop {
  readonly subjectId: string | undefined;
  readonly proposalId: string;
  readonly sequence: number;
  readonly seconds: number;
}

/** Who decided in a period, how fast, and with how much dissent. */
export interface Oversight {
  /** Proposals that began in the period, by how they stand at its end (or now, if earlier). */
  readonly proposals: Readonly<
    Record<"open" | "expired" | "passed" | "rejected" | "contradictory", number>
  >;
  readonly votes: ByActor;
  /** Grants and revocations. */
  readonly enactments: ByActor;
  /** Decided proposals with a vote against the result, and how many such votes there are. */
  readonly dissent: { readonly proposals: number; readonly votes: number };
  /** The mean share of the total weight that voted, over the results that record it. */
  readonly participation: number | undefined;
  /** From the proposal to its first result. */
  readonly timeToDecide: Durations;
  /** From the first passed result to its grant, revocation or node. */
  readonly timeToEnact: Durations;
  /** From a proposal that stops a subject to its revocation. */
  readonly timeToRevoke: Durations;
  /** The revocations that `timeToRevoke` sums up, in order. */
  readonly stops: readonly Stop[];
  /** Revocations without a decision to revoke. */
  readonly breakGlass: readonly number[];
}

/** Sums up a period of a trail. */
export function oversightOf(fold: Fold, { since, until }: OversightPeriod = {}): Oversight {
  const from = timeOf(since, "since") ?? Number.NEGATIVE_INFINITY;
  const to = timeOf(until, "until") ?? Number.POSITIVE_INFINITY;
  if (from > to) throw invalidPeriod("since", "expected a time that is not after until");
  const isBefore = ({ millis }: { readonly millis: number }): boolean => millis < to;
  const isIn = ({ millis }: { readonly millis: number }): boolean => millis >= from && millis < to;
  const proposals = { open: 0, expired: 0, passed: 0, rejected: 0, contradictory: 0 };
  const votes = noActors();
  const enactments = noActors();
  const dissent = { proposals: 0, votes: 0 };
  const toDecide: number[] = [];
  const toEnact: number[] = [];
  const stops: Stop[] = [];
  const shares: number[] = [];
  const breakGlass: number[] = [];
  for (const file of fold.files) {
    const { creation, passed, results, effects } = file;
    const [first] = results;
    if (creation !== undefined && isIn(creation))
      proposals[
        stateOf({ creation, ...decisionsOf(file, isBefore) }, Math.min(fold.nowMillis, to))
      ]++;
    for (const vote of file.votes) if (isIn(vote)) votes[vote.actorType ?? "unknown"]++;
    if (creation !== undefined && first !== undefined && isIn(first))
      toDecide.push(first.millis - creation.millis);
    if (first !== undefined && isIn(first)) {
      const against = votesAgainst(file, isBefore);
      if (against > 0) dissent.proposals++;
      dissent.votes += against;
    }
    for (const result of results) if (isIn(result)) shares.push(...shareOf(result));
    for (const effect of effects) {
      if (!isIn(effect)) continue;
      const isStop = effect.operation === "authorization_revoked";
      if (isStop || effect.operation === "authorization_granted")
        enactments[effect.actorType ?? "unknown"]++;
      if (isStop && !isDecided(effect, file, (kind) => fold.standing.confers(kind)))
        breakGlass.push(effect.sequence);
      else if (isStop && creation !== undefined)
        stops.push({
          subjectId: effect.subjectId,
          proposalId: file.proposalId,
          sequence: effect.sequence,
          seconds: (effect.millis - creation.millis) / 1000,
        });
    }
    const [enacted] = effects.filter(({ sequence }) => sequence > (passed?.sequence ?? Infinity));
    if (passed !== undefined && enacted !== undefined && isIn(enacted))
      toEnact.push(enacted.millis - passed.millis);
  }
  return {
    proposals,
    votes,
    enactments,
    dissent,
    participation:
      shares.length === 0 ? undefined : shares.reduce((sum, one) => sum + one, 0) / shares.length,
    timeToDecide: durationsOf(toDecide),
    timeToEnact: durationsOf(toEnact),
    timeToRevoke: durationsOf(stops.map(({ seconds }) => 1000 * seconds)),
    stops: stops.sort((a, b) => a.sequence - b.sequence),
    breakGlass: breakGlass.sort((a, b) => a - b),
  };
}

function timeOf(date: Date | undefined, field: string): number | undefined {
  if (date === undefined) return undefined;
  if (!(date instanceof Date) || Number.isNaN(date.getTime()))
    throw invalidPeriod(field, "expected a valid Date");
  return date.getTime();
}

function invalidPeriod(field: string, reason: string): AuditError {
  return new AuditError("invalid_query", `${field}: ${reason}`, { field });
}

function noActors(): Record<ActorType | "unknown", number> {
  return { human: 0, agent: 0, service: 0, unknown: 0 };
}

/** The first result of each kind by the end of the period. */
function decisionsOf(
  { results }: ProposalFile,
  isBefore: (result: Result) => boolean,
): Pick<ProposalFile, "passed" | "rejected"> {
  const [passed, rejected] = (["passed", "rejected"] as const).map((decision) =>
    results.find((result) => result.decision === decision && isBefore(result)),
  );
  return { passed, rejected };
}

function votesAgainst(
  file: ProposalFile,
  isBefore: (vote: ProposalFile["votes"][number]) => boolean,
): number {
  const winning = file.results[0]?.decision === "passed" ? "approve" : "reject";
  return file.votes.filter(
    (vote) =>
      isBefore(vote) &&
      vote.decision !== winning &&
      vote.decision !== "abstain" &&
      file.flagStateOf(vote.voter) !== "shown",
  ).length;
}

function shareOf({ approve, reject, abstain, total }: ProposalFile["results"][number]): number[] {
  if (
    approve === undefined ||
    reject === undefined ||
    abstain === undefined ||
    total === undefined ||
    total === 0
  )
    return [];
  return [(approve + reject + abstain) / total];
}

function durationsOf(millis: number[]): Durations {
  const seconds = millis.map((one) => one / 1000).sort((a, b) => a - b);
  const middle = Math.floor(seconds.length / 2);
  const [low = 0, high = 0] = [seconds[middle - 1], seconds[middle]];
  return {
    count: seconds.length,
    medianSeconds:
      seconds.length === 0 ? undefined : seconds.length % 2 === 1 ? high : (low + high) / 2,
    maxSeconds: seconds.at(-1),
  };
}

import { countingOf } from "./counting.js";
import type { ProposalFacts, Result } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { momentsOf } from "./vote-weight.js";
import type { Tally, Way } from "./way.js";

/** A result beside the votes that were recorded before it. */
export interface Recount {
  /** Whether the weights of the result are those of the votes. */
  readonly status: "kept" | "violated" | "undetermined";
  readonly reason: string;
  /** Votes that the reason is about. */
  readonly sequences: readonly number[];
  /** The votes that may have been counted: those that give the weights, if some do. */
  readonly ways: readonly Way[];
  /** What the votes give, by each way; undefined where the trail cannot show it. */
  readonly tallies: readonly Tally[] | undefined;
  /** False where votes may be among entries that are missing. */
  readonly isWhole: boolean;
}

/**
 * Counts the votes of a result anew. Where the policy does not say which votes of a voter count, a
 * result is kept if one of the ways gives its weights. Where members changed meanwhile and the
 * policy names no moment, every moment must give them.
 */
export function recount(file: ProposalFacts, result: Result, facts: TrailFacts): Recount {
  const { ways, fault, isWhole } = countingOf(file, result, facts);
  const recorded = claimOf(result);
  const moments = momentsOf(file, result, facts);
  const began = file.creation?.sequence ?? 0;
  const talliesAt = moments.map((moment) => {
    const total = facts.members.totalBefore(moment === "proposal" ? began : result.sequence);
    return ways.map((way) => way.tally(moment, total));
  });
  const all = talliesAt.flat();
  const tallies =
    file.creation === undefined || all.includes(undefined) ? undefined : (all as readonly Tally[]);
  const told = (status: Recount["status"], reason: string, kept = ways): Recount => ({
    status,
    reason,
    sequences: fault?.sequences ?? [],
    ways: kept,
    tallies,
    isWhole,
  });
  if (file.creation === undefined)
    return told("undetermined", "the entry of the proposal is missing");
  if (fault?.status === "violated") return told("violated", fault.reason);
  if (recorded === undefined)
    return told("undetermined", "the result does not record all of its weights");
  if (!facts.members.isRecorded)
    return told(
      "undetermined",
      fault?.reason ??
        (facts.isComplete
          ? "the trail records no nodes, so no weights"
          : "entries are missing, and the nodes with their weights may be among them"),
    );
  if (tallies === undefined)
    return told(
      "undetermined",
      fault?.reason ?? "the trail does not hold the weight of every voter",
    );
  const isKeptWith = (trust: "true" | "false"): boolean =>
    talliesAt.every((given) =>
      given.some(
        (tally, way) =>
          tally !== undefined &&
          isSame(tally, recorded) &&
          (ways[way]?.trust === trust || ways[way]?.trust === "either"),
      ),
    );
  const [keptIfTrue, keptIfFalse] = [isKeptWith("true"), isKeptWith("false")];
  if (keptIfTrue && keptIfFalse) {
    if (fault !== undefined) return told("undetermined", fault.reason);
    const kept = ways.filter((_, way) =>
      talliesAt.some(({ [way]: tally }) => tally !== undefined && isSame(tally, recorded)),
    );
    return told("kept", "", kept);
  }
  if (moments.length > 1)
    return told(
      "undetermined",
      "members changed between proposal and result, and the policy does not say which weights " +
        "count (membershipAt)",
    );
  if (keptIfTrue || keptIfFalse)
    return told(
      "undetermined",
      keptIfTrue
        ? "the result leaves out the vote of a voter who was flagged, but the log does not hold " +
            "the two different votes"
        : "the result counts the vote of a voter who was flagged, and the policy excludes it, " +
            "but the log does not hold the two different votes",
    );
  return told(
    "violated",
    `the result says ${inWords(recorded)}; the recorded votes give ${inWords(tallies[0])}`,
  );
}

/** The weights that a result records; undefined where it lacks one. */
export function claimOf({ approve, reject, abstain, total }: Result): Tally | undefined {
  return approve === undefined ||
    reject === undefined ||
    abstain === undefined ||
    total === undefined
    ? undefined
    : { approve, reject, abstain, total };
}

/**
 * Compares weights, which may be sums of fractions.
 *
 * @param whole - The weight of which they are a part. It decides how much rounding may change.
 */
export function isSameWeight(one: number, other: number, whole = 0): boolean {
  return isAtLeast(one, other, whole) && isAtLeast(other, one, whole);
}

/** Whether a weight reaches another one. Weights may be sums of fractions. */
export function isAtLeast(weight: number, wanted: number, whole = 0): boolean {
  return wanted - weight <= 1e-12 * Math.max(whole, Math.abs(weight), Math.abs(wanted));
}

/** Rounding in a sum is small beside the total, however small that is. */
function isSame(given: Tally, recorded: Tally): boolean {
  const { total } = given;
  return (
    isSameWeight(given.approve, recorded.approve, total) &&
    isSameWeight(given.reject, recorded.reject, total) &&
    isSameWeight(given.abstain, recorded.abstain, total) &&
    isSameWeight(total, recorded.total)
  );
}

function inWords(tally: Tally | undefined): string {
  if (tally === undefined) return "nothing";
  const { approve, reject, abstain, total } = tally;
  return `approve ${approve}, reject ${reject}, abstain ${abstain} of ${total}`;
}

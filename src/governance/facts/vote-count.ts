import type { CastVote, Creation, FlagState, ProposalFacts } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { timelinessOf } from "./timeliness.js";
import { type Choice, choicesOf, type Moment, membershipOf } from "./vote-weight.js";
import { type CountedVote, type Trust, Way } from "./way.js";

/** Of which votes one may count: all; those not late; those that are in time for sure. */
type Times = 0 | 1 | 2;

/** One way of counting, and the votes that it chooses. */
interface Chosen {
  readonly times: Times;
  readonly ofFlagged: Choice;
  readonly ofOthers: Choice;
  readonly way: Way;
}

/** The first and the last vote of a voter, by {@link Times}. */
interface Ballots {
  readonly first: (CountedVote | undefined)[];
  readonly last: (CountedVote | undefined)[];
}

/**
 * The votes of a proposal, counted in each way that the policy allows. It goes on from one result
 * to the next, so many results of many votes take no more time than the votes and the results.
 */
export class VoteCount {
  readonly #file: ProposalFacts;
  readonly #facts: TrailFacts;
  readonly #chosen: readonly Chosen[];
  readonly #ballots = new Map<string, Ballots>();
  readonly #flagged = new Map<string, FlagState>();
  /** What it rests on: where one of these changes, all votes must be counted again. */
  readonly #creation: Creation | undefined;
  readonly #isRecorded: boolean;
  readonly #isPlain: boolean;
  /** The result up to which it counted. */
  #decidedAt = -1;
  #flagCount = 0;
  #size = 0;

  constructor(file: ProposalFacts, facts: TrailFacts, moments: readonly Moment[]) {
    this.#file = file;
    this.#facts = facts;
    this.#creation = file.creation;
    this.#isRecorded = facts.members.isRecorded;
    this.#isPlain = isPlain(file);
    this.#chosen = waysFor(file, facts, moments);
  }

  get ways(): readonly Way[] {
    return this.#chosen.map(({ way }) => way);
  }

  /** How many votes there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether it can go on to a later result. */
  canReach(decidedAt: number): boolean {
    return (
      this.#decidedAt <= decidedAt &&
      this.#creation === this.#file.creation &&
      this.#isRecorded === this.#facts.members.isRecorded &&
      this.#isPlain === isPlain(this.#file)
    );
  }

  /** Counts the votes and flags before a result. */
  goTo(decidedAt: number): void {
    const after = this.#decidedAt;
    if (after === decidedAt) return;
    if (after >= 0) this.#weighAgain(after, decidedAt);
    this.#decidedAt = decidedAt;
    const { flags } = this.#file;
    for (let flag = flags[this.#flagCount]; flag !== undefined; flag = flags[this.#flagCount]) {
      if (flag.sequence >= decidedAt) break;
      this.#flagCount++;
      if (this.#stateOf(flag.voter) === this.#flagged.get(flag.voter)) continue;
      this.#change(flag.voter, () => this.#judge(flag.voter));
    }
    for (const vote of this.#file.votesAfter(after)) {
      if (vote.sequence >= decidedAt) break;
      // only what the policy says of a kind is about who voted
      const isOf = this.#facts.policy.kinds !== undefined;
      this.#add({ vote, membership: isOf ? membershipOf(vote, this.#facts) : "unknown" });
    }
  }

  /** Members changed since the last result, and with them what votes weigh at a decision. */
  #weighAgain(before: number, now: number): void {
    if (!this.#facts.isCompleteSince(before))
      for (const { way } of this.#chosen) way.forgetMembers();
    for (const voter of this.#facts.members.changedSince(before))
      for (const one of this.#chosen) {
        const vote = this.#isPlain ? this.#onlyVoteOf(voter, one) : this.#voteOf(voter, one)?.vote;
        if (vote === undefined) continue;
        one.way.weigh(vote, before, -1);
        one.way.weigh(vote, now, 1);
      }
  }

  #add(counted: CountedVote): void {
    const { voter } = counted.vote;
    const latest = latestTimes(counted.vote, this.#file);
    this.#size++;
    if (this.#isPlain) {
      for (const { times, way } of this.#chosen)
        if (times <= latest) way.add(counted, this.#decidedAt);
      return;
    }
    this.#change(voter, () => {
      if (this.#flagged.has(voter)) this.#judge(voter);
      const { first, last } = this.#ballotsOf(voter);
      for (let times = 0; times <= latest; times++) {
        first[times] ??= counted;
        last[times] = counted;
      }
    });
  }

  /** Changes what is known of a voter, and in each way the vote that it chooses. */
  #change(voter: string, change: () => void): void {
    const before = this.#chosen.map((one) => this.#voteOf(voter, one));
    change();
    for (const [index, one] of this.#chosen.entries()) {
      const [old, now] = [before[index], this.#voteOf(voter, one)];
      if (old === now) continue;
      if (old !== undefined) one.way.remove(old, this.#decidedAt);
      if (now !== undefined) one.way.add(now, this.#decidedAt);
    }
  }

  #stateOf(voter: string): FlagState {
    return this.#file.flagStateOf(voter, this.#decidedAt);
  }

  #judge(voter: string): void {
    this.#flagged.set(voter, this.#stateOf(voter));
  }

  #voteOf(voter: string, { times, ofFlagged, ofOthers, way }: Chosen): CountedVote | undefined {
    const state = this.#flagged.get(voter) ?? "none";
    const isTaken = state === "shown" || (state === "claimed" && way.trust !== "false");
    const choice = isTaken ? ofFlagged : ofOthers;
    return choice === "exclude" ? undefined : this.#ballots.get(voter)?.[choice][times];
  }

  /** Where every voter voted once, no ballots are kept. */
  #onlyVoteOf(voter: string, { times }: Chosen): CastVote | undefined {
    const [vote] = this.#file.votesOf(voter);
    if (vote === undefined || vote.sequence >= this.#decidedAt) return undefined;
    return times <= latestTimes(vote, this.#file) ? vote : undefined;
  }

  #ballotsOf(voter: string): Ballots {
    const known = this.#ballots.get(voter);
    if (known !== undefined) return known;
    const ballots: Ballots = { first: [], last: [] };
    this.#ballots.set(voter, ballots);
    return ballots;
  }
}

/** Whether every voter voted once, and nobody was flagged: then no choice is to be made. */
function isPlain(file: ProposalFacts): boolean {
  return !file.hasRepeatedVoters && file.flags.length === 0;
}

function waysFor(
  file: ProposalFacts,
  facts: TrailFacts,
  moments: readonly Moment[],
): readonly Chosen[] {
  const allTimes: readonly Times[] = file.creation?.expiresMillis === undefined ? [0] : [0, 1, 2];
  const [flagged, others] = isPlain(file)
    ? ([["last"], ["last"]] as const)
    : [choicesOf(true, facts.policy), choicesOf(false, facts.policy)];
  return allTimes.flatMap((times) =>
    flagged.flatMap((ofFlagged) =>
      others.flatMap((ofOthers) =>
        trustsOf(ofFlagged).map((trust) => ({
          times,
          ofFlagged,
          ofOthers,
          way: new Way(file, facts, moments, trust),
        })),
      ),
    ),
  );
}

/** Only a flag that takes a vote away must be shown. */
function trustsOf(ofFlagged: Choice): readonly Trust[] {
  return ofFlagged === "exclude" ? ["true", "false"] : ["either"];
}

function latestTimes(vote: CastVote, { creation }: ProposalFacts): Times {
  const timeliness = timelinessOf(vote, creation?.expiresMillis);
  return timeliness === "in time" ? 2 : timeliness === "late" ? 0 : 1;
}

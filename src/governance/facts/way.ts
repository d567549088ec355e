import type { Membership } from "./members.js";
import type { CastVote, ProposalFacts } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { type Moment, weightOf } from "./vote-weight.js";
import { WeightSum } from "./weight-sum.js";

/** The weights of a result. */
export interface Tally {
  readonly approve: number;
  readonly reject: number;
  readonly abstain: number;
  /** The weight of all members. */
  readonly total: number;
}

/** A vote that was counted, and whether it was cast by a member, as the trail showed it then. */
export interface CountedVote {
  readonly vote: CastVote;
  readonly membership: Membership;
}

/** How many there are for sure, and how many more there may be. */
export interface Heads {
  readonly sure: number;
  readonly open: number;
}

/** The sums of one moment. */
class Weights {
  readonly approve: WeightSum = new WeightSum();
  readonly reject: WeightSum = new WeightSum();
  readonly abstain: WeightSum = new WeightSum();
  /** Of answers that nobody knows. They count in no tally. */
  readonly other: WeightSum = new WeightSum();

  of(decision: string): WeightSum {
    return decision === "approve" || decision === "reject" || decision === "abstain"
      ? this[decision]
      : this.other;
  }
}

/** How many votes there are, and of how many the trail shows who cast them. */
class HeadCount {
  #all = 0;
  #members = 0;
  #strangers = 0;

  change(membership: Membership, by: 1 | -1): void {
    this.#all += by;
    if (membership === "member") this.#members += by;
    else if (membership === "stranger") this.#strangers += by;
  }

  /** Of nobody who voted until now, the trail shows any more who it was. */
  forget(): void {
    this.#members = 0;
    this.#strangers = 0;
  }

  get all(): number {
    return this.#all;
  }

  get heads(): Heads {
    return { sure: this.#members, open: this.#all - this.#members - this.#strangers };
  }
}

/**
 * Whether a way of counting takes flags whose conflicting vote is not in the log as true or as
 * false. `either` where the votes that it counts are the same.
 */
export type Trust = "true" | "false" | "either";

/** Votes that a result may have counted: how much they weigh, and how many are of members. */
export class Way {
  readonly trust: Trust;
  readonly #file: ProposalFacts;
  readonly #facts: TrailFacts;
  readonly #moments: readonly Moment[];
  readonly #weights: readonly Weights[];
  readonly #voters = new HeadCount();
  readonly #humans = new HeadCount();
  /** Approvals that do not say whether a human gave them. */
  readonly #maybeHumans = new HeadCount();

  constructor(
    file: ProposalFacts,
    facts: TrailFacts,
    moments: readonly Moment[],
    trust: Trust = "either",
  ) {
    this.trust = trust;
    this.#file = file;
    this.#facts = facts;
    this.#moments = moments;
    this.#weights = moments.map(() => new Weights());
  }

  /** @param decidedAt - The result that counts it, here and below. */
  add(counted: CountedVote, decidedAt: number): void {
    this.#count(counted, 1);
    this.weigh(counted.vote, decidedAt, 1);
  }

  remove(counted: CountedVote, decidedAt: number): void {
    this.#count(counted, -1);
    this.weigh(counted.vote, decidedAt, -1);
  }

  /** Adds the weight of a vote, or takes it away. */
  weigh(vote: CastVote, decidedAt: number, by: 1 | -1): void {
    for (let index = 0; index < this.#moments.length; index++) {
      const moment = this.#moments[index] as Moment;
      const weight = weightOf(vote, moment, this.#file, decidedAt, this.#facts.members);
      this.#weights[index]?.of(vote.decision).add(weight, by);
    }
  }

  /** Entries are missing after all votes so far, so it is unknown who was a member. */
  forgetMembers(): void {
    for (const heads of [this.#voters, this.#humans, this.#maybeHumans]) heads.forget();
  }

  /** What the votes weigh at a moment; undefined where the trail cannot show it. */
  tally(moment: Moment, total: number | undefined): Tally | undefined {
    const weights = this.#weights[this.#moments.indexOf(moment)];
    const approve = weights?.approve.sum;
    const reject = weights?.reject.sum;
    const abstain = weights?.abstain.sum;
    if (approve === undefined || reject === undefined || abstain === undefined) return undefined;
    if (total === undefined || weights?.other.sum === undefined) return undefined;
    return { approve, reject, abstain, total };
  }

  /** The votes of members. */
  get members(): Heads {
    return this.#voters.heads;
  }

  /** The approvals by human members. */
  get humans(): Heads {
    const { sure, open } = this.#humans.heads;
    const maybe = this.#maybeHumans.heads;
    return { sure, open: open + maybe.sure + maybe.open };
  }

  #count({ vote, membership }: CountedVote, by: 1 | -1): void {
    const known = this.#facts.isCompleteSince(vote.sequence) ? membership : "unknown";
    this.#voters.change(known, by);
    if (vote.decision !== "approve") return;
    if (vote.actorType === "human") this.#humans.change(known, by);
    else if (vote.actorType === undefined) this.#maybeHumans.change(known, by);
  }
}

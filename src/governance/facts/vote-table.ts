import type { ActorType, CastVote, TimeSpan } from "./proposal-facts.js";
import { spanOf } from "./timeliness.js";

/** Says that there is no row. */
export const NO_ROW = 0xffff_ffff;

/** How many votes a part of the table has: 2 to this power. */
const PART_BITS = 13;
const PART = 1 << PART_BITS;

const ACTOR_TYPES: readonly (ActorType | undefined)[] = [undefined, "human", "agent", "service"];
/** A row adds it to the number of the actor type. */
const HAS_DELEGATION = ACTOR_TYPES.length;

/** Some votes, in columns. */
class Part {
  readonly sequences = new Float64Array(PART);
  readonly millis = new Float64Array(PART);
  readonly voters = new Uint32Array(PART);
  readonly decisions = new Uint32Array(PART);
  readonly actors = new Uint8Array(PART);
  /** The next vote of the same proposal. */
  readonly next = new Uint32Array(PART);
  /** The vote before of the same voter in the same proposal. */
  readonly earlier = new Uint32Array(PART);
  readonly ids: (string | undefined)[] = [];
  /** Of most votes, all times are the same. Made for the first vote of which they differ. */
  earliest: Float64Array | undefined;
  latest: Float64Array | undefined;
}

/**
 * The votes of all proposals, in columns. Here a vote takes some 45 bytes and its id. As an object
 * it took 150, and each round of the garbage collector went through all of them (measured). The
 * table grows by whole parts, so nothing is copied.
 */
export class VoteTable {
  #length = 0;
  readonly #parts: Part[] = [];
  /** What few votes have. */
  readonly #rest = new Map<number, Pick<CastVote, "weight" | "rationale" | "onBehalfOf">>();
  /** Voters and decisions come again and again. A row has their number. */
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  /**
   * Adds a vote. Gives its row.
   *
   * @param voter - Its number: see {@link numberFor}.
   * @param last - The last vote of its proposal.
   * @param earlier - The last vote of its voter in this proposal.
   */
  add(vote: CastVote, voter: number, last: number, earlier: number): number {
    const row = this.#length++;
    const at = row % PART;
    if (at === 0) this.#parts.push(new Part());
    const part = this.#partOf(row);
    part.sequences[at] = vote.sequence;
    part.millis[at] = vote.millis;
    part.voters[at] = voter;
    part.decisions[at] = this.numberFor(vote.decision);
    part.actors[at] =
      ACTOR_TYPES.indexOf(vote.actorType) + (vote.hasDelegation ? HAS_DELEGATION : 0);
    part.next[at] = NO_ROW;
    part.earlier[at] = earlier;
    part.ids.push(vote.voteId);
    if (vote.span !== undefined) {
      part.earliest ??= part.millis.slice();
      part.latest ??= part.millis.slice();
    }
    if (part.earliest !== undefined) part.earliest[at] = spanOf(vote).earliestMillis;
    if (part.latest !== undefined) part.latest[at] = spanOf(vote).latestMillis;
    if (last !== NO_ROW) this.#partOf(last).next[last % PART] = row;
    const { weight, rationale, onBehalfOf } = vote;
    if (weight !== undefined || rationale !== undefined || onBehalfOf !== undefined)
      this.#rest.set(row, { weight, rationale, onBehalfOf });
    return row;
  }

  at(row: number): CastVote {
    const part = this.#partOf(row);
    const rest = this.#rest.get(row);
    const millis = part.millis[row % PART] ?? 0;
    const actor = part.actors[row % PART] ?? 0;
    return {
      sequence: this.sequence(row),
      millis,
      span: this.#spanAt(row, millis),
      voter: this.#texts[this.voter(row)] ?? "",
      decision: this.decision(row),
      voteId: this.voteId(row),
      weight: rest?.weight,
      hasDelegation: actor >= HAS_DELEGATION,
      actorType: ACTOR_TYPES[actor % HAS_DELEGATION],
      onBehalfOf: rest?.onBehalfOf,
      rationale: rest?.rationale,
    };
  }

  #spanAt(row: number, millis: number): TimeSpan | undefined {
    const { earliest, latest } = this.#partOf(row);
    if (earliest === undefined) return undefined;
    const earliestMillis = earliest[row % PART] ?? millis;
    const latestMillis = latest?.[row % PART] ?? millis;
    return earliestMillis === latestMillis ? undefined : { earliestMillis, latestMillis };
  }

  sequence(row: number): number {
    return this.#partOf(row).sequences[row % PART] ?? 0;
  }

  decision(row: number): string {
    return this.#texts[this.#partOf(row).decisions[row % PART] ?? 0] ?? "";
  }

  voteId(row: number): string | undefined {
    return this.#partOf(row).ids[row % PART];
  }

  /** The number of its voter. */
  voter(row: number): number {
    return this.#partOf(row).voters[row % PART] ?? 0;
  }

  next(row: number): number {
    return this.#partOf(row).next[row % PART] ?? NO_ROW;
  }

  earlier(row: number): number {
    return this.#partOf(row).earlier[row % PART] ?? NO_ROW;
  }

  /** The number of a voter or a decision. Each has one from its first vote on. */
  numberFor(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The number of a voter; undefined for one who never voted. */
  numberOf(voter: string): number | undefined {
    return this.#numbers.get(voter);
  }

  #partOf(row: number): Part {
    return this.#parts[row >>> PART_BITS] as Part;
  }
}

import type { ActorType, CastVote } from "./proposal-facts.js";

/** Says that there is no row. */
export const NO_ROW = 0xffff_ffff;

const FIRST_LENGTH = 64;
const ACTOR_TYPES: readonly (ActorType | undefined)[] = [undefined, "human", "agent", "service"];

/**
 * The votes of all proposals, in columns. Here a vote takes some 45 bytes and its id. As an object
 * it took 150, and each round of the garbage collector went through all of them (measured).
 */
export class VoteTable {
  #length = 0;
  #sequences = new Float64Array(FIRST_LENGTH);
  #millis = new Float64Array(FIRST_LENGTH);
  #voters = new Uint32Array(FIRST_LENGTH);
  #decisions = new Uint32Array(FIRST_LENGTH);
  #actorTypes = new Uint8Array(FIRST_LENGTH);
  /** The next vote of the same proposal. */
  #next = new Uint32Array(FIRST_LENGTH);
  /** The vote before of the same voter in the same proposal. */
  #earlier = new Uint32Array(FIRST_LENGTH);
  readonly #ids: (string | undefined)[] = [];
  /** What few votes have. */
  readonly #rest = new Map<number, Pick<CastVote, "weight" | "rationale" | "onBehalfOf">>();
  /** Voters and decisions come again and again. A row has their number. */
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  /**
   * Adds a vote. Gives its row.
   *
   * @param last - The last vote of its proposal.
   * @param earlier - The last vote of its voter in this proposal.
   */
  add(vote: CastVote, last: number, earlier: number): number {
    const row = this.#length++;
    if (row === this.#sequences.length) this.#grow();
    this.#sequences[row] = vote.sequence;
    this.#millis[row] = vote.millis;
    this.#voters[row] = this.#numberFor(vote.voter);
    this.#decisions[row] = this.#numberFor(vote.decision);
    this.#actorTypes[row] = ACTOR_TYPES.indexOf(vote.actorType);
    this.#next[row] = NO_ROW;
    this.#earlier[row] = earlier;
    this.#ids.push(vote.voteId);
    if (last !== NO_ROW) this.#next[last] = row;
    const { weight, rationale, onBehalfOf } = vote;
    if (weight !== undefined || rationale !== undefined || onBehalfOf !== undefined)
      this.#rest.set(row, { weight, rationale, onBehalfOf });
    return row;
  }

  at(row: number): CastVote {
    const rest = this.#rest.get(row);
    return {
      sequence: this.sequence(row),
      millis: this.#millis[row] ?? 0,
      voter: this.#texts[this.voter(row)] ?? "",
      decision: this.decision(row),
      voteId: this.#ids[row],
      weight: rest?.weight,
      actorType: ACTOR_TYPES[this.#actorTypes[row] ?? 0],
      onBehalfOf: rest?.onBehalfOf,
      rationale: rest?.rationale,
    };
  }

  sequence(row: number): number {
    return this.#sequences[row] ?? 0;
  }

  decision(row: number): string {
    return this.#texts[this.#decisions[row] ?? 0] ?? "";
  }

  voteId(row: number): string | undefined {
    return this.#ids[row];
  }

  /** The number of its voter. */
  voter(row: number): number {
    return this.#voters[row] ?? 0;
  }

  /** The number of a voter; undefined for one who never voted. */
  numberOf(voter: string): number | undefined {
    return this.#numbers.get(voter);
  }

  next(row: number): number {
    return this.#next[row] ?? NO_ROW;
  }

  earlier(row: number): number {
    return this.#earlier[row] ?? NO_ROW;
  }

  #numberFor(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #grow(): void {
    const length = Math.ceil(this.#length * 1.5);
    this.#sequences = new Float64Array(this.#sequences.buffer.transfer(8 * length));
    this.#millis = new Float64Array(this.#millis.buffer.transfer(8 * length));
    this.#voters = new Uint32Array(this.#voters.buffer.transfer(4 * length));
    this.#decisions = new Uint32Array(this.#decisions.buffer.transfer(4 * length));
    this.#actorTypes = new Uint8Array(this.#actorTypes.buffer.transfer(length));
    this.#next = new Uint32Array(this.#next.buffer.transfer(4 * length));
    this.#earlier = new Uint32Array(this.#earlier.buffer.transfer(4 * length));
  }
}

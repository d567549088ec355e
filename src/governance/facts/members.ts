import { WeightSum } from "./weight-sum.js";

/** A node of the federation. */
export interface Member {
  readonly did: string;
  readonly name?: string;
  /** Undefined where the trail does not say it. */
  readonly weight: number | undefined;
  /** The entry that added it, or changed it last. */
  readonly sequence: number;
}

/** Whether a node is a member: it is, it is not, or the trail cannot show it. */
export type Membership = "member" | "stranger" | "unknown";

/** What rules ask about the members. */
export interface MemberFacts {
  /** Whether the trail records nodes at all. Without that, membership is unknown. */
  readonly isRecorded: boolean;
  /** Whether a node is a member now. */
  membership(did: string): Membership;
  /** Whether a node was a member before an entry. */
  membershipBefore(did: string, sequence: number): Membership;
  /**
   * The weight of a node before an entry: 0 for a stranger, undefined if the trail cannot show it.
   */
  weightBefore(did: string, sequence: number): number | undefined;
  /** The weight of all members before an entry; undefined if the trail cannot show it. */
  totalBefore(sequence: number): number | undefined;
  /** The nodes that came, changed or went after an entry, each once. */
  changedSince(sequence: number): Iterable<string>;
  /** Whether a node came, changed or went between two entries. */
  changedBetween(after: number, before: number): boolean;
}

/** One node that came, changed or went. */
interface Change {
  readonly sequence: number;
  readonly millis: number;
  readonly did: string;
  readonly isMember: boolean;
  readonly name: string | undefined;
  readonly weight: number | undefined;
}

/** A change, with the weight of all members after it; undefined where one has none. */
interface Recorded extends Change {
  readonly total: number | undefined;
}

const NO_CHANGES: readonly Change[] = [];

/** The members of the federation at any entry. */
export class Members implements MemberFacts {
  readonly #changes: Recorded[] = [];
  readonly #ofNode = new Map<string, Change[]>();
  readonly #weights = new WeightSum();
  /** The first entry after the newest gap; 0 while nothing is missing. */
  #knownSince = 0;
  #isRecorded = false;

  /** A node came, or came again with another weight, or went. */
  change(change: Change): void {
    const known = this.#ofNode.get(change.did);
    const newest = known?.at(-1);
    if (newest?.isMember) this.#weights.add(newest.weight, -1);
    if (change.isMember) this.#weights.add(change.weight, 1);
    this.#changes.push({ ...change, total: this.#weights.sum });
    if (known === undefined) this.#ofNode.set(change.did, [change]);
    else known.push(change);
    this.#isRecorded ||= change.isMember;
  }

  /** Entries are missing before this one. */
  gapBefore(sequence: number): void {
    this.#knownSince = sequence;
  }

  get isRecorded(): boolean {
    return this.#isRecorded;
  }

  membership(did: string): Membership {
    return this.membershipBefore(did, Number.POSITIVE_INFINITY);
  }

  membershipBefore(did: string, sequence: number): Membership {
    if (!this.#isRecorded) return "unknown";
    const newest = lastBefore(this.#ofNode.get(did) ?? NO_CHANGES, sequence);
    if (newest === undefined) return this.#knownSince > 0 ? "unknown" : "stranger";
    if (newest.sequence < this.#knownSince) return "unknown";
    return newest.isMember ? "member" : "stranger";
  }

  weightBefore(did: string, sequence: number): number | undefined {
    if (!this.#isRecorded || this.#knownSince > 0) return undefined;
    const change = lastBefore(this.#ofNode.get(did) ?? NO_CHANGES, sequence);
    if (change === undefined || !change.isMember) return 0;
    return change.weight;
  }

  totalBefore(sequence: number): number | undefined {
    if (!this.#isRecorded || this.#knownSince > 0) return undefined;
    const newest = lastBefore(this.#changes, sequence);
    return newest === undefined ? 0 : newest.total;
  }

  changedBetween(after: number, before: number): boolean {
    const change = lastBefore(this.#changes, before);
    return change !== undefined && change.sequence > after;
  }

  changedSince(sequence: number): Iterable<string> {
    const since = new Set<string>();
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index];
      if (change === undefined || change.sequence <= sequence) break;
      since.add(change.did);
    }
    return since;
  }

  /** The entries by which nodes came, changed or went, before an entry. */
  changesBefore(before: number): number[] {
    return this.#changes.map(({ sequence }) => sequence).filter((sequence) => sequence < before);
  }

  /** The members by the changes that count, in the order in which they came. */
  list(counts: (change: Change) => boolean = () => true): Member[] {
    const members = new Map<string, Member>();
    for (const change of this.#changes) {
      if (!counts(change)) continue;
      const { did, name, weight, sequence, isMember } = change;
      if (isMember)
        members.set(did, { did, ...(name === undefined ? {} : { name }), weight, sequence });
      else members.delete(did);
    }
    return [...members.values()];
  }
}

/** The last change before an entry. */
function lastBefore<T extends Change>(changes: readonly T[], sequence: number): T | undefined {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return changes[low - 1];
}

import {
  type AuthorizationEnd,
  type GrantFilter,
  type StandingEvent,
  untilOf,
} from "./standing-facts.js";

/** A grant, and its end if it had one. */
export interface Grant {
  readonly event: StandingEvent;
  end: AuthorizationEnd | undefined;
}

/** From this number on, an index finds grants. Few are read through. */
const INDEXED_FROM = 64;

interface GrantIndex {
  readonly ofKind: Map<string, GrantHeap>;
  readonly ofProposal: Map<string, GrantHeap>;
}

/**
 * The grants of a subject that nothing ended yet, but for their expiry. No question about them
 * looks at all of them: a subject may have one for each day of years.
 */
export class OpenGrants {
  #few: Grant[] = [];
  #index: GrantIndex | undefined = undefined;

  get isEmpty(): boolean {
    return this.#few.length === 0 && this.#index === undefined;
  }

  /** @param knownSince - The first entry after the newest gap; 0 where nothing is missing. */
  add(grant: Grant, knownSince: number): void {
    if (this.#index === undefined) this.#few.push(grant);
    else addTo(this.#index, grant, knownSince);
    if (this.#few.length < INDEXED_FROM) return;
    this.#index = { ofKind: new Map(), ofProposal: new Map() };
    for (const one of this.#few)
      addTo(this.#index, one, one.event.sequence < knownSince ? 0 : knownSince);
    this.#few = [];
  }

  list(filter: GrantFilter): Grant[] {
    return this.#index === undefined
      ? this.#few.filter((grant) => isOf(grant, filter))
      : heapsOf(this.#index, filter).flatMap((heap) => heap.list());
  }

  /**
   * Until when the longest is valid; -Infinity where there is none.
   *
   * @param since - 0 for all, or the first entry after the newest gap for those since.
   */
  validUntil(filter: GrantFilter, since: number): number {
    let longest = Number.NEGATIVE_INFINITY;
    if (this.#index !== undefined)
      for (const heap of heapsOf(this.#index, filter))
        longest = Math.max(longest, heap.validUntil(since));
    for (const grant of this.#few)
      if (grant.event.sequence >= since && isOf(grant, filter))
        longest = Math.max(longest, untilOf(grant.event));
    return longest;
  }

  /** Ends some of them. */
  end(grants: readonly Grant[], end: AuthorizationEnd): void {
    if (grants.length === 0) return;
    for (const grant of grants) grant.end = end;
    if (this.#index === undefined) {
      this.#few = this.#few.filter((grant) => grant.end === undefined);
      return;
    }
    const { ofKind, ofProposal } = this.#index;
    for (const { event } of grants) {
      if (ofKind.get(event.kind ?? "")?.closeOne() === 0) ofKind.delete(event.kind ?? "");
      if (ofProposal.get(event.proposalId ?? "")?.closeOne() === 0)
        ofProposal.delete(event.proposalId ?? "");
    }
    if (ofKind.size === 0) this.#index = undefined;
  }
}

function isOf({ event }: Grant, { kind, proposalId }: GrantFilter): boolean {
  return (
    (kind === undefined || event.kind === kind) &&
    (proposalId === undefined || event.proposalId === proposalId)
  );
}

function addTo({ ofKind, ofProposal }: GrantIndex, grant: Grant, knownSince: number): void {
  const { kind = "", proposalId = "" } = grant.event;
  for (const [heaps, name] of [
    [ofKind, kind],
    [ofProposal, proposalId],
  ] as const) {
    const heap = heaps.get(name) ?? new GrantHeap();
    heaps.set(name, heap);
    heap.add(grant, knownSince);
  }
}

function heapsOf(
  { ofKind, ofProposal }: GrantIndex,
  { kind, proposalId }: GrantFilter,
): GrantHeap[] {
  if (kind === undefined && proposalId === undefined) return [...ofKind.values()];
  const heap = proposalId === undefined ? ofKind.get(kind ?? "") : ofProposal.get(proposalId);
  return heap === undefined ? [] : [heap];
}

/** Grants with the one on top that is valid longest. One that ended goes when it is on top. */
class GrantHeap {
  #open = 0;
  readonly #all: Grant[] = [];
  /** Those since the newest gap. */
  #certain: Grant[] = [];
  #knownSince = 0;

  add(grant: Grant, knownSince: number): void {
    this.#open++;
    push(this.#all, grant);
    if (knownSince === 0) return;
    if (knownSince !== this.#knownSince) this.#certain = [];
    this.#knownSince = knownSince;
    push(this.#certain, grant);
  }

  /** One of them ended. Gives how many are open. */
  closeOne(): number {
    return --this.#open;
  }

  list(): Grant[] {
    return this.#all.filter(({ end }) => end === undefined);
  }

  validUntil(since: number): number {
    const heap = since === 0 ? this.#all : since === this.#knownSince ? this.#certain : [];
    while (heap[0]?.end !== undefined) removeTop(heap);
    return heap[0] === undefined ? Number.NEGATIVE_INFINITY : untilOf(heap[0].event);
  }
}

function push(heap: Grant[], grant: Grant): void {
  const until = untilOf(grant.event);
  let place = heap.push(grant) - 1;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above] as Grant;
    if (untilOf(parent.event) >= until) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = grant;
}

function removeTop(heap: Grant[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  const until = untilOf(last.event);
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    const [left, right] = [heap[below], heap[below + 1]];
    if (left === undefined) break;
    if (right !== undefined && untilOf(right.event) > untilOf(left.event)) below++;
    const larger = heap[below] as Grant;
    if (untilOf(larger.event) <= until) break;
    heap[place] = larger;
    place = below;
  }
  heap[place] = last;
}

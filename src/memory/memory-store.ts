import type { AuditEntry } from "../entry/audit-entry.js";
import type { ColumnName } from "../entry/columns.js";
import type { ParsedQuery } from "../query/audit-query.js";
import { passesFilters } from "../query/audit-reader.js";
import { Blocks } from "./blocks.js";
import { ColumnIndex } from "./column-index.js";
import type { Postings, Walker } from "./postings.js";
import { anyOf } from "./union.js";

/** Bounds of a {@link MemoryStore}. */
export interface MemoryBounds {
  readonly maxEntries: number;
  /** In bytes of canonical lines; Infinity for no such bound. */
  readonly maxBytes: number;
}

/** Bounds, and what must stay in memory whatever they are. */
export interface MemoryStoreOptions extends MemoryBounds {
  /** Entries from this sequence on are not evicted. By default, all can be. */
  readonly evictableBefore?: () => number;
}

/**
 * The newest entries of a log, bounded, first in first out. Append and eviction are O(1); a query
 * walks the sequences of its columns in step (a leapfrog join over sorted postings, or unions of
 * them) and stops at its limit, so that it never looks at an entry whose columns do not match.
 */
export class MemoryStore {
  readonly #bounds: MemoryBounds;
  readonly #evictableBefore: () => number;
  readonly #blocks = new Blocks();
  readonly #indexes: Readonly<Record<ColumnName, ColumnIndex>> = {
    operation: new ColumnIndex(),
    proposalId: new ColumnIndex(),
    actorDid: new ColumnIndex(),
    subjectId: new ColumnIndex(),
    kind: new ColumnIndex(),
    decision: new ColumnIndex(),
  };
  #bytes = 0;

  /** Makes an empty store. */
  constructor({ evictableBefore = () => Number.POSITIVE_INFINITY, ...bounds }: MemoryStoreOptions) {
    this.#bounds = bounds;
    this.#evictableBefore = evictableBefore;
  }

  /** The least sequence that it holds; one more than the newest when it is empty. */
  get first(): number {
    return this.#blocks.first;
  }

  /** How many entries it holds. */
  get length(): number {
    return this.#blocks.end - this.#blocks.first;
  }

  /** The entry of a sequence, if held. */
  get(sequence: number): AuditEntry | undefined {
    return this.#blocks.get(sequence);
  }

  /**
   * Appends the entry of the next sequence and evicts the oldest ones until the bounds hold again.
   *
   * @param time - When it happened, in milliseconds.
   * @param bytes - Of its canonical line; counts towards `maxBytes`.
   */
  append(entry: AuditEntry, time: number, bytes: number): void {
    this.#blocks.append(entry, time, bytes);
    // spelt out: a loop over column names costs a quarter more (measured)
    const { operation, proposalId, actorDid, subjectId, kind, decision } = this.#indexes;
    const { sequence } = entry;
    operation.append(entry.operation, sequence);
    proposalId.append(entry.proposalId, sequence);
    actorDid.append(entry.actorDid, sequence);
    subjectId.append(entry.subjectId, sequence);
    kind.append(entry.kind, sequence);
    decision.append(entry.decision, sequence);
    this.#bytes += bytes;
    this.trim();
  }

  /** Evicts the oldest entries until the bounds hold, as far as entries can be evicted. */
  trim(): void {
    const { maxEntries, maxBytes } = this.#bounds;
    while (
      (this.length > maxEntries || this.#bytes > maxBytes) &&
      this.#blocks.first < this.#evictableBefore()
    )
      this.#evict();
  }

  /** Evicts the entries before a sequence, as far as they can be evicted. */
  evictBefore(sequence: number): void {
    const end = Math.min(sequence, this.#evictableBefore());
    if (end >= this.#blocks.end) this.#clear();
    else while (this.#blocks.first < end) this.#evict();
  }

  /** The entries of a query in its order, at most its limit. */
  select(query: ParsedQuery): AuditEntry[] {
    const found: AuditEntry[] = [];
    if (query.limit === 0) return found;
    for (const sequence of this.#matches(query)) {
      found.push(this.#blocks.get(sequence) as AuditEntry);
      if (found.length === query.limit) break;
    }
    return found;
  }

  /** How many entries a query matches, its limit aside. */
  count(query: ParsedQuery): number {
    let count = 0;
    for (const _ of this.#matches(query)) count++;
    return count;
  }

  /** All entries, oldest first, as they are at the call. */
  snapshot(): AuditEntry[] {
    const entries: AuditEntry[] = [];
    for (let sequence = this.#blocks.first; sequence < this.#blocks.end; sequence++)
      entries.push(this.#blocks.get(sequence) as AuditEntry);
    return entries;
  }

  #clear(): void {
    this.#blocks.clear();
    for (const index of Object.values(this.#indexes)) index.clear();
    this.#bytes = 0;
  }

  #evict(): void {
    const { entry, bytes } = this.#blocks.evict();
    this.#bytes -= bytes;
    const { operation, proposalId, actorDid, subjectId, kind, decision } = this.#indexes;
    operation.evict(entry.operation);
    proposalId.evict(entry.proposalId);
    actorDid.evict(entry.actorDid);
    subjectId.evict(entry.subjectId);
    kind.evict(entry.kind);
    decision.evict(entry.decision);
  }

  *#matches(query: ParsedQuery): Generator<number, void, undefined> {
    const walkers = this.#walkers(query);
    if (walkers === undefined) return;
    const { newestFirst } = query;
    const isUnfiltered = query.details.length === 0 && query.traceId === undefined;
    const step = newestFirst ? -1 : 1;
    const first = Math.max(this.#blocks.first, query.after + 1);
    const last = Math.min(this.#blocks.end, query.before) - 1;
    let candidate = newestFirst ? last : first;
    while (candidate >= first && candidate <= last) {
      const agreed = agree(walkers, candidate);
      if (agreed === undefined || agreed < first || agreed > last) return;
      if (isUnfiltered || passesFilters(this.#blocks.get(agreed) as AuditEntry, query))
        yield agreed;
      candidate = agreed + step;
    }
  }

  /** One walker for each condition, the rarest first; undefined when no entry has its values. */
  #walkers(query: ParsedQuery): Walker[] | undefined {
    const conditions: { readonly length: number; readonly lists: readonly Postings[] }[] = [];
    for (const { column, values } of query.columns) {
      const lists = values.flatMap((value) => this.#indexes[column].find(value) ?? []);
      if (lists.length === 0) return undefined;
      conditions.push({ length: lists.reduce((sum, list) => sum + list.length, 0), lists });
    }
    conditions.sort((a, b) => a.length - b.length);
    const walkers = conditions.map(({ lists }) =>
      anyOf(
        lists.map((list) => (query.newestFirst ? list.newestFirst() : list.oldestFirst())),
        query.newestFirst,
      ),
    );
    if (
      query.sinceMillis !== Number.NEGATIVE_INFINITY ||
      query.untilMillis !== Number.POSITIVE_INFINITY
    )
      walkers.push(this.#blocks.within(query.sinceMillis, query.untilMillis, query.newestFirst));
    return walkers;
  }
}

/** The next sequence, from the candidate on, at which all walkers stand. */
function agree(walkers: readonly Walker[], from: number): number | undefined {
  let candidate = from;
  let agreeing = 0;
  for (let turn = 0; agreeing < walkers.length; turn = (turn + 1) % walkers.length) {
    const found = (walkers[turn] as Walker).seek(candidate);
    if (found === undefined) return undefined;
    agreeing = found === candidate ? agreeing + 1 : 1;
    candidate = found;
  }
  return candidate;
}

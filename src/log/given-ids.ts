import { isDeepStrictEqual } from "node:util";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { ValidEvent } from "../entry/audit-event.js";
import { OPTIONAL_COLUMNS } from "../entry/columns.js";
import type { JsonObject } from "../entry/json.js";
import { formatTimestamp } from "../entry/timestamp.js";
import { invalidEntry } from "../errors.js";
import type { Journal } from "../journal/journal.js";
import type { MemoryStore } from "../memory/memory-store.js";

/** A call that gave the id of its entry. */
export interface GivenCall {
  readonly id: string;
  /** The details that the option `about` added to the call. */
  readonly ofOption: readonly string[];
}

/** An entry whose call gave its id. */
export interface GivenEntry {
  readonly entry: AuditEntry;
  readonly ofOption: readonly string[];
}

/**
 * The ids that callers gave, so that a call can be repeated. A journal has a table of those that it
 * holds. Here are only those that no journal has: of a log without one, and of a group that is not
 * committed yet.
 */
export class GivenIds {
  readonly #memory: MemoryStore;
  readonly #journal: Journal | undefined;
  readonly #given = new Map<string, GivenEntry>();

  /** Knows no id yet but those in the journal. */
  constructor(memory: MemoryStore, journal: Journal | undefined) {
    this.#memory = memory;
    this.#journal = journal;
  }

  /**
   * The entry of the first call with an id; undefined if this is the first.
   *
   * @param event - What this call would record.
   * @throws `AuditError` `invalid_entry` when the first call recorded something else, or its entry
   * was pruned; `journal_failed`.
   */
  repeated({ id, ofOption }: GivenCall, event: ValidEvent): AuditEntry | undefined {
    if (this.#journal === undefined) this.#forgetEvicted();
    const first = this.#given.get(id) ?? this.#inJournal(id);
    if (first === undefined) return undefined;
    const other = differenceOf(first, event, ofOption);
    if (other === undefined) return first.entry;
    throw invalidEntry(
      "about.id",
      `the entry of sequence ${first.entry.sequence} has this id, and differs in ${other}; give ` +
        "each call an id of its own",
    );
  }

  /** Remembers an entry until {@link GivenIds.forget}, or until memory evicts it. */
  add({ id, ofOption }: GivenCall, entry: AuditEntry): void {
    this.#given.set(id, { entry, ofOption });
  }

  /** Forgets an id that the journal has by now. */
  forget({ id }: GivenCall): void {
    this.#given.delete(id);
  }

  #inJournal(id: string): GivenEntry | undefined {
    const found = this.#journal?.given(id);
    if (found === undefined) return undefined;
    const { sequence, entry, ofOption } = found;
    if (entry === undefined)
      throw invalidEntry(
        "about.id",
        `the entry of sequence ${sequence} was recorded with this id, and has been pruned`,
      );
    return { entry, ofOption };
  }

  /** The ids are in the order of their sequences, as memory evicts them. */
  #forgetEvicted(): void {
    for (const [id, { entry }] of this.#given) {
      if (this.#memory.get(entry.sequence) !== undefined) return;
      this.#given.delete(id);
    }
  }
}

/**
 * In what the entry of the first call differs from what another call would record.
 *
 * @param ofOptionNow - The details that the option `about` added to the other call.
 */
export function differenceOf(
  { entry, ofOption }: GivenEntry,
  event: ValidEvent,
  ofOptionNow: readonly string[] = [],
): string | undefined {
  if (entry.operation !== event.operation) return "its operation";
  const column = OPTIONAL_COLUMNS.find(({ name }) => entry[name] !== event[name]);
  if (column !== undefined) return column.name;
  const { timestampMillis } = event;
  if (timestampMillis !== undefined && formatTimestamp(timestampMillis) !== entry.timestamp)
    return "its timestamp";
  const before = without(entry.details, ofOption);
  const now = without(event.details, ofOptionNow);
  return isDeepStrictEqual(before, now) ? undefined : "its details";
}

function without(details: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(details).filter(([key]) => !keys.includes(key)));
}

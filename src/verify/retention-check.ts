import { type Hold, Holds, type RetentionEntry } from "../entry/holds.js";
import { readEntry } from "../entry/line.js";
import { counted } from "../text/safe-text.js";
import type { Problems } from "./problems.js";

/** What the entries of a log say about its prunings. */
export interface SealedPrunings {
  /** The first sequence that no entry says was pruned. */
  readonly before: number;
  /** The sequence of the entry that says so; undefined if none does. */
  readonly by: number | undefined;
}

/** About what an entry takes beside its line. */
const ENTRY_BYTES = 500;

/** Checks what was pruned against the holds and the prunings that the log recorded. */
export class RetentionCheck {
  readonly #entries: { readonly log: string; readonly entry: RetentionEntry }[] = [];
  #bytes = 0;

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a line that records a hold, a release or a pruning. */
  add(line: string): void {
    const read = readEntry(line);
    if (read === undefined) return; // reported as not canonical
    this.#bytes += ENTRY_BYTES + line.length;
    this.#entries.push(read);
  }

  /**
   * Reports what was pruned although a hold was in force.
   *
   * @param end - The first sequence that the source does not say was pruned.
   */
  finish(origin: string | undefined, end: number, problems: Problems): SealedPrunings {
    const entries = this.#entries.filter(({ log }) => log === origin).map(({ entry }) => entry);
    entries.sort((one, other) => one.sequence - other.sequence);
    const holds = new Holds();
    let before = 0;
    let by: number | undefined;
    for (const entry of entries) {
      const announced = holds.add(entry);
      if (announced === undefined) continue;
      const { first } = holds;
      if (first !== undefined && announced.before > first.heldFrom)
        report(first, { sequence: entry.sequence }, announced.before, problems);
      if (announced.before <= before) continue;
      before = announced.before;
      by = entry.sequence;
    }
    const { first } = holds;
    if (first !== undefined && end > first.heldFrom)
      report(first, { from: first.heldFrom, to: end - 1 }, end, problems);
    return { before, by };
  }
}

function report(
  { sequence, heldFrom }: Hold,
  where: { readonly sequence: number } | { readonly from: number; readonly to: number },
  end: number,
  problems: Problems,
): void {
  const pruned = counted(end - heldFrom, "entry was", "entries were");
  const message = `${pruned} pruned that the hold of entry ${sequence} keeps, from ${heldFrom} on`;
  problems.add({ code: "held_entries_pruned", ...where, message });
}

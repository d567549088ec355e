import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import { canonicalLine, readEntry } from "../../entry/line.js";
import { AuditError, invalidEvidence } from "../../errors.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import {
  blocksOf,
  type EvidenceLine,
  type EvidenceSource,
  lineText,
} from "../../integrity/evidence.js";
import { verifyInclusion } from "../../integrity/merkle/verify-proofs.js";
import { type AuditQuery, type ParsedQuery, parseQuery } from "../../query/audit-query.js";
import { type AuditPage, type AuditReader, matches, pageOf } from "../../query/audit-reader.js";

const VERIFY = "quorumlog verify shows everything that is wrong";

/** The entries of a file of evidence, in memory; it may hold some of a log's entries only. */
export class HeldEntries implements Pick<AuditReader, "page" | "count" | "lines"> {
  /** The log that the lines name; undefined where there is no line. */
  readonly logId: string | undefined;
  /** By rising sequence. */
  readonly #entries: readonly AuditEntry[];

  private constructor(logId: string | undefined, entries: readonly AuditEntry[]) {
    this.logId = logId;
    this.#entries = entries;
  }

  /** Reads all entries of a source. Throws as {@link entriesInOrder} does. */
  static async of(source: EvidenceSource, signal: AbortSignal): Promise<HeldEntries> {
    const all: AuditEntry[] = [];
    let logId: string | undefined;
    for await (const { log, entries } of entriesInOrder(source, signal)) {
      logId = log;
      for (const entry of entries) all.push(entry);
    }
    return new HeldEntries(logId, all);
  }

  /** One more than the newest sequence. */
  get end(): number {
    return (this.#entries.at(-1)?.sequence ?? -1) + 1;
  }

  page(query?: AuditQuery): AuditPage {
    return pageOf(parseQuery(query), (parsed) => this.#select(parsed));
  }

  count(query?: Omit<AuditQuery, "limit">): number {
    return this.#select({ ...parseQuery(query), limit: Number.POSITIVE_INFINITY }).length;
  }

  /** The different values of a column. */
  values(column: ColumnName): ReadonlySet<string> {
    return new Set(
      this.#entries.flatMap((entry) => {
        const value = entry[column];
        return value === undefined ? [] : [value];
      }),
    );
  }

  *lines(): Generator<string, void, undefined> {
    for (const entry of this.#entries) yield canonicalLine(this.logId ?? "", entry);
  }

  #select(query: ParsedQuery): AuditEntry[] {
    const found: AuditEntry[] = [];
    const step = query.newestFirst ? -1 : 1;
    // a page begins behind the cursor, so that all pages together look at each entry once
    let index = query.newestFirst
      ? this.#countBelow(query.before) - 1
      : this.#countBelow(query.after + 1);
    for (; found.length < query.limit; index += step) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.sequence <= query.after || entry.sequence >= query.before)
        break;
      if (matches(entry, query)) found.push(entry);
    }
    return found;
  }

  /** How many entries have a lower sequence. */
  #countBelow(sequence: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Some entries of a source, and their log. */
export interface EntryBlock {
  readonly log: string;
  readonly entries: readonly AuditEntry[];
}

/**
 * Reads the entries of a source block by block, until a signal comes. Nothing is held.
 *
 * @throws `AuditError` `invalid_evidence` for a line that no log writes, for lines of two logs, and
 * for lines that are not in the order of their sequences; `verification_failed` for a line that
 * does not fit its proof.
 */
export async function* entriesInOrder(
  source: EvidenceSource,
  signal: AbortSignal,
): AsyncGenerator<EntryBlock, void, undefined> {
  let [number, newest] = [0, -1];
  let [logId, checkpoint]: [string?, Checkpoint?] = [];
  for await (const block of blocksOf(source)) {
    const entries: AuditEntry[] = [];
    for (const item of block) {
      // only a bundle or a proof has proofs, and their checkpoint comes first
      if (item.kind === "checkpoint" && source.partial) checkpoint = parseCheckpoint(item.note);
      if (item.kind !== "line") continue;
      number++;
      const { entry, log } = entryOf(item, number);
      logId ??= log;
      if (log !== logId)
        throw invalidEvidence(`line ${number} is of another log than the lines before`);
      if (entry.sequence <= newest)
        throw invalidEvidence(
          `line ${number} does not have a higher sequence than the line before; ${VERIFY}`,
        );
      if (checkpoint !== undefined) assertProved(item, entry, checkpoint);
      newest = entry.sequence;
      entries.push(entry);
    }
    signal.throwIfAborted();
    if (logId !== undefined) yield { log: logId, entries };
  }
}

function entryOf(item: EvidenceLine, number: number): NonNullable<ReturnType<typeof readEntry>> {
  const found = readEntry(lineText(item) ?? "");
  if (found === undefined)
    throw invalidEvidence(`line ${number} is not an entry as a log writes it; ${VERIFY}`);
  return found;
}

function assertProved(
  { inclusion }: EvidenceLine,
  { sequence, leafHash }: AuditEntry,
  { size, rootHash }: Checkpoint,
): void {
  const isProved =
    inclusion?.index === sequence &&
    verifyInclusion({
      index: sequence,
      size,
      leafHash: Buffer.from(leafHash, "hex"),
      proof: inclusion.hashes,
      root: Buffer.from(rootHash, "hex"),
    });
  if (!isProved)
    throw new AuditError(
      "verification_failed",
      `entry ${sequence} does not fit its proof and the checkpoint; ${VERIFY}`,
    );
}

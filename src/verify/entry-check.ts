import { type LineSummary, leafHash, MAX_LINE_BYTES, readLine } from "../entry/line.js";
import { isLogOperation } from "../entry/operations.js";
import {
  type EvidenceLine,
  type EvidencePruned,
  type EvidenceSource,
  type EvidenceSubtree,
  lineText,
} from "../integrity/evidence.js";
import { hashOfHex } from "../integrity/merkle/merkle-hash.js";
import type { InclusionProof } from "../integrity/merkle/merkle-proofs.js";
import { counted, quoted } from "../text/safe-text.js";
import { LeafTable, SubtreeTable } from "./leaf-table.js";
import type { Problems } from "./problems.js";
import { RetentionCheck } from "./retention-check.js";

/** How much is shown of what a source found wrong with itself: it may name several labels. */
const FOUND_LENGTH = 400;

/** How many lines that are not entries are kept, to see whether one takes the place of an entry. */
const STRAYS = 100;

/** How many logs are told apart, and how many lines are kept of each. */
const LOGS = 16;
const LINES_OF_LOG = 100;

/** Stands for all further logs. No log can have this id. */
const FURTHER_LOGS = "one of many";

/** About what a line of a partial source takes, and each hash of its proof. */
const PROVED_BYTES = 200;
const HASH_OBJECT_BYTES = 150;

/** A line that is not an entry. */
interface Stray {
  /** The sequence of an entry in the same position. */
  readonly sequence: number;
  /** Hexadecimal. */
  readonly hash: string;
  /** The leaf hash that the source has for it. */
  readonly stored: string | undefined;
}

/** The lines that name one log. */
interface LogLines {
  count: number;
  /** The first of them. */
  readonly first: { readonly sequence: number; readonly line: number }[];
}

/** A line of a partial source. */
export interface ProvedLine {
  readonly sequence: number;
  readonly line: number;
  /** Hexadecimal. */
  readonly hash: string;
  readonly proof: InclusionProof | undefined;
}

/** A line that was hashed already. */
export interface HashedLine {
  /** Undefined where its bytes are not UTF-8. */
  readonly text: string | undefined;
  /** Its leaf hash, hexadecimal. */
  readonly hash: string;
}

/** Hashes a line. */
export function hashedLine(item: EvidenceLine): HashedLine {
  const text = lineText(item);
  return { text, hash: leafHash(text ?? item.line) };
}

/** Checks the lines of a source one by one, and collects their leaf hashes by sequence. */
export class EntryCheck {
  /** Leaf hashes, made from the lines. */
  readonly leaves: LeafTable = new LeafTable();
  /** Leaf hashes that the source has for lines that hash to something else. */
  readonly storedLeaves: LeafTable = new LeafTable();
  /** The roots of complete subtrees that the source keeps. */
  readonly subtrees: SubtreeTable = new SubtreeTable();
  /** The holds and prunings that the log recorded. */
  readonly retention: RetentionCheck = new RetentionCheck();
  /** The lines of a partial source. Such a source is small, so all of them are kept. */
  readonly proved: ProvedLine[] = [];
  /** Whether the source holds chosen entries only. */
  readonly partial: boolean;
  readonly #ordered: boolean;
  readonly #problems: Problems;
  readonly #strays: Stray[] = [];
  readonly #logs = new Map<string, LogLines>();
  #recentLog: LogLines | undefined;
  #recentName: string | undefined;
  #provedBytes = 0;
  #lines = 0;
  #entries = 0;
  #pruned = 0;
  #duplicates = 0;
  #reordered = 0;
  #previous = -1;
  #expected = 0;
  #firstEntry = Number.POSITIVE_INFINITY;
  #lastPruned = -1;
  /** From which sequence on which time holds. */
  readonly #prunings: { readonly first: number; readonly recordedBefore: string | undefined }[] =
    [];

  /** Starts with no lines. */
  constructor(source: EvidenceSource, problems: Problems) {
    this.#ordered = source.ordered ?? true;
    this.partial = source.partial ?? false;
    this.#problems = problems;
  }

  /** How many bytes it takes, apart from what has a bound. */
  get bytes(): number {
    const { leaves, storedLeaves, subtrees, retention } = this;
    return leaves.bytes + storedLeaves.bytes + subtrees.bytes + retention.bytes + this.#provedBytes;
  }

  /** How many entries have a line. */
  get entries(): number {
    return this.#entries;
  }

  /** How many entries have a leaf hash and no line. */
  get pruned(): number {
    return this.#pruned;
  }

  /** The first sequence that the source does not say was pruned. */
  get prunedEnd(): number {
    return this.#lastPruned + 1;
  }

  /** How many lines repeat an earlier one. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** How many lines come after one with a later sequence. */
  get reordered(): number {
    return this.#reordered;
  }

  /** The log that most lines name. */
  get mostNamedLog(): string | undefined {
    const [most] = [...this.#logs].sort(([, a], [, b]) => b.count - a.count);
    return most?.[0];
  }

  /** Checks a line. */
  addLine(item: EvidenceLine, { text, hash }: HashedLine = hashedLine(item)): void {
    const at = ++this.#lines;
    const summary = text === undefined || isTooLong(text) ? undefined : readLine(text);
    const sequence = summary?.sequence ?? this.#expected;
    if (summary === undefined) this.#addStray(item, text, hash, at);
    else this.#addEntry(summary, hash, item, at);
    if (isLogOperation(summary?.columns[0])) this.retention.add(text as string);
    const problem = item.problem ?? (summary && item.compare?.(summary));
    if (problem !== undefined)
      this.#problems.add({
        code: "source_problem",
        sequence,
        line: at,
        message: quoted(problem, FOUND_LENGTH),
      });
  }

  /** Takes the leaf hash of an entry whose line is gone. */
  addPruned({ sequence, leafHash: hash, recordedBefore }: EvidencePruned): void {
    if (!Number.isSafeInteger(sequence) || sequence < 0 || hashOfHex(hash) === undefined) {
      const message = `the source has a pruned entry without a leaf hash: ${quoted(hash)}`;
      this.#problems.add({ code: "source_problem", message });
      return;
    }
    this.#lastPruned = Math.max(this.#lastPruned, sequence);
    if (this.#isNew(sequence, hash, undefined)) {
      this.#pruned++;
      this.leaves.set(sequence, hash);
    }
    if (recordedBefore !== this.#prunings.at(-1)?.recordedBefore)
      this.#prunings.push({ first: sequence, recordedBefore });
    this.#expected = sequence + 1;
  }

  /** When an entry was recorded, in milliseconds since 1970. Undefined is not known. */
  timeMillis(sequence: number): number | undefined {
    return this.leaves.timeMillis(sequence);
  }

  /** The time before which a pruned entry was recorded, if the source says so. */
  prunedMillis(sequence: number): number | undefined {
    if (sequence > this.#lastPruned) return undefined;
    const pruning = this.#prunings.findLast(({ first }) => first <= sequence);
    const millis = Date.parse(pruning?.recordedBefore ?? "");
    return Number.isNaN(millis) ? undefined : millis;
  }

  /** Takes the root of a complete subtree. */
  addSubtree(item: EvidenceSubtree): void {
    if (!this.subtrees.add(item))
      this.addProblem(`the source has a subtree that is none: ${item.height} ${item.number}`);
  }

  /** Takes what the source found wrong with itself. */
  addProblem(message: string): void {
    this.#problems.add({ code: "source_problem", message: quoted(message, FOUND_LENGTH) });
  }

  /**
   * Reports what only all lines together show.
   *
   * @param isCut - Whether lines are missing because they could not be read.
   */
  finish(origin: string | undefined, isCut: boolean): void {
    this.#placeStrays();
    this.#reportOtherLogs(origin);
    if (!this.partial && !isCut) this.#reportGaps();
  }

  #addEntry(summary: LineSummary, hash: string, item: EvidenceLine, line: number): void {
    const { sequence } = summary;
    const isNew = this.#isNew(sequence, hash, line);
    this.#addToLog(summary.log, sequence, line);
    if (isNew) {
      this.#entries++;
      this.leaves.set(sequence, hash, summary.recordedMillis);
      if (sequence < this.#firstEntry) this.#firstEntry = sequence;
    }
    if (sequence < this.#previous) {
      this.#reordered++;
      const message = `it comes after the entry ${this.#previous}`;
      if (this.#ordered && isNew)
        this.#problems.add({ code: "out_of_order", sequence, line, message });
    }
    this.#previous = sequence;
    this.#expected = sequence + 1;
    if (!summary.canonical) {
      const message = "the log does not write lines like this: the line was rewritten or changed";
      this.#problems.add({ code: "not_canonical", sequence, line, message });
    }
    if (item.leafHash !== undefined) this.#compareStored(item.leafHash, sequence, hash, line);
    if (!this.partial) return;
    this.proved.push({ sequence, line, hash, proof: item.inclusion });
    this.#provedBytes += PROVED_BYTES + HASH_OBJECT_BYTES * (item.inclusion?.hashes.length ?? 0);
  }

  #compareStored(stored: string, sequence: number, hash: string, line: number): void {
    if (hash === stored) return;
    if (hashOfHex(stored) !== undefined) this.storedLeaves.set(sequence, stored);
    const message = "the line does not hash to the leaf hash that the source has for it";
    this.#problems.add({ code: "leaf_hash_mismatch", sequence, line, message });
  }

  /** Whether a sequence comes for the first time. If not, counts or reports that. */
  #isNew(sequence: number, hash: string, line: number | undefined): boolean {
    if (!this.leaves.has(sequence)) return true;
    const where = line === undefined ? { sequence } : { sequence, line };
    if (!this.leaves.holds(sequence, hash)) {
      const message = "another line has the same sequence";
      this.#problems.add({ code: "conflicting_lines", ...where, message });
      return false;
    }
    this.#duplicates++;
    const message = "the same line came before";
    if (this.#ordered) this.#problems.add({ code: "duplicate_entry", ...where, message });
    return false;
  }

  #addStray(item: EvidenceLine, text: string | undefined, hash: string, line: number): void {
    const sequence = this.#expected++;
    const stored = hashOfHex(item.leafHash ?? "") === undefined ? undefined : item.leafHash;
    if (this.#strays.length < STRAYS) this.#strays.push({ sequence, hash, stored });
    const found =
      text === undefined
        ? "a line that is not UTF-8"
        : isTooLong(text)
          ? `a line of more than ${MAX_LINE_BYTES} bytes`
          : quoted(text);
    const message = `expected the entry ${sequence}, found ${found}`;
    this.#problems.add({ code: "malformed_line", sequence, line, message });
  }

  /**
   * Lets a line that is not an entry stand for the entry that is missing in its position: that
   * entry was altered, and is not missing.
   */
  #placeStrays(): void {
    if (this.partial) return;
    for (const { sequence, hash, stored } of this.#strays) {
      if (this.leaves.has(sequence)) continue;
      this.leaves.set(sequence, hash);
      if (stored !== undefined) this.storedLeaves.set(sequence, stored);
      this.#entries++;
    }
  }

  #addToLog(name: string, sequence: number, line: number): void {
    if (name !== this.#recentName || this.#recentLog === undefined)
      this.#recentLog = this.#linesOfLog(name);
    this.#recentName = name;
    const log = this.#recentLog;
    log.count++;
    if (log.first.length < LINES_OF_LOG) log.first.push({ sequence, line });
  }

  #linesOfLog(name: string): LogLines {
    const key = this.#logs.size < LOGS || this.#logs.has(name) ? name : FURTHER_LOGS;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = { count: 0, first: [] };
      this.#logs.set(key, log);
    }
    return log;
  }

  #reportOtherLogs(origin: string | undefined): void {
    for (const [name, { count, first }] of this.#logs) {
      if (name === origin) continue;
      const message = `it is an entry of the log ${quoted(name)}`;
      for (const [index, where] of first.entries()) {
        const times = index === first.length - 1 ? count - index : 1;
        this.#problems.add({ code: "other_log", ...where, message }, times);
      }
    }
  }

  #reportGaps(): void {
    if (this.#lastPruned > this.#firstEntry) {
      const message =
        "the source says that it was pruned, " +
        `but the earlier entry ${this.#firstEntry} was not`;
      this.#problems.add({ code: "pruned_gap", sequence: this.#lastPruned, message });
    }
    for (const { from, to } of this.leaves.missing()) {
      const message = `${counted(to - from + 1, "entry is", "entries are")} missing`;
      this.#problems.add({ code: "missing_entries", from, to, message });
    }
  }
}

function isTooLong(text: string): boolean {
  return text.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(text) > MAX_LINE_BYTES;
}

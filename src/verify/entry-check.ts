import { type LineSummary, leafHashOf, MAX_LINE_BYTES, readLine } from "../entry/line.js";
import type { EvidenceLine, EvidencePruned, EvidenceSource } from "../integrity/evidence.js";
import { HASH_BYTES, type Hash } from "../integrity/merkle/merkle-hash.js";
import { counted, quoted } from "../text/safe-text.js";
import type { TimeSpan } from "./checkpoint-check.js";
import { LeafTable } from "./leaf-table.js";
import { LogNames } from "./log-names.js";
import type { Problems } from "./problems.js";
import { ProofCheck } from "./proof-check.js";

/** How many lines that are no entries are kept to see whether one stands where an entry is missing. */
const STRAYS = 100;

/** A line that is no entry, and which sequence would be its own by its place. */
interface Stray {
  readonly sequence: number;
  readonly hash: Hash;
  /** What the source says that it hashes to. */
  readonly stored: Hash | undefined;
}

/** Looks at the lines of a source one by one, and collects their leaf hashes by sequence. */
export class EntryCheck {
  /** Leaf hashes, made from the lines. */
  readonly leaves: LeafTable;
  /** Leaf hashes that the source has for lines that hash to something else. */
  readonly storedLeaves: Map<number, Hash> = new Map();
  /** Which logs the lines name. */
  readonly logs: LogNames = new LogNames();
  /** The inclusion proofs of a partial source. */
  readonly proofs: ProofCheck = new ProofCheck();
  readonly #ordered: boolean;
  readonly #partial: boolean;
  readonly #keepTimes: boolean;
  readonly #problems: Problems;
  readonly #strays: Stray[] = [];
  #lines = 0;
  #entries = 0;
  #pruned = 0;
  #duplicates = 0;
  #reordered = 0;
  #previous = -1;
  #expected = 0;
  #firstEntry = Number.POSITIVE_INFINITY;
  #lastPruned = -1;

  /** Takes from the source what holds for all of its lines; keeps times if it is told to. */
  constructor(source: EvidenceSource, problems: Problems, keepTimes: boolean) {
    this.#ordered = source.ordered ?? true;
    this.#partial = source.partial ?? false;
    this.#problems = problems;
    this.#keepTimes = keepTimes;
    this.leaves = new LeafTable(keepTimes);
  }

  /** How many entries there are lines of. */
  get entries(): number {
    return this.#entries;
  }

  /** How many entries there are only leaf hashes of. */
  get pruned(): number {
    return this.#pruned;
  }

  /** How many lines were there again. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** How many lines stood behind one of a later sequence. */
  get reordered(): number {
    return this.#reordered;
  }

  /** Looks at a line. */
  addLine(item: EvidenceLine): void {
    const at = ++this.#lines;
    const text = typeof item.line === "string" ? item.line : textOf(item.line);
    const hash = leafHashOf(text ?? item.line);
    const fields = text === undefined || isTooLong(text) ? undefined : readLine(text);
    const sequence = fields?.sequence ?? this.#expected;
    if (fields === undefined) this.#addStray(item, text, hash, at);
    else this.#addEntry(fields, hash, item, at);
    if (item.problem !== undefined)
      this.#problems.add({
        code: "source_problem",
        sequence,
        line: at,
        message: quoted(item.problem),
      });
  }

  /** Takes the leaf hash of an entry whose line is gone. */
  addPruned({ sequence, leafHash }: EvidencePruned): void {
    const hash = hashOfHex(leafHash);
    if (!Number.isSafeInteger(sequence) || sequence < 0 || hash === undefined) {
      const message = `of a pruned entry the source has no leaf hash: ${quoted(leafHash)}`;
      this.#problems.add({ code: "source_problem", message });
      return;
    }
    this.#lastPruned = Math.max(this.#lastPruned, sequence);
    if (this.#isNew(sequence, hash, undefined)) {
      this.#pruned++;
      this.leaves.set(sequence, hash);
    }
    this.#expected = sequence + 1;
  }

  /** Takes what the source found wrong with itself. */
  addProblem(message: string): void {
    this.#problems.add({ code: "source_problem", message: quoted(message) });
  }

  /** Reports what only all lines together show. */
  finish(origin: string | undefined): void {
    for (const { sequence, hash, stored } of this.#strays) {
      // Something stands there in place of the entry: that is reported as an altered line, not as a missing one.
      if (this.#partial || this.leaves.has(sequence)) continue;
      this.leaves.set(sequence, hash);
      if (stored !== undefined) this.storedLeaves.set(sequence, stored);
      this.#entries++;
    }
    for (const [log, { count, places }] of this.logs.others(origin)) {
      for (const [index, { sequence, line }] of places.entries()) {
        const message = `it is an entry of the log ${quoted(log)}`;
        const more = index === places.length - 1 ? count - index : 1;
        this.#problems.add({ code: "other_log", sequence, line, message }, more);
      }
    }
    if (this.#partial) return;
    if (this.#lastPruned > this.#firstEntry) {
      const message = `entries up to it are said to be pruned, but the entry ${this.#firstEntry} is not`;
      this.#problems.add({ code: "pruned_gap", sequence: this.#lastPruned, message });
    }
    for (const { from, to } of this.leaves.missing()) {
      const message = `${counted(to - from + 1, "entry is", "entries are")} missing`;
      this.#problems.add({ code: "missing_entries", from, to, message });
    }
  }

  /** When a checkpoint of a size was made: after its last entry was recorded, and before the next one was. */
  madeBetween(size: number): TimeSpan {
    return { earliest: this.leaves.timeMillis(size - 1), latest: this.leaves.timeMillis(size) };
  }

  #addEntry(fields: LineSummary, hash: Hash, item: EvidenceLine, line: number): void {
    const { sequence } = fields;
    const isNew = this.#isNew(sequence, hash, line);
    this.logs.add(fields.log, sequence, line);
    if (isNew) {
      this.#entries++;
      this.leaves.set(sequence, hash, this.#keepTimes ? Date.parse(fields.recordedAt) : undefined);
      if (sequence < this.#firstEntry) this.#firstEntry = sequence;
    }
    if (sequence < this.#previous) {
      this.#reordered++;
      const message = `it stands behind the entry ${this.#previous}`;
      if (this.#ordered && isNew)
        this.#problems.add({ code: "out_of_order", sequence, line, message });
    }
    this.#previous = sequence;
    this.#expected = sequence + 1;
    if (!fields.canonical) {
      const message =
        "the line is not as the log writes it: something wrote it again, or changed it";
      this.#problems.add({ code: "not_canonical", sequence, line, message });
    }
    if (item.leafHash !== undefined) this.#compareStored(item.leafHash, sequence, hash, line);
    if (this.#partial) this.proofs.add({ sequence, line, hash, proof: item.inclusion });
  }

  #compareStored(stored: string, sequence: number, hash: Hash, line: number): void {
    if (hexOf(hash) === stored) return;
    const expected = hashOfHex(stored);
    if (expected !== undefined) this.storedLeaves.set(sequence, expected);
    const message = "the line does not hash to the leaf hash that the source has for it";
    this.#problems.add({ code: "leaf_hash_mismatch", sequence, line, message });
  }

  /** Whether a sequence is there for the first time; if not, that it is there again is counted or reported. */
  #isNew(sequence: number, hash: Hash, line: number | undefined): boolean {
    if (!this.leaves.has(sequence)) return true;
    const place = line === undefined ? { sequence } : { sequence, line };
    if (!this.leaves.holds(sequence, hash)) {
      const message = "there is another line of this sequence";
      this.#problems.add({ code: "conflicting_lines", ...place, message });
      return false;
    }
    this.#duplicates++;
    const message = "the same line was there before";
    if (this.#ordered) this.#problems.add({ code: "duplicate_entry", ...place, message });
    return false;
  }

  #addStray({ leafHash }: EvidenceLine, text: string | undefined, hash: Hash, line: number): void {
    const sequence = this.#expected++;
    const stored = leafHash === undefined ? undefined : hashOfHex(leafHash);
    if (this.#strays.length < STRAYS) this.#strays.push({ sequence, hash, stored });
    const what =
      text === undefined
        ? "a line that is not UTF-8"
        : isTooLong(text)
          ? `a line of more than ${MAX_LINE_BYTES} bytes`
          : `no entry, but ${quoted(text)}`;
    const message = `${what}, where by its place the entry ${sequence} would stand`;
    this.#problems.add({ code: "malformed_line", sequence, line, message });
  }
}

/** The bytes as text, or undefined where they are no UTF-8 and would be other bytes in a text. */
function textOf(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  // What is no UTF-8 is read as U+FFFD, which a text can also hold by itself.
  return text.includes("\uFFFD") && !Buffer.from(text).equals(buffer) ? undefined : text;
}

function isTooLong(text: string): boolean {
  return text.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(text) > MAX_LINE_BYTES;
}

function hashOfHex(text: string): Hash | undefined {
  const hash = Buffer.from(text, "hex");
  return hash.length === HASH_BYTES && hexOf(hash) === text ? hash : undefined;
}

function hexOf(hash: Hash): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}

import type { EvidenceSubtree } from "../integrity/evidence.js";
import type { OnSubtree, SubtreeListener } from "../integrity/merkle/compact-range.js";
import { HASH_BYTES, type Hash, hashOfHex, hexOf } from "../integrity/merkle/merkle-hash.js";
import type { Problem } from "./problems.js";

/** How many rows are allocated at once. */
const CHUNK = 1024;

/** A hash, a time and a sequence. */
const ROW_BYTES = HASH_BYTES + 8 + 8;

const WORD = 2 ** 32;

/** Higher subtrees cover more entries than there can be. */
const MAX_HEIGHT = 52;

/** Rows in the order in which they came. */
interface Chunk {
  readonly hashes: Buffer;
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
  readonly sequences: Float64Array;
}

/**
 * Leaf hashes and times of recording by sequence: 48 bytes each, in the order in which they come.
 * While sequences come without a gap, their place is told by the first one. All others are found by
 * an index, which takes up to 24 bytes more for each of them, whatever the sequences are: they come
 * from the evidence.
 */
export class LeafTable {
  readonly #chunks: Chunk[] = [];
  readonly #index = new RowIndex((row) => this.#sequenceOf(row));
  #rows = 0;
  /** The first sequence that came, and how many came after it in a row. */
  #first = 0;
  #run = 0;
  #end = 0;

  /** One more than the largest sequence. */
  get end(): number {
    return this.#end;
  }

  /** Whether it holds nothing. */
  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#chunks.length * CHUNK * ROW_BYTES + this.#index.bytes;
  }

  /** The leaf hash of a sequence. It is a view: the next `set` of the sequence changes it. */
  get(sequence: number): Hash | undefined {
    const row = this.#rowOf(sequence);
    if (row === -1) return undefined;
    const start = (row % CHUNK) * HASH_BYTES;
    return this.#chunkOf(row).hashes.subarray(start, start + HASH_BYTES);
  }

  /**
   * The leaf hashes from a sequence on, one behind the other: at least one, `most` at the most.
   * Undefined where the sequence has none. It is a view, as with {@link get}.
   */
  run(sequence: number, most: number): Uint8Array | undefined {
    const row = sequence - this.#first;
    if (row < 0 || row >= this.#run) return this.get(sequence);
    const first = row % CHUNK;
    const end = Math.min(CHUNK, first + most, first + this.#run - row);
    return this.#chunkOf(row).hashes.subarray(first * HASH_BYTES, end * HASH_BYTES);
  }

  /** Whether a leaf is there. */
  has(sequence: number): boolean {
    return this.#rowOf(sequence) !== -1;
  }

  /** Whether the leaf of a sequence has this hash, hexadecimal. */
  holds(sequence: number, hash: string): boolean {
    const leaf = this.get(sequence);
    return leaf !== undefined && hexOf(leaf) === hash;
  }

  /**
   * Sets a leaf, and the time at which its entry was recorded.
   *
   * @param hash - 32 bytes, hexadecimal.
   */
  set(sequence: number, hash: string, timeMillis: number = Number.NaN): void {
    const found = this.#rowOf(sequence);
    const row = found === -1 ? this.#add(sequence) : found;
    const { hashes, times } = this.#chunkOf(row);
    hashes.write(hash, (row % CHUNK) * HASH_BYTES, "hex");
    times[row % CHUNK] = timeMillis;
  }

  /** The ranges [from, to] of sequences below the end that are not there, in rising order. */
  *missing(): Generator<{ readonly from: number; readonly to: number }, void, undefined> {
    let next = 0;
    for (const [first, last] of this.#ranges()) {
      if (first > next) yield { from: next, to: first - 1 };
      next = last + 1;
    }
  }

  /** When an entry was recorded, in milliseconds since 1970. Undefined is not known. */
  timeMillis(sequence: number): number | undefined {
    const row = this.#rowOf(sequence);
    const time = row === -1 ? undefined : this.#chunkOf(row).times[row % CHUNK];
    return Number.isNaN(time) ? undefined : time;
  }

  /** The run, and each other sequence, in rising order. */
  *#ranges(): Generator<readonly [first: number, last: number], void, undefined> {
    const others = new Float64Array(this.#rows - this.#run);
    for (let at = 0; at < others.length; at++) others[at] = this.#sequenceOf(this.#run + at);
    others.sort();
    const run = [this.#first, this.#first + this.#run - 1] as const;
    let isRunDone = this.#run === 0;
    for (const sequence of others) {
      if (!isRunDone && sequence > run[0]) {
        isRunDone = true;
        yield run;
      }
      yield [sequence, sequence];
    }
    if (!isRunDone) yield run;
  }

  #add(sequence: number): number {
    const row = this.#rows++;
    if (row % CHUNK === 0)
      this.#chunks.push({
        hashes: Buffer.alloc(CHUNK * HASH_BYTES),
        times: new Float64Array(CHUNK),
        sequences: new Float64Array(CHUNK),
      });
    this.#chunkOf(row).sequences[row % CHUNK] = sequence;
    if (row === 0) this.#first = sequence;
    if (row === this.#run && sequence === this.#first + row) this.#run++;
    else this.#index.add(sequence, row);
    if (sequence >= this.#end) this.#end = sequence + 1;
    return row;
  }

  /** The row of a sequence; -1 where there is none. */
  #rowOf(sequence: number): number {
    const place = sequence - this.#first;
    return place >= 0 && place < this.#run ? place : this.#index.find(sequence);
  }

  #sequenceOf(row: number): number {
    return this.#chunkOf(row).sequences[row % CHUNK] as number;
  }

  #chunkOf(row: number): Chunk {
    return this.#chunks[Math.floor(row / CHUNK)] as Chunk;
  }
}

/**
 * Finds rows by their sequences: a hash table with open addresses. Its hash is random, so that
 * nobody can choose sequences that all come to one place.
 */
class RowIndex {
  readonly #sequenceOf: (row: number) => number;
  readonly #factors: Uint32Array = crypto.getRandomValues(new Uint32Array(2)).map((it) => it | 1);
  /** A row and 1 in each place that is taken. */
  #places = new Uint32Array(0);
  #shift = 32;
  #count = 0;

  constructor(sequenceOf: (row: number) => number) {
    this.#sequenceOf = sequenceOf;
  }

  get bytes(): number {
    return this.#places.byteLength;
  }

  /** The row of a sequence; -1 where there is none. */
  find(sequence: number): number {
    if (this.#count === 0) return -1;
    for (let at = this.#home(sequence); ; at = (at + 1) % this.#places.length) {
      const row = (this.#places[at] as number) - 1;
      if (row === -1 || this.#sequenceOf(row) === sequence) return row;
    }
  }

  /** Adds a row whose sequence is not there yet. */
  add(sequence: number, row: number): void {
    if (2 * ++this.#count > this.#places.length) this.#grow();
    this.#put(sequence, row);
  }

  #put(sequence: number, row: number): void {
    let at = this.#home(sequence);
    while (this.#places[at] !== 0) at = (at + 1) % this.#places.length;
    this.#places[at] = row + 1;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(Math.max(16, 2 * before.length));
    this.#shift = 32 - Math.log2(this.#places.length);
    for (const place of before) if (place !== 0) this.#put(this.#sequenceOf(place - 1), place - 1);
  }

  /** Where a sequence stands, unless another one stands there (multiply and shift). */
  #home(sequence: number): number {
    const [low = 1, high = 1] = this.#factors;
    const mixed = Math.imul(sequence % WORD, low) + Math.imul(Math.floor(sequence / WORD), high);
    return mixed >>> this.#shift;
  }
}

/** What differs from the tree over the entries. */
interface WrongSubtrees {
  readonly count: number;
  readonly problem: Problem;
}

/** The roots of complete subtrees that a source keeps. */
export class SubtreeTable {
  readonly #byHeight = new Map<number, LeafTable>();

  /** Whether the source keeps none. */
  get isEmpty(): boolean {
    return this.#byHeight.size === 0;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return [...this.#byHeight.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes a root. Returns false where it is not one. */
  add({ height, number, root }: EvidenceSubtree): boolean {
    const isPlace =
      Number.isInteger(height) &&
      height >= 1 &&
      height <= MAX_HEIGHT &&
      number >= 0 &&
      Number.isSafeInteger(number * 2 ** height);
    if (!isPlace || hashOfHex(root) === undefined) return false;
    let roots = this.#byHeight.get(height);
    if (roots === undefined) {
      roots = new LeafTable();
      this.#byHeight.set(height, roots);
    }
    roots.set(number, root);
    return true;
  }

  /** Compares the roots with those of the tree, which it hears of. */
  comparison(): SubtreeListener & { readonly wrong: () => WrongSubtrees | undefined } {
    let count = 0;
    let problem: Problem | undefined;
    const onSubtree: OnSubtree = (height, number, root) => {
      const roots = this.#byHeight.get(height);
      if (roots === undefined || !roots.has(number) || roots.holds(number, hexOf(root))) return;
      count++;
      const from = number * 2 ** height;
      const message =
        "the source keeps another root of the Merkle tree than these entries have; proofs that " +
        "it makes from that root fail";
      problem ??= { code: "source_problem", from, to: from + 2 ** height - 1, message };
    };
    const heights = new Set(this.#byHeight.keys());
    return { heights, onSubtree, wrong: () => problem && { count, problem } };
  }
}

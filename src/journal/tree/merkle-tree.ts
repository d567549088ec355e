import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CompactRange } from "../../integrity/merkle/compact-range.js";
import { HASH_BYTES, type Hash, nodeHash } from "../../integrity/merkle/merkle-hash.js";
import { rootOf } from "../../integrity/merkle/merkle-proofs.js";
import { journalFailed } from "../file/sqlite.js";

/**
 * The height between two levels whose nodes are stored. A proof reads 16 hashes for each level.
 * With the 256 hashes of C2SP tlog-tiles it would take ten times as long (measured), and only a
 * twentieth of a row would be saved for each entry.
 */
const TILE_HEIGHT = 4;
const TILE_WIDTH = 2 ** TILE_HEIGHT;

/** How many whole tiles are kept in memory with all hashes in them, 1 KB each. */
const MAX_TILES = 1024;

/** A complete subtree whose root is stored. */
export interface Subtree {
  readonly height: number;
  readonly number: number;
  readonly root: Hash;
}

/** A subtree for an auditor: the root as it is stored, hexadecimal. */
export interface SubtreeEvidence extends Omit<Subtree, "root"> {
  readonly root: string;
}

/** A tree with new leaves, to be kept once they are committed. */
export interface Growth {
  readonly range: CompactRange;
  readonly subtrees: readonly Subtree[];
}

const LEAVES = `SELECT sequence, leaf_hash AS hash FROM pruned_leaf
    WHERE sequence >= :first AND sequence < :end
  UNION ALL SELECT sequence, leaf_hash FROM entry
    WHERE sequence >= :first AND sequence < :end ORDER BY sequence`;

/** How many subtrees an auditor reads at a time. */
const CHUNK = 512;

const EVIDENCE = `SELECT height, number, lower(hex(root)) AS root FROM subtree
  WHERE height = ? AND number >= ? AND number < ? ORDER BY number LIMIT ${CHUNK}`;

const ROOTS = `SELECT root AS hash FROM subtree
  WHERE height = :height AND number >= :first AND number < :end ORDER BY number`;

/**
 * The Merkle tree over the leaf hashes of a journal (RFC 9162 section 2.1). The nodes of every
 * fourth height are stored, so that any other node is made from 16 hashes at most.
 */
export class MerkleTree {
  readonly #database: DatabaseSync;
  readonly #leaves: StatementSync;
  readonly #roots: StatementSync;
  #insert: StatementSync | undefined;
  /** Whole tiles by level and number. The one that was used last is at the end. */
  readonly #tiles = new Map<string, Buffer>();
  #range = CompactRange.EMPTY;

  /** The tree of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#leaves = database.prepare(LEAVES);
    this.#roots = database.prepare(ROOTS);
  }

  /** The root over the first `size` leaves. Throws `journal_failed` when there are fewer. */
  rootAt(size: number): Hash {
    return size === this.#range.size ? this.#range.root() : rootOf(size, this.subtree);
  }

  /** The tree with more leaves. Nothing is written. */
  grown(leaves: readonly Hash[]): Growth {
    const subtrees: Subtree[] = [];
    let range = this.#range;
    for (const leaf of leaves)
      range = range.append(leaf, (height, number, root) => {
        if (height % TILE_HEIGHT === 0) subtrees.push({ height, number, root });
      });
    return { range, subtrees };
  }

  /** Writes the new subtrees of a tree. To be called in the transaction of its entries. */
  store(subtrees: readonly Subtree[]): void {
    this.#insert ??= this.#database.prepare(
      "INSERT INTO subtree (height, number, root) VALUES (?, ?, ?)",
    );
    for (const { height, number, root } of subtrees) this.#insert.run(height, number, root);
  }

  /** Goes on from a tree whose entries are committed. */
  keep(range: CompactRange): void {
    this.#range = range;
  }

  /** Goes on from the entries that the journal has. */
  continueAt(length: number): void {
    const roots: Hash[] = [];
    let first = 0;
    for (let height = 53; height >= 0; height--) {
      if (Math.floor(length / 2 ** height) % 2 === 0) continue;
      roots.push(this.subtree(first, height));
      first += 2 ** height;
    }
    this.#range = CompactRange.of(length, roots);
  }

  /**
   * The stored subtrees of the first `length` leaves for an auditor, as they are.
   *
   * @param reading - Runs each read.
   */
  *evidence(
    length: number,
    reading: <T>(work: () => T) => T,
  ): Generator<SubtreeEvidence, void, undefined> {
    for (let height = TILE_HEIGHT; 2 ** height <= length; height += TILE_HEIGHT) {
      const end = Math.floor(length / 2 ** height);
      for (let next = 0; next < end; ) {
        const rows = reading(() => this.#database.prepare(EVIDENCE).all(height, next, end));
        yield* rows as unknown as SubtreeEvidence[];
        next = Number(rows.at(-1)?.["number"] ?? end) + 1;
      }
    }
  }

  /** The root of a complete subtree. It is a `SubtreeReader`. */
  readonly subtree = (first: number, height: number): Hash => {
    const level = Math.floor(height / TILE_HEIGHT);
    const index = first / 2 ** (level * TILE_HEIGHT);
    const within = height % TILE_HEIGHT;
    const tile = this.#tile(level, Math.floor(index / TILE_WIDTH));
    if (tile !== undefined) return hashIn(tile, within, (index % TILE_WIDTH) / 2 ** within);
    return folded(this.#hashes(level, index, 2 ** within)).at(-1)?.[0] as Hash;
  };

  /** All hashes of a tile, from its 16 to the one at the top; undefined unless it is whole. */
  #tile(level: number, number: number): Buffer | undefined {
    const key = `${level}/${number}`;
    let tile = this.#tiles.get(key);
    if (tile === undefined) {
      const hashes = this.#read(level, number * TILE_WIDTH, TILE_WIDTH);
      if (hashes.length < TILE_WIDTH) return undefined;
      tile = Buffer.concat(folded(hashes).flat());
    }
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    if (this.#tiles.size > MAX_TILES) this.#tiles.delete(this.#tiles.keys().next().value as string);
    return tile;
  }

  #hashes(level: number, first: number, count: number): Hash[] {
    const hashes = this.#read(level, first, count);
    if (hashes.length === count) return hashes;
    throw journalFailed("hashes of the Merkle tree are missing; restore the journal from a backup");
  }

  #read(level: number, first: number, count: number): Hash[] {
    const end = first + count;
    const rows =
      level === 0
        ? this.#leaves.all({ first, end })
        : this.#roots.all({ height: level * TILE_HEIGHT, first, end });
    return rows.map(({ hash }) => hash as Hash);
  }
}

/** The hashes, then the nodes over each two of them, and so on up to one. */
function folded(hashes: readonly Hash[]): Hash[][] {
  const heights = [[...hashes]];
  for (let below = heights[0] as Hash[]; below.length > 1; below = heights.at(-1) as Hash[])
    heights.push(
      Array.from({ length: below.length / 2 }, (_, i) =>
        nodeHash(below[2 * i] as Hash, below[2 * i + 1] as Hash),
      ),
    );
  return heights;
}

/** One hash of a tile. Its heights lie one after the other: 16 hashes, 8, 4, 2 and 1. */
function hashIn(tile: Buffer, height: number, index: number): Hash {
  const offset = (2 * TILE_WIDTH - 2 ** (TILE_HEIGHT + 1 - height) + index) * HASH_BYTES;
  return tile.subarray(offset, offset + HASH_BYTES);
}

import type { LineSummary } from "../entry/line.js";
import type { InclusionProof } from "./merkle/merkle-proofs.js";

/** One piece of evidence. A source yields them in its own order. */
export type EvidenceItem =
  | EvidenceLine
  | EvidenceCheckpoint
  | EvidencePruned
  | EvidenceSubtree
  | EvidenceProblem;

/** A line that the source holds. */
export interface EvidenceLine {
  readonly kind: "line";
  /** The line without its end, as bytes if the source has bytes. */
  readonly line: string | Uint8Array;
  /** The leaf hash that the source has for it, hexadecimal. */
  readonly leafHash?: string;
  /** Its inclusion proof, if the source has chosen entries only. */
  readonly inclusion?: InclusionProof;
  /** What the source itself found wrong with it. */
  readonly problem?: string;
  /**
   * Compares what the source has beside the line with what the line says, so that the line is read
   * only once. It is called for a line that is an entry.
   *
   * @returns What is wrong; undefined if nothing is.
   */
  compare?(line: LineSummary): string | undefined;
}

/** A checkpoint that the source holds. */
export interface EvidenceCheckpoint {
  readonly kind: "checkpoint";
  /** The signed note. */
  readonly note: string;
  /**
   * Whether it comes from a text that people keep, mail and edit, and not from a store of the log.
   * If it cannot be read, it then only proves nothing; in a store, it is a problem.
   *
   * @defaultValue false
   */
  readonly kept?: boolean;
}

/** An entry of which only the leaf hash is left: retention removed its line. */
export interface EvidencePruned {
  readonly kind: "pruned";
  readonly sequence: number;
  /** Hexadecimal. */
  readonly leafHash: string;
  /** The source says that it was recorded before this time: RFC 3339. */
  readonly recordedBefore?: string;
}

/**
 * The root of a complete subtree of the Merkle tree, which the source keeps to make proofs from
 * (RFC 9162 section 2.1). It covers the 2^height entries from sequence number * 2^height on.
 */
export interface EvidenceSubtree {
  readonly kind: "subtree";
  readonly height: number;
  readonly number: number;
  /** Hexadecimal. */
  readonly root: string;
}

/**
 * What the source found wrong with itself, beyond its lines, such as an index that hides entries.
 */
export interface EvidenceProblem {
  readonly kind: "problem";
  readonly message: string;
}

/** Where `verify` reads evidence: a journal, an export, a bundle, a backend. */
export interface EvidenceSource extends AsyncIterable<EvidenceItem> {
  /**
   * The same items, many at a time. A source of many items has this: `verify` then waits for each
   * block, and not for each item.
   */
  blocks?(): AsyncIterable<readonly EvidenceItem[]>;
  /**
   * Whether it is a fault if lines are out of order or there twice, as in a journal or an export. A
   * backend gets each line at least once, so there it is not.
   *
   * @defaultValue true
   */
  readonly ordered?: boolean;
  /**
   * Whether it holds chosen entries only, as an evidence bundle does. Then it cannot show whether
   * all entries are there.
   *
   * @defaultValue false
   */
  readonly partial?: boolean;
}

/**
 * A source that is read in blocks, and can be read item by item too. `blocks` belongs to the class:
 * a copy of the source with an iterator of its own (`{ ...source, [Symbol.asyncIterator]: … }`)
 * does not have it, and so is read by that iterator.
 */
export class BlockSource implements EvidenceSource {
  readonly ordered: boolean;
  readonly partial: boolean;
  readonly #read: () => AsyncIterable<readonly EvidenceItem[]>;

  /**
   * Reads nothing yet.
   *
   * @param read - Begins to read.
   */
  constructor(
    read: () => AsyncIterable<readonly EvidenceItem[]>,
    { ordered = true, partial = false }: Pick<EvidenceSource, "ordered" | "partial"> = {},
  ) {
    this.ordered = ordered;
    this.partial = partial;
    this.#read = read;
  }

  /** The items, many at a time. */
  blocks(): AsyncIterable<readonly EvidenceItem[]> {
    return this.#read();
  }

  /** The items one by one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EvidenceItem, void, undefined> {
    for await (const block of this.#read()) yield* block;
  }
}

/** The items of a source in blocks, of one item each where the source has none. */
export function blocksOf(source: EvidenceSource): AsyncIterable<readonly EvidenceItem[]> {
  return source.blocks?.() ?? single(source);
}

async function* single(
  source: EvidenceSource,
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  for await (const item of source) yield [item];
}

/**
 * The text of a line. Undefined where its bytes are not UTF-8: the text would have other bytes.
 */
export function lineText({ line }: Pick<EvidenceLine, "line">): string | undefined {
  if (typeof line === "string") return line;
  const buffer = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const text = buffer.toString("utf8");
  // Bytes that are not UTF-8 are read as U+FFFD, which a text may also hold.
  return text.includes("\uFFFD") && !Buffer.from(text).equals(buffer) ? undefined : text;
}

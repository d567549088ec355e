import { isObject, type UnknownObject } from "../entry/json.js";
import { leafHashOf } from "../entry/line.js";
import { AuditError, invalidEvidence } from "../errors.js";
import { quoted } from "../text/safe-text.js";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.js";
import type { Hash } from "./merkle/merkle-hash.js";
import { proofsFromShared, sharedProofRanges } from "./merkle/merkle-proofs.js";
import { MAX_INCLUSION_HASHES } from "./merkle/verify-proofs.js";
import { base64, hashOfBase64 } from "./note/signed-note.js";

/** Chosen entries of a log, each with the proof that it is in the tree of the checkpoint. */
export interface EvidenceBundle {
  /** The log's id, as in the checkpoint. */
  readonly origin: string;
  /** The checkpoint, a signed note. */
  readonly checkpoint: string;
  /** By sequence, each once. */
  readonly entries: readonly BundleEntry[];
  /**
   * True for all entries of the checkpoint, and perhaps later ones. They make its tree without
   * proofs, so that theirs are empty.
   */
  readonly isWhole?: true;
}

/** Chosen entries of a log, with one proof that they share. */
export interface SharedBundle extends Pick<EvidenceBundle, "origin" | "checkpoint"> {
  /**
   * The roots of the largest subtrees that hold none of the entries, from left to right. Empty for
   * a whole log.
   */
  readonly proof: readonly Hash[];
  /** By sequence, each once. */
  readonly entries: readonly Pick<BundleEntry, "sequence" | "line">[];
}

/** One entry of a bundle. */
export interface BundleEntry {
  readonly sequence: number;
  /** The canonical line, without its end. */
  readonly line: string;
  /** The inclusion proof in the tree of the checkpoint, the leaf's sibling first. */
  readonly proof: readonly Hash[];
}

/** The format that a bundle names. */
export const BUNDLE_FORMAT = "quorumlog/evidence-bundle";

/** The versions of the format: with a proof for each entry, and with one that they share. */
export const BUNDLE_VERSION = 1;
export const SHARED_BUNDLE_VERSION = 2;

const BUNDLE_KEYS = ["format", "version", "origin", "checkpoint", "entries"];
const ENTRY_KEYS = ["sequence", "line", "proof"];
const SHARED_BUNDLE_KEYS = ["format", "version", "origin", "checkpoint", "proof", "entries"];
const SHARED_ENTRY_KEYS = ["sequence", "line"];

/** What makes the string before it a key. */
const AFTER_STRING = /\s*:/y;

/**
 * Writes a bundle as JSON: an object with these keys.
 *
 * | key | value |
 * |---|---|
 * | `format` | `"quorumlog/evidence-bundle"` |
 * | `version` | 1 |
 * | `origin` | the log's id |
 * | `checkpoint` | the signed note (C2SP tlog-checkpoint) |
 * | `entries` | objects like the one below, by rising `sequence`; a hash is base64 of 32 bytes |
 *
 * ```json
 * { "sequence": 7, "line": "{…}", "proof": ["<hash>", "<hash>"] }
 * ```
 */
export function formatBundle({ origin, checkpoint, entries }: EvidenceBundle): string {
  const written = entries
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ sequence, line, proof }) => ({ sequence, line, proof: proof.map(base64) }));
  const bundle = {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    origin,
    checkpoint,
    entries: written,
  };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/**
 * Writes a bundle whose entries share one proof, as JSON: the keys of {@link formatBundle}, with
 * `version` 2, with `proof` before `entries`, and without a `proof` in each entry. Each hash is
 * there once. For many entries, this is a small part of their size.
 */
export function formatSharedBundle({ origin, checkpoint, proof, entries }: SharedBundle): string {
  const bundle = {
    format: BUNDLE_FORMAT,
    version: SHARED_BUNDLE_VERSION,
    origin,
    checkpoint,
    proof: proof.map(base64),
    entries: entries.map(({ sequence, line }) => ({ sequence, line })),
  };
  return `${JSON.stringify(bundle)}\n`;
}

/**
 * Reads what {@link formatBundle} and {@link formatSharedBundle} write, and nothing else: no key
 * may be missing, unknown or there twice. Does not verify it, except that the checkpoint must have
 * the origin of the bundle.
 *
 * @param json - The whole text.
 * @throws `AuditError` `invalid_evidence`, with the path of the field.
 */
export function parseBundle(json: string): EvidenceBundle {
  const value = parsed(json);
  const isShared = isObject(value) && value["version"] === SHARED_BUNDLE_VERSION;
  const [bundleKeys, entryKeys] = isShared
    ? [SHARED_BUNDLE_KEYS, SHARED_ENTRY_KEYS]
    : [BUNDLE_KEYS, ENTRY_KEYS];
  const bundle = objectOf(value, "bundle", bundleKeys);
  if (bundle["format"] !== BUNDLE_FORMAT)
    throw invalidEvidence(`expected "${BUNDLE_FORMAT}"`, "format");
  if (!isShared && bundle["version"] !== BUNDLE_VERSION)
    throw invalidEvidence(`expected ${BUNDLE_VERSION} or ${SHARED_BUNDLE_VERSION}`, "version");
  const origin = textOf(bundle["origin"], "origin");
  const checkpoint = checkpointOf(bundle["checkpoint"], "checkpoint");
  if (checkpoint.origin !== origin)
    throw invalidEvidence("expected the origin of the checkpoint", "origin");
  const entries = arrayOf(bundle["entries"], "entries").map((entry, index) =>
    entryOf(entry, entryKeys, `entries[${index}]`),
  );
  for (const [index, { sequence }] of entries.entries()) {
    if (sequence <= (entries[index - 1]?.sequence ?? -1))
      throw invalidEvidence(
        "expected more than the sequence of the entry before",
        `entries[${index}].sequence`,
      );
  }
  if (keysIn(json) !== bundleKeys.length + entries.length * entryKeys.length)
    throw invalidEvidence("expected each key once", "bundle");
  const read = { origin, checkpoint: checkpoint.note, entries };
  return isShared ? withProofs(read, bundle["proof"], checkpoint.size) : read;
}

/** Gives each entry its own proof, unless the entries are the whole log. */
function withProofs(bundle: EvidenceBundle, proof: unknown, size: number): EvidenceBundle {
  const given = arrayOf(proof, "proof").length;
  const sequences = bundle.entries.map(({ sequence }) => sequence);
  const isWhole =
    sequences.length >= size && sequences[sequences.length - 1] === sequences.length - 1;
  if (isWhole && given === 0) return { ...bundle, isWhole };
  const outside = sequences.findIndex((sequence) => sequence >= size);
  if (outside !== -1)
    throw invalidEvidence(`expected less than ${size}`, `entries[${outside}].sequence`);
  const expected = size === 0 ? 0 : sharedProofRanges(sequences, size).length;
  if (given !== expected)
    throw invalidEvidence(
      `expected ${expected} hashes, one for each subtree without an entry`,
      "proof",
    );
  if (size === 0) return bundle;
  const shared = hashesOf(proof, "proof", expected);
  const leaves = bundle.entries.map(({ line }) => leafHashOf(line));
  const proofs = proofsFromShared(sequences, leaves, size, shared);
  return {
    ...bundle,
    entries: bundle.entries.map((entry, index) => ({ ...entry, proof: proofs[index] ?? [] })),
  };
}

function checkpointOf(value: unknown, field: string): Checkpoint {
  const note = textOf(value, field);
  try {
    return parseCheckpoint(note);
  } catch (cause) {
    throw new AuditError("invalid_evidence", `${field}: expected a signed checkpoint`, {
      field,
      cause,
    });
  }
}

function entryOf(value: unknown, keys: readonly string[], field: string): BundleEntry {
  const { sequence, line, proof = [] } = objectOf(value, field, keys);
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0 || Object.is(sequence, -0))
    throw invalidEvidence("expected a sequence", `${field}.sequence`);
  return {
    sequence: sequence as number,
    line: textOf(line, `${field}.line`),
    proof: hashesOf(proof, `${field}.proof`, MAX_INCLUSION_HASHES),
  };
}

function hashesOf(value: unknown, field: string, most: number): readonly Hash[] {
  const texts = arrayOf(value, field);
  if (texts.length > most) throw invalidEvidence(`expected at most ${most} hashes`, field);
  return texts.map((text, index) => {
    const hash = typeof text === "string" ? hashOfBase64(text) : undefined;
    if (hash === undefined)
      throw invalidEvidence("expected a hash in base64", `${field}[${index}]`);
    return hash;
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What JSON.parse says quotes the input, which may be anybody's.
    throw invalidEvidence("expected JSON", "bundle");
  }
}

/**
 * How many keys a JSON text has, repeated ones too. `JSON.parse` keeps the last of two keys with
 * one name (RFC 8259 section 4), and another parser, or a person, may read the first.
 */
function keysIn(json: string): number {
  let keys = 0;
  for (let start = json.indexOf('"'); start !== -1; ) {
    const end = endOfString(json, start);
    AFTER_STRING.lastIndex = end;
    if (AFTER_STRING.test(json)) keys++;
    start = json.indexOf('"', end);
  }
  return keys;
}

/** Where the string of a JSON text ends, behind its last quotation mark. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); ; quote = json.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (json[quote - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
}

/** The object, if it has exactly these keys. A key such as `__proto__` is an unknown one. */
function objectOf(value: unknown, field: string, keys: readonly string[]): UnknownObject {
  if (!isObject(value)) throw invalidEvidence("expected an object", field);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw invalidEvidence(`expected no key ${quoted(key)}`, field);
  }
  for (const key of keys)
    if (!Object.hasOwn(value, key)) throw invalidEvidence(`expected ${key}`, field);
  return value;
}

function arrayOf(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidEvidence("expected an array", field);
  return value;
}

/** The text, if it has no lone surrogates. They have no bytes that could be hashed. */
function textOf(value: unknown, field: string): string {
  if (typeof value !== "string" || !value.isWellFormed())
    throw invalidEvidence("expected text", field);
  return value;
}

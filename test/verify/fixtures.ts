import { type AuditEvent, validateEvent } from "../../src/entry/audit-event.js";
import { sealEntry } from "../../src/entry/seal.js";
import { randomUuid } from "../../src/entry/uuid.js";
import { CompactRange } from "../../src/integrity/compact-range.js";
import type { EvidenceItem, EvidenceSource } from "../../src/integrity/evidence.js";
import { leafHashOf } from "../../src/integrity/merkle-hash.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import type { SigningKey } from "../../src/integrity/signing-key.js";
import {
  ndjsonSource,
  type VerificationReport,
  type VerifyOptions,
  verify,
} from "../../src/verify/index.js";
import { newKey } from "../integrity/fixtures.js";

export const ORIGIN = "votes.example/audit";
/** 2026-04-14T12:00:00.000Z; an entry is recorded each second. */
export const START = 1_776_168_000_000;
export const KEY: SigningKey = newKey(ORIGIN);
export const VKEY: string = KEY.verifierKey.vkey;

/** What an app logs, by turns: texts beyond ASCII, nested details, imports, own operations. */
const EVENTS: ((n: number) => AuditEvent)[] = [
  (n) => ({
    operation: "vote_cast",
    proposalId: `urn:pqc-gov-prop:${n >> 4}`,
    actorDid: `did:pqaid:node-${n % 7}`,
    decision: ["approve", "reject", "abstain"][n % 3] ?? "approve",
    details: { vote_id: `urn:pqc-gov-vote:${n}` },
  }),
  (n) => ({
    operation: "proposal_created",
    proposalId: `urn:pqc-gov-prop:${n}`,
    subjectId: "urn:model:ä-7b",
    kind: "authorize-model",
    actorDid: "did:pqaid:node-1",
    details: { title: `Modèle №${n} "zulassen" \u2028 {😀}` },
  }),
  (n) => ({
    operation: "consensus_reached",
    proposalId: `urn:pqc-gov-prop:${n}`,
    actorDid: "",
    decision: "passed",
    details: { reason: "quorum", approve_weight: 0.75, reject_weight: 1e-7, vote_count: n },
  }),
  (n) => ({
    operation: "policy_checked",
    details: { limits: [1, -2.5, null, true], nested: { b: { seq: n }, a: '"seq":7,' } },
    timestamp: new Date(START - 86_400_000 + n),
  }),
];

/** One canonical line. */
export function lineOf(sequence: number, origin = ORIGIN, event: Partial<AuditEvent> = {}): string {
  const make = EVENTS[sequence % 5 === 0 ? (sequence / 5) % EVENTS.length : 0] as (
    n: number,
  ) => AuditEvent;
  return sealEntry(validateEvent({ ...make(sequence), ...event }), {
    log: origin,
    sequence,
    id: randomUuid(),
    recordedMillis: START + (sequence % 1_000_000) * 1000,
    traceId: sequence % 3 === 0 ? "0af7651916cd43dd8448eb211c80319c" : undefined,
    spanId: sequence % 3 === 0 ? "b7ad6b7169203331" : undefined,
  }).line;
}

/** The canonical lines of a log. */
export function linesOf(count: number, origin = ORIGIN): string[] {
  return Array.from({ length: count }, (_, sequence) => lineOf(sequence, origin));
}

/** The root hash over the first lines. */
export function rootOfLines(lines: readonly string[], size = lines.length): Uint8Array {
  return lines
    .slice(0, size)
    .reduce((range, line) => range.append(leafHashOf(line)), CompactRange.EMPTY)
    .root();
}

/** How a checkpoint is signed. */
export interface Signing {
  readonly keys?: readonly SigningKey[];
  readonly timeMillis?: number;
  readonly origin?: string;
}

/** The signed note over the first lines. */
export async function noteOf(
  lines: readonly string[],
  size = lines.length,
  { keys = [KEY], timeMillis = START + size * 1000, origin = ORIGIN }: Signing = {},
): Promise<string> {
  return (await signCheckpoint({ origin, size, root: rootOfLines(lines, size), keys, timeMillis }))
    .note;
}

/** The signed notes at several sizes, one after the other. */
export async function notesOf(
  lines: readonly string[],
  sizes: readonly number[],
  signing?: Signing,
) {
  return (await Promise.all(sizes.map((size) => noteOf(lines, size, signing)))).join("\n");
}

/** Verifies an export. */
export function verifyLines(
  lines: readonly (string | Uint8Array)[],
  checkpoints = "",
  options: VerifyOptions = { keys: [VKEY] },
): Promise<VerificationReport> {
  const end = Buffer.from("\n");
  const bytes = Buffer.concat(
    lines.flatMap((line) => [typeof line === "string" ? Buffer.from(line) : line, end]),
  );
  return verify(ndjsonSource([bytes], { checkpoints }), options);
}

/** A source of these items. */
export function sourceOf(
  items: readonly EvidenceItem[],
  kind: Pick<EvidenceSource, "ordered" | "partial"> = {},
): EvidenceSource {
  return {
    ...kind,
    async *[Symbol.asyncIterator]() {
      for (const item of items) yield item;
    },
  };
}

/** Lines as items. */
export function itemsOf(lines: readonly string[]): EvidenceItem[] {
  return lines.map((line) => ({ kind: "line", line }));
}

/** The three verdicts, in the order integrity, completeness, authenticity. */
export function verdicts({ integrity, completeness, authenticity }: VerificationReport): string {
  return `${integrity} ${completeness} ${authenticity}`;
}

/** The codes of the problems, each once. */
export function codes({ problems }: VerificationReport): string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

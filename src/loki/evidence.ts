import { RESERVED_OPERATION } from "../entry/operations.js";
import type { EvidenceItem } from "../integrity/evidence.js";
import { COLUMN_LABELS, heldAs, LABELS } from "./labels.js";
import { type LokiRecord, labelOf } from "./loki-answer.js";

/** Where a label stands in a line. */
const MEMBERS = [
  [COLUMN_LABELS.operation, "operation"],
  [COLUMN_LABELS.proposalId, "proposal_id"],
  [COLUMN_LABELS.subjectId, "subject_id"],
  [COLUMN_LABELS.kind, "kind"],
  [COLUMN_LABELS.actorDid, "actor_did"],
  [COLUMN_LABELS.decision, "decision"],
  [LABELS.logId, "log"],
  [LABELS.sequence, "seq"],
  [LABELS.uid, "id"],
] as const;

/** A record as evidence: as it stands there, and what is wrong with the labels by which it is found. */
export function evidenceOf(record: LokiRecord): EvidenceItem {
  const { line } = record;
  if (labelOf(record, LABELS.operation) === RESERVED_OPERATION)
    return { kind: "checkpoint", note: line };
  const leafHash = labelOf(record, LABELS.leafHash);
  const problem = labelsProblem(record);
  return {
    kind: "line",
    line,
    ...(leafHash !== undefined && { leafHash }),
    ...(problem !== undefined && { problem }),
  };
}

/** Undefined when each label says what the line says, or the line says nothing, which the verifier tells. */
function labelsProblem(record: LokiRecord): string | undefined {
  const fields = parsed(record.line);
  if (fields === undefined) return undefined;
  const wrong: string[] = MEMBERS.filter(
    ([label, member]) => heldAs(labelOf(record, label)) !== heldAs(textOf(fields[member])),
  ).map(([label]) => label);
  const happened = Date.parse(String(fields["timestamp"]));
  if (labelOf(record, LABELS.timestampMillis) !== String(happened))
    wrong.push(LABELS.timestampMillis);
  return wrong.length === 0
    ? undefined
    : `Loki finds it by another ${wrong.join(", ")} than its line has`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === "object" && fields !== null
      ? (fields as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

import { COLUMNS } from "../entry/columns.js";
import { parseObject } from "../entry/json.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import type { EvidenceItem } from "../integrity/evidence.js";
import { COLUMN_LABELS, heldAs, LABELS } from "./labels.js";
import { type LokiRecord, labelOf } from "./loki-answer.js";

/** The member of a line that a label repeats. */
const MEMBERS: readonly (readonly [label: string, key: string])[] = [
  ...COLUMNS.map(({ name, key }) => [COLUMN_LABELS[name], key] as const),
  [LABELS.logId, "log"],
  [LABELS.sequence, "seq"],
  [LABELS.uid, "id"],
];

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
  const members = parseObject(record.line);
  if (members === undefined) return undefined;
  const wrong = MEMBERS.filter(
    ([label, key]) => heldAs(labelOf(record, label)) !== heldAs(textOf(members[key])),
  ).map(([label]) => label);
  const happened = Date.parse(String(members["timestamp"]));
  if (labelOf(record, LABELS.timestampMillis) !== String(happened))
    wrong.push(LABELS.timestampMillis);
  return wrong.length === 0
    ? undefined
    : `Loki finds it by another ${wrong.join(", ")} than its line has`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

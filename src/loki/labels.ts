import type { QueryColumn } from "../query/audit-query.js";
import * as semconv from "../semconv.js";

/** What Loki makes of an attribute's name. */
const labelOf = (attribute: string): string => attribute.replaceAll(".", "_");

type Label = "operation" | "logId" | "sequence" | "leafHash" | "timestampMillis" | "uid";

/** Names of structured metadata that a reader asks for. */
export const LABELS: Readonly<Record<Label, string>> = {
  operation: labelOf(semconv.ATTR_GOVERNANCE_OPERATION),
  logId: labelOf(semconv.ATTR_GOVERNANCE_LOG_ID),
  sequence: labelOf(semconv.ATTR_GOVERNANCE_SEQUENCE),
  leafHash: labelOf(semconv.ATTR_GOVERNANCE_LEAF_HASH),
  timestampMillis: labelOf(semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS),
  uid: labelOf(semconv.ATTR_LOG_RECORD_UID),
};

/** The same of the columns of a query. */
export const COLUMN_LABELS: Readonly<Record<QueryColumn, string>> = {
  operation: LABELS.operation,
  proposalId: labelOf(semconv.ATTR_GOVERNANCE_PROPOSAL_ID),
  actorDid: labelOf(semconv.ATTR_GOVERNANCE_ACTOR_DID),
  subjectId: labelOf(semconv.ATTR_GOVERNANCE_SUBJECT_ID),
  kind: labelOf(semconv.ATTR_GOVERNANCE_KIND),
  decision: labelOf(semconv.ATTR_GOVERNANCE_DECISION),
};

/** How Loki 3.7.6 holds a text (measured): U+FFFD as a space, and none where it is empty. */
export function heldAs(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text.replaceAll("\ufffd", " ");
}

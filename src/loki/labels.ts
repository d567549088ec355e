import { COLUMNS, type ColumnName } from "../entry/columns.js";
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

/** The same of the columns of an entry. */
export const COLUMN_LABELS = Object.fromEntries(
  COLUMNS.map(({ name, attribute }) => [name, labelOf(attribute)]),
) as Readonly<Record<ColumnName, string>>;

/** How Loki 3.7.6 holds a text (measured): U+FFFD as a space, and none where it is empty. */
export function heldAs(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text.replaceAll("\ufffd", " ");
}

import type { JsonValue, UnknownObject } from "../entry/json.js";
import { readEntry } from "../entry/line.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import type { EvidenceItem } from "../integrity/evidence.js";
import {
  eventNameOf,
  MAX_DETAIL_ATTRIBUTES,
  type SealableRecord,
  severityOf,
  writeSeal,
} from "../record/sealed-record.js";
import * as semconv from "../semconv.js";
import { cut } from "../text/safe-text.js";
import {
  COLUMN_LABELS,
  isCheckpoint,
  isOfNoLog,
  LABELS,
  type LokiRecord,
  labelName,
  labelOf,
  storedText,
} from "./loki-record.js";

/** What Loki itself adds to each record, beside the attributes. */
const OWN_LABELS = {
  observed: "observed_timestamp",
  severityNumber: "severity_number",
  severityText: "severity_text",
  level: "detected_level",
  eventName: "event_name",
  traceId: "trace_id",
  spanId: "span_id",
} as const;

const CHECKPOINT_SIZE = labelName(semconv.ATTR_GOVERNANCE_CHECKPOINT_SIZE);
const CHECKPOINT_ROOT = labelName(semconv.ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH);
const DETAILS_PREFIX = labelName(semconv.ATTR_GOVERNANCE_DETAILS_PREFIX);

/** Labels with a meaning, which a record must not have unless its line says so. */
const MEANINGFUL: readonly string[] = [
  ...Object.values(COLUMN_LABELS),
  ...Object.values(LABELS),
  CHECKPOINT_SIZE,
  CHECKPOINT_ROOT,
];

/** How many labels a problem names. */
const MAX_NAMED = 6;
/** How much of a name, which anybody may have invented. */
const MAX_NAME = 48;
const NANOS_PER_MILLI = 1_000_000n;
/** A clock that fell back holds up the times of later records by at most an hour. */
const MAX_HELD_UP_NANOS = 3_600_000_000_000n;

/** What a record of a log must have beside its line, or its note. */
interface Expected {
  /** By label, as Loki stores them. Undefined: the label must be absent. */
  readonly labels: ReadonlyMap<string, string | undefined>;
  /** Labels that may be absent. */
  readonly ifThere: ReadonlyMap<string, string>;
  readonly details: UnknownObject;
}

/**
 * Compares what Loki holds beside the lines with the lines: labels, severity, event name, trace,
 * details and times. Dashboards and queries use these, and the signatures do not cover them. What
 * Loki changes by itself is no difference: the names of labels, values that become text, U+FFFD
 * that becomes a space, and an empty text that is not stored.
 */
export class RecordCheck {
  #last: { readonly sequence: number; readonly nanos: bigint } | undefined;

  /** A record as evidence. Records come in the order of their times. */
  *evidenceOf(record: LokiRecord): Generator<EvidenceItem, void, undefined> {
    const { line, nanos } = record;
    if (isOfNoLog(record)) {
      const message =
        `Loki has a record of ${nanos} ns that names no log, and has labels of an entry; ` +
        "no log sealed it";
      yield { kind: "problem", message };
      return;
    }
    if (isCheckpoint(record)) {
      const problem = checkpointProblem(record);
      if (problem !== undefined) yield { kind: "problem", message: problem };
      yield { kind: "checkpoint", note: line };
      return;
    }
    const leafHash = labelOf(record, LABELS.leafHash);
    const problem = this.#entryProblem(record);
    yield {
      kind: "line",
      line,
      ...(leafHash !== undefined && { leafHash }),
      ...(problem !== undefined && { problem }),
    };
  }

  /** Undefined for a line that cannot be read, too: the verifier reports it. */
  #entryProblem(record: LokiRecord): string | undefined {
    const found = readEntry(record.line);
    if (found === undefined) return undefined;
    const { entry, log } = found;
    const sealed: SealableRecord = {
      attributes: {},
      hrTime: [0, 0],
      hrTimeObserved: [0, 0],
      severityText: "",
    };
    const timestampMillis = Date.parse(entry.timestamp);
    writeSeal(sealed, { entry, line: record.line, timestampMillis }, log, [0, 0]);
    const all = Object.entries(sealed.attributes).map(
      ([name, value]) => [labelName(name), String(value)] as const,
    );
    const details = all.filter(([label]) => label.startsWith(DETAILS_PREFIX));
    // the line does not say which of more details became attributes
    const attributes = details.length < MAX_DETAIL_ATTRIBUTES ? all : all.filter(isNoDetail);
    const expected: Expected = {
      labels: new Map<string, string | undefined>([
        ...MEANINGFUL.map((label) => [label, undefined] as const),
        ...attributes,
        // the verifier compares it with the line
        [LABELS.leafHash, labelOf(record, LABELS.leafHash)],
        ...ownLabels(record, entry.operation),
        [OWN_LABELS.traceId, entry.traceId],
        [OWN_LABELS.spanId, entry.spanId],
      ]),
      ifThere: labelsIfThere(entry.operation, sealed.severityText ?? ""),
      details: entry.details,
    };
    const wrong = differences(record, expected);
    const problems = wrong.length === 0 ? [] : [`another ${listed(wrong)}`];
    const recordedAt = entry.recordedAt ?? entry.timestamp;
    if (!this.#isItsTime(record.nanos, entry.sequence, BigInt(Date.parse(recordedAt))))
      problems.push(`the time ${record.nanos} ns, and not that of its recording`);
    return problems.length === 0
      ? undefined
      : `Loki has the entry with ${problems.join(" and ")}; the line says otherwise`;
  }

  /**
   * Whether a record has its time: that of its line, or one nanosecond after the entry before where
   * the clock did not rise.
   */
  #isItsTime(nanos: bigint, sequence: number, recordedMillis: bigint): boolean {
    const last = this.#last;
    const recorded = recordedMillis * NANOS_PER_MILLI;
    const isAgain = last?.sequence === sequence && last.nanos === nanos;
    this.#last = { sequence, nanos };
    if (nanos === recorded || isAgain) return true;
    if (last?.sequence === sequence - 1) return nanos === last.nanos + 1n;
    // the entry before is not there, so its time is not known
    return nanos > recorded && nanos < recorded + MAX_HELD_UP_NANOS;
  }
}

/** The notes are judged by the verifier, which knows the keys. */
function checkpointProblem(record: LokiRecord): string | undefined {
  const [origin = "", size = "", root = ""] = record.line.split("\n", 3);
  const expected: Expected = {
    labels: new Map<string, string | undefined>([
      ...Object.values(COLUMN_LABELS).map((label) => [label, undefined] as const),
      [LABELS.operation, RESERVED_OPERATION],
      [LABELS.logId, origin],
      [LABELS.sequence, undefined],
      [LABELS.leafHash, undefined],
      [CHECKPOINT_SIZE, size],
      [CHECKPOINT_ROOT, Buffer.from(root, "base64").toString("hex")],
      ...ownLabels(record, RESERVED_OPERATION),
    ]),
    ifThere: labelsIfThere(RESERVED_OPERATION, "INFO"),
    details: {},
  };
  const wrong = differences(record, expected);
  return wrong.length === 0
    ? undefined
    : `Loki has a checkpoint of size ${size} with another ${listed(wrong)}; ` +
        "its note says otherwise";
}

function ownLabels({ nanos }: LokiRecord, operation: string): [string, string][] {
  return [
    [OWN_LABELS.observed, String(nanos)],
    [OWN_LABELS.severityNumber, String(severityOf(operation))],
  ];
}

/**
 * Our Collector copies the event name; Loki alone drops it. A level can be switched off, and only
 * records of the app's own loggers have a severity text.
 */
function labelsIfThere(operation: string, severityText: string): ReadonlyMap<string, string> {
  return new Map([
    [OWN_LABELS.eventName, eventNameOf(operation)],
    [OWN_LABELS.level, severityText.toLowerCase()],
    [OWN_LABELS.severityText, severityText],
  ]);
}

/** The labels that differ from what is expected, and those that were invented. */
function differences(record: LokiRecord, { labels, ifThere, details }: Expected): string[] {
  const wrong: string[] = [];
  for (const [label, text] of labels) {
    const held = heldAs(record, label);
    const stored = storedText(text);
    if (!held.every((one) => one === stored) || (held.length === 0 && stored !== undefined))
      wrong.push(label);
  }
  for (const [label, text] of ifThere)
    if (!heldAs(record, label).every((one) => one === text)) wrong.push(label);
  const others = Object.keys({ ...record.stream, ...record.metadata }).filter(
    (label) => label.startsWith(DETAILS_PREFIX) && !labels.has(label),
  );
  return [...wrong, ...(others.length === 0 ? [] : invented(record, others, details))];
}

/**
 * What a record has under a label. A stream can have a label of the same name as the metadata, and
 * Loki finds and counts the record by that of the stream.
 */
function heldAs({ metadata, stream }: LokiRecord, label: string): unknown[] {
  const held = [metadata, stream].filter((labels) => Object.hasOwn(labels, label));
  return held.map((labels) => labels[label] || undefined);
}

/**
 * The labels of details that no detail of the line has. An app's own record may have more of them
 * than a helper writes: long texts, lists, names with a dot.
 */
function invented(
  record: LokiRecord,
  labels: readonly string[],
  details: UnknownObject,
): readonly string[] {
  const values = Object.entries(details).map(
    ([key, value]) => [DETAILS_PREFIX + labelName(key), value as JsonValue] as const,
  );
  return labels.filter(
    (label) =>
      !values.some(
        ([name, value]) =>
          name === label && heldAs(record, label).every((held) => isTextOf(held, value)),
      ),
  );
}

/** Whether Loki writes a value as this text. */
function isTextOf(text: unknown, value: JsonValue): boolean {
  if (typeof value !== "object" || value === null) return text === storedText(String(value));
  try {
    // it writes lists and maps as JSON, with escapes and an order of its own
    return isSame(JSON.parse(String(text)), value);
  } catch {
    return false;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => isSame((a as UnknownObject)[key], (b as UnknownObject)[key]))
  );
}

function isNoDetail([label]: readonly [string, string]): boolean {
  return !label.startsWith(DETAILS_PREFIX);
}

function listed(labels: readonly string[]): string {
  const more = labels.length - MAX_NAMED;
  const named = labels
    .slice(0, MAX_NAMED)
    .map((label) => cut(label, MAX_NAME))
    .join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

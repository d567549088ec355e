/**
 * Writes docs/semantic-conventions.md (or the file that it is given), or with `--check` fails when that file is not what
 * would be written.
 *
 * Attributes and metrics come from the conventions in `src/semconv.ts`, the vocabularies from the operations; what each
 * operation writes is read off a record that its helper made, so that the document cannot say anything else. All of it
 * comes from the built package.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SeverityNumber } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import * as quorumlog from "quorumlog";

const {
  ATTRIBUTE_CONVENTIONS,
  CONSENSUS_DECISIONS,
  EVENT_NAME_PREFIX,
  GovernanceAuditLog,
  METRIC_CONVENTIONS,
  OPERATIONS,
  PROPOSAL_KINDS,
  SCOPE_NAME,
  VOTE_DECISIONS,
} = quorumlog;

type Operation = quorumlog.Operation;

const DOCUMENT = resolve(import.meta.dirname, "../docs/semantic-conventions.md");

/** The keys of a canonical line, in the order of RFC 8785, with their types and what they hold. */
export const LINE_KEYS: readonly (readonly [key: string, type: string, brief: string])[] = [
  ["actor_did", "string", "DID of who acted"],
  ["decision", "string", "what was voted or decided"],
  ["details", "object", "everything else; always there, `{}` when empty"],
  ["id", "string", "UUID of the entry, the same as `log.record.uid`"],
  ["kind", "string", "what the proposal asks for"],
  ["log", "string", "the log id"],
  ["operation", "string", "what happened"],
  ["proposal_id", "string", "the proposal"],
  ["recorded_at", "string", "when it was recorded; only when that is not `timestamp`"],
  ["seq", "number", "position in the log, from 0"],
  ["span_id", "string", "16 hexadecimal digits; only inside a span"],
  ["subject_id", "string", "the model, agent, policy or node"],
  ["timestamp", "string", "when it happened: RFC 3339, UTC, milliseconds"],
  ["trace_id", "string", "32 hexadecimal digits; only inside a span"],
  ["v", "number", "version of this layout, 1"],
];

/** What one operation wrote, as it reached a mirror. */
export interface Sample {
  readonly record: ReadableLogRecord;
  readonly entry: quorumlog.EntryFields;
}

/** Lets each of the eight helpers record once. */
export function samples(): ReadonlyMap<Operation, Sample> {
  const records: ReadableLogRecord[] = [];
  const audit = new GovernanceAuditLog({
    mirrors: [
      {
        onEmit: (record) => void records.push(record),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const proposalId = "urn:pqc-gov-prop:7f3a";
  const voterDid = "did:pqaid:bob";
  const grant = {
    proposalId,
    subjectId: "did:pqaid:medical-ai-v2",
    kind: "authorize-model",
  } as const;
  const made: Readonly<Record<Operation, quorumlog.EntryFields>> = {
    proposal_created: audit.logProposalCreated({
      ...grant,
      proposerDid: "did:pqaid:alice",
      title: "Authorize medical-ai-v2",
    }),
    vote_cast: audit.logVoteCast({
      vote: { voteId: "urn:pqc-gov-vote:c472f7", proposalId, voterDid, decision: "approve" },
    }),
    consensus_reached: audit.logConsensusReached({
      proposalId,
      signerDid: "did:pqaid:alice",
      decision: "passed",
      reason: "quorum reached",
      approveWeight: 4,
      rejectWeight: 1,
      abstainWeight: 0,
      totalWeight: 6,
      includedVoteIds: ["urn:pqc-gov-vote:c472f7"],
    }),
    byzantine_detected: audit.logByzantineDetected({
      voterDid,
      proposalId,
      priorDecision: "approve",
      conflictingDecision: "reject",
    }),
    node_added: audit.logNodeAdded({ did: voterDid, name: "bob", weight: 1 }),
    node_removed: audit.logNodeRemoved({ did: voterDid }),
    authorization_granted: audit.logAuthorizationGranted(grant),
    authorization_revoked: audit.logAuthorizationRevoked(grant),
  };
  return new Map(
    OPERATIONS.map((operation) => {
      const entry = made[operation];
      return [operation, { entry, record: records[entry.sequence] as ReadableLogRecord }];
    }),
  );
}

/** The whole document. */
export function semanticConventions(): string {
  const operations = samples();
  return `<!-- Written by \`npm run docs:semconv\` from src/semconv.ts and from what the helpers record; do not edit. -->

# Semantic conventions

Every entry becomes one OpenTelemetry log record, which looks like this wherever it goes: to the mirrors, to the processors
after the log, to a backend. The names are stable.

## The record

| field | value |
|---|---|
| event name | \`${EVENT_NAME_PREFIX}\` and the operation |
| timestamp, observed timestamp | when it was recorded, in nanoseconds; rises strictly with the sequence, whatever the clock does |
| severity number | INFO unless the table of operations says otherwise |
| severity text | none; on a record of the app's own logger that had one, the name of the severity number |
| body | the canonical line, a string (see below) |
| trace id, span id | of the span that was active |
| instrumentation scope | \`${SCOPE_NAME}\` for a helper's record; the app's own for a record of its own logger |
| attributes | flat: those below are scalars |

## Attributes

${table(
  ["attribute", "type", "example", "operations", "what it says"],
  ATTRIBUTE_CONVENTIONS.map(({ name, type, example, operations, brief }) => [
    code(name),
    type,
    code(example),
    operationsCell(operations),
    brief,
  ]),
)}

## Operations

${table(
  ["event name", "severity", "columns", "details"],
  [...operations].map(([operation, { record, entry }]) => [
    code(record.eventName ?? ""),
    SeverityNumber[record.severityNumber ?? 0] ?? "",
    codes(columnsOf(operation)),
    Object.entries(entry.details)
      .map(([key, value]) => `${code(key)} ${typeof value}`)
      .join(", "),
  ]),
)}

An app's own operations match \`[a-z][a-z0-9_]*\`, at most 64 characters; \`checkpoint\` is reserved. They have severity INFO
and whichever columns and details the app gives them.

The eight keep these vocabularies, whichever way an event comes: by a helper, by \`log\`, or from the app's own logger.

${table(
  ["field", "values"],
  [
    [
      "kind of `proposal_created`, `authorization_granted`, `authorization_revoked`",
      codes(PROPOSAL_KINDS),
    ],
    [
      "decision of `vote_cast`; both decisions in the details of `byzantine_detected`",
      codes(VOTE_DECISIONS),
    ],
    ["decision of `consensus_reached`", codes(CONSENSUS_DECISIONS)],
  ],
)}

A record of the app's own OpenTelemetry logger that has a \`governance.operation\` attribute is sealed too. Its columns come from
the attributes above, the time from \`governance.timestamp_millis\` or the record's own timestamp; its body becomes \`details.body\`,
every other attribute a detail. It keeps its own attributes beside those above, unless the log has a \`redact\` hook: then it has
those above alone, since the others are details, which the hook has seen.

## Checkpoints

A log with a \`signer\` sends each signed checkpoint ([evidence.md](evidence.md)) to its mirrors as a record of its own, behind the
entries that were there. It has the event name \`${EVENT_NAME_PREFIX}checkpoint\`, severity INFO, the signed note as body, and these
attributes: \`governance.operation\` = \`checkpoint\`, \`governance.log.id\`, \`log.record.uid\`,
${codes(columnsOf("checkpoint"))}. It has no sequence, and belongs to no trace.

## The body

The canonical line: one line of JSON by RFC 8785, with these keys in this order, at most 65 536 bytes. What is absent is left
out. \`governance.leaf_hash\` is the RFC 9162 leaf hash of these bytes.

${table(
  ["key", "type", "what it holds"],
  LINE_KEYS.map(([key, type, brief]) => [code(key), type, brief]),
)}

## Metrics

What a reliable mirror says of its ledger ([delivery.md](delivery.md)), by the OpenTelemetry Metrics API, in the scope
\`${SCOPE_NAME}\`. The names that begin with \`otel.\` are OpenTelemetry's own.

${table(
  ["metric", "instrument", "unit", "attributes", "what it says"],
  METRIC_CONVENTIONS.map(({ name, instrument, unit, attributes, brief }) => [
    code(name),
    instrument,
    code(unit),
    codes(attributes),
    brief,
  ]),
)}

\`otel.component.type\` is \`quorumlog_reliable_log_processor\`, \`otel.component.name\` the name of the mirror, such as \`otlp\`;
\`error.type\` is \`rejected\`.
`;
}

/** The columns that an operation writes, by the conventions. */
export function columnsOf(operation: string): string[] {
  return ATTRIBUTE_CONVENTIONS.filter(
    ({ operations }) => operations !== "all" && operations.includes(operation),
  ).map(({ name }) => name);
}

function operationsCell(operations: "all" | readonly string[]): string {
  return operations === "all" ? "all" : codes(operations);
}

function codes(texts: readonly string[]): string {
  return texts.map(code).join(", ");
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function main(check: boolean, file: string): void {
  const wanted = semanticConventions();
  if (!check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== wanted) {
    console.error(`${basename(file)} is not what the code says; run: npm run docs:semconv`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  main(values.check, positionals[0] ?? DOCUMENT);
}

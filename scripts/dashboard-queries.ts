/**
 * The queries of the Grafana dashboard. The names come from the conventions; Loki and Prometheus
 * replace their dots with underscores.
 *
 * `test/e2e` runs each query against a real Loki or Prometheus: {@link withoutVariables} fills in the
 * variables as Grafana does.
 */
import * as quorumlog from "quorumlog";
import { METRIC_CONVENTIONS } from "./conventions.ts";

const SEQUENCE = logqlName(quorumlog.ATTR_GOVERNANCE_SEQUENCE);
const OPERATION = logqlName(quorumlog.ATTR_GOVERNANCE_OPERATION);
const PROPOSAL = logqlName(quorumlog.ATTR_GOVERNANCE_PROPOSAL_ID);
const ACTOR = logqlName(quorumlog.ATTR_GOVERNANCE_ACTOR_DID);
const SUBJECT = logqlName(quorumlog.ATTR_GOVERNANCE_SUBJECT_ID);
const DECISION = logqlName(quorumlog.ATTR_GOVERNANCE_DECISION);
const LOG = logqlName(quorumlog.ATTR_GOVERNANCE_LOG_ID);
const TIME = logqlName(quorumlog.ATTR_GOVERNANCE_TIMESTAMP_MILLIS);
const SIZE = logqlName(quorumlog.ATTR_GOVERNANCE_CHECKPOINT_SIZE);
/** The attributes of details that the dashboard shows. */
export const DETAIL = {
  actorType: `${quorumlog.ATTR_GOVERNANCE_DETAILS_PREFIX}${"actor_type" satisfies keyof typeof quorumlog.ACTOR_DETAILS}`,
  validUntil: `${quorumlog.ATTR_GOVERNANCE_DETAILS_PREFIX}${"valid_until" satisfies keyof typeof quorumlog.OPERATION_DETAILS.authorization_granted}`,
  expiresAt: `${quorumlog.ATTR_GOVERNANCE_DETAILS_PREFIX}${"expires_at" satisfies keyof typeof quorumlog.OPERATION_DETAILS.proposal_created}`,
} as const;

/** A detail of a hold, its release or a pruning. */
type RetentionDetail = {
  [Name in quorumlog.LogOperation]: keyof (typeof quorumlog.OPERATION_DETAILS)[Name];
}[quorumlog.LogOperation];

/** The attribute of a detail of a hold, its release or a pruning. */
export const ofRetention = (key: RetentionDetail): string =>
  logqlName(quorumlog.ATTR_GOVERNANCE_DETAILS_PREFIX + key);

/** The attributes of a detail of a violation. */
export const ofViolation = (key: (typeof quorumlog.RULE_VIOLATED_DETAILS)[number]): string =>
  logqlName(quorumlog.ATTR_GOVERNANCE_DETAILS_PREFIX + key);

const MIRROR = logqlName(quorumlog.ATTR_OTEL_COMPONENT_NAME);

/**
 * Matches values that contain what the user typed, so an empty field matches all. `:regex` makes
 * Grafana escape the input, and text in backticks needs no other escapes.
 */
const containing = (label: string, variable: string): string =>
  `${label}=~\`.*\${${variable}:regex}.*\``;

/** The records of the chosen services and logs. */
const RECORDS = `{service_name=~"$service"} | ${containing(LOG, "log")}`;
/** Of these, the records of the chosen proposal and actor. */
const CHOSEN = `${RECORDS} | ${containing(PROPOSAL, "proposal")} | ${containing(ACTOR, "actor")}`;
/** The records of the chosen proposal, for events that have no actor. */
const OF_PROPOSAL = `${RECORDS} | ${containing(PROPOSAL, "proposal")}`;

const is = (
  operation: quorumlog.Operation | "checkpoint" | typeof quorumlog.OPERATION_RULE_VIOLATED,
): string => `${OPERATION}="${operation}"`;
const counted = (records: string, range: string): string =>
  `count_over_time(${records} [${range}])`;
const perProposal = (operation: quorumlog.Operation): string =>
  `sum by (${PROPOSAL}) (${counted(`${OF_PROPOSAL} | ${is(operation)}`, "$__range")})`;
const lastTime = (operation: quorumlog.Operation, labels: string = SUBJECT): string =>
  `max_over_time(${OF_PROPOSAL} | ${is(operation)} | unwrap ${TIME} [$__range]) by (${labels})`;
/** What is shown of a grant. */
const GRANT = [SUBJECT, ACTOR, logqlName(DETAIL.actorType), logqlName(DETAIL.validUntil)].join(
  ", ",
);
const orZero = (query: string): string => `(${query}) or vector(0)`;

/** How Grafana runs a query: over the chosen time, at its end, or for its lines. */
export type QueryKind = "range" | "instant" | "lines";

export interface LogqlQuery {
  readonly kind: QueryKind;
  readonly expr: string;
}

export const LOGQL = {
  votesByDecision: {
    kind: "range",
    expr: `sum by (${DECISION}) (${counted(`${CHOSEN} | ${is("vote_cast")}`, "$__auto")})`,
  },
  votes: {
    kind: "instant",
    expr: orZero(`sum(${counted(`${CHOSEN} | ${is("vote_cast")}`, "$__range")})`),
  },
  proposals: {
    kind: "instant",
    expr: orZero(`count(${perProposal("proposal_created")})`),
  },
  decided: { kind: "instant", expr: orZero(`count(${perProposal("consensus_reached")})`) },
  open: {
    kind: "instant",
    expr: orZero(
      `count(${perProposal("proposal_created")} unless ${perProposal("consensus_reached")})`,
    ),
  },
  openProposals: {
    kind: "instant",
    expr: `${perProposal("proposal_created")} unless ${perProposal("consensus_reached")}`,
  },
  decisions: {
    kind: "range",
    expr: `sum by (${DECISION}) (${counted(`${OF_PROPOSAL} | ${is("consensus_reached")}`, "$__auto")})`,
  },
  rejections: {
    kind: "instant",
    expr: orZero(
      `sum(${counted(`${OF_PROPOSAL} | ${is("consensus_reached")} | ${DECISION}="rejected"`, "$__range")})`,
    ),
  },
  byzantine: {
    kind: "instant",
    expr: orZero(`sum(${counted(`${CHOSEN} | ${is("byzantine_detected")}`, "$__range")})`),
  },
  byzantineByActor: {
    kind: "range",
    expr: `sum by (${ACTOR}) (${counted(`${CHOSEN} | ${is("byzantine_detected")}`, "$__auto")})`,
  },
  /** Which rules are violated, and by which proposals and subjects. */
  violations: {
    kind: "instant",
    expr:
      `sum by (${ofViolation("rule")}, ${ofViolation("severity")}, ${PROPOSAL}, ${SUBJECT}) ` +
      `(${counted(`${OF_PROPOSAL} | ${is(quorumlog.OPERATION_RULE_VIOLATED)}`, "$__range")})`,
  },
  /**
   * Authorizations that were granted and not revoked since. Of each subject, the last grant is
   * shown, with who enacted it and until when it is valid.
   */
  authorizations: {
    kind: "instant",
    expr:
      `(${lastTime("authorization_granted", GRANT)} >= on (${SUBJECT}) group_left () ` +
      `${lastTime("authorization_granted")}) unless on (${SUBJECT}) ` +
      `(${lastTime("authorization_revoked")} >= ${lastTime("authorization_granted")})`,
  },
  activity: {
    kind: "instant",
    expr: `topk(20, sum by (${ACTOR}, ${OPERATION}) (${counted(`${CHOSEN} | ${ACTOR}!=""`, "$__range")}))`,
  },
  entries: {
    kind: "instant",
    expr: `max_over_time(${RECORDS} | ${SEQUENCE}!="" | unwrap ${SEQUENCE} [$__range]) by (${LOG}) + 1`,
  },
  checkpointSize: {
    kind: "instant",
    expr: `max_over_time(${RECORDS} | ${is("checkpoint")} | unwrap ${SIZE} [$__range]) by (${LOG})`,
  },
  /** Milliseconds since 1970. */
  checkpointTime: {
    kind: "instant",
    expr:
      `max_over_time(${RECORDS} | ${is("checkpoint")} ` +
      `| label_format at="{{ __timestamp__ | unixEpochMillis }}" | unwrap at [$__range]) by (${LOG})`,
  },
  checkpoints: {
    kind: "range",
    expr: `sum by (${LOG}) (${counted(`${RECORDS} | ${is("checkpoint")}`, "$__auto")})`,
  },
  /** What the log recorded about what it keeps. A pruning has no proposal. */
  retention: {
    kind: "lines",
    expr: `${RECORDS} | ${containing(ACTOR, "actor")} | ${OPERATION}=~"${quorumlog.LOG_OPERATIONS.join("|")}"`,
  },
  trail: { kind: "lines", expr: CHOSEN },
} as const satisfies Readonly<Record<string, LogqlQuery>>;

/** What a counter of the mirrors counted within the range, for each mirror. */
const countedByMirrors = (metric: string): string =>
  `sum by (${MIRROR}) (${countedIn(promqlName(metric), "$__rate_interval", "1h")})`;

/** The metrics of the reliable mirrors, and two metrics of the Collector. */
export const PROMQL = {
  accepted: countedByMirrors(quorumlog.METRIC_DELIVERY_ACCEPTED),
  delivered: countedByMirrors(quorumlog.METRIC_DELIVERY_DELIVERED),
  rejected: countedByMirrors(quorumlog.METRIC_DELIVERY_REJECTED),
  pending: `sum by (${MIRROR}) (${promqlName(quorumlog.METRIC_PROCESSOR_LOG_QUEUE_SIZE)})`,
  pendingAge: `max by (${MIRROR}) (${promqlName(quorumlog.METRIC_DELIVERY_PENDING_AGE)})`,
  collectorQueue:
    "max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)",
  /** The counter itself: it starts at the first refusal, which `increase` would not count. */
  collectorFailed: "sum by (exporter) (otelcol_exporter_send_failed_log_records)",
} as const;

/**
 * PromQL for what a counter counted within the range. `increase` alone misses what was counted
 * before the first sample: all that a process does within its first minute. So a series that had no
 * sample from `memory` before the range until its start counts from 0. The memory has to be longer
 * than a gap in the samples, after which an old series would look new.
 */
export function countedIn(counter: string, range: string, memory: string): string {
  return (
    `(last_over_time(${counter}[${range}]) unless max_over_time(${counter}[${memory}] offset ${range})) ` +
    `or increase(${counter}[${range}])`
  );
}

/** The name of an attribute in LogQL, and of a label in PromQL. */
export function logqlName(attribute: string): string {
  return attribute.replaceAll(/[^\w]/g, "_");
}

/** The name that Prometheus gives to a metric of the conventions that it gets over OTLP. */
export function promqlName(metric: string): string {
  const convention = METRIC_CONVENTIONS.find(({ name }) => name === metric);
  if (convention === undefined) throw new Error(`${metric} is not a metric of the conventions`);
  const unit = convention.unit === "s" ? "_seconds" : "";
  return `${logqlName(metric)}${unit}${convention.instrument === "counter" ? "_total" : ""}`;
}

/** The values of the variables of a query. */
export interface QueryValues {
  /** A regular expression. Default: every service. */
  readonly service?: string;
  readonly log?: string;
  readonly proposal?: string;
  readonly actor?: string;
  /** A LogQL duration, for both the step and the chosen time. Default: 6h. */
  readonly range?: string;
}

/** The query as Grafana sends it. */
export function withoutVariables(expr: string, values: QueryValues = {}): string {
  const { service = ".+", range = "6h" } = values;
  return expr
    .replaceAll("$service", service)
    .replaceAll(/\$\{(log|proposal|actor):regex\}/g, (_, name: "log" | "proposal" | "actor") =>
      (values[name] ?? "").replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&"),
    )
    .replaceAll(/\$__(?:auto|range|rate_interval)/g, range);
}

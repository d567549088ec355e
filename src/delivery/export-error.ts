import { faultText } from "../http/fault.js";
import { isRetryStatus } from "../http/retry.js";

/** What an exporter can tell about a failed export, beside a message. */
export interface ExportErrorOptions {
  /** HTTP status of the answer. A 2xx says that the rest of the answer could not be read. */
  readonly status?: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis?: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords?: number | undefined;
  /** Whether no export will succeed until somebody corrects the configuration. */
  readonly misconfigured?: boolean | undefined;
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/** A failed export, in the form that {@link ReliableLogRecordProcessor} understands. */
export class ExportError extends Error {
  override readonly name: string = "ExportError";
  /** HTTP status of the answer. A 2xx says that the rest of the answer could not be read. */
  readonly status: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords: number | undefined;
  /** Whether no export will succeed until somebody corrects the configuration. */
  readonly misconfigured: boolean;

  /** Makes the error. `message` becomes the reason if records are rejected. */
  constructor(message: string, options: ExportErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterMillis = options.retryAfterMillis;
    this.rejectedLogRecords = options.rejectedLogRecords;
    this.misconfigured = options.misconfigured ?? false;
  }
}

/**
 * What a failed export means for its batch:
 *
 * - `transient`: the same batch may succeed later (network, time-out, 429, 5xx).
 * - `refused`: the batch will never succeed as it is, but parts of it may (400, 413, 422, an
 *   exporter that throws).
 * - `partial`: the backend took some records and refused the others, perhaps only for now (OTLP
 *   specification, "Partial Success").
 * - `configuration`: no batch will succeed until somebody corrects the configuration (401, 403,
 *   404, a redirect, any other 4xx).
 * - `unreadable`: nothing was exported, because the pending records could not be read.
 */
export type FailureKind = "transient" | "refused" | "partial" | "configuration" | "unreadable";

/** What somebody has to do. For the other kinds, waiting may be enough. */
export const ADVICE: Partial<Record<FailureKind, string>> = {
  configuration: "check the address and the credentials",
  unreadable: "check the journal with quorumlog verify",
};

/** One failed export. */
export interface ExportFailure {
  readonly kind: FailureKind;
  readonly reason: string;
  /** How long the backend asks to wait, in milliseconds. 0 if it does not ask. */
  readonly retryAfterMillis: number;
  /**
   * Whether the backend said 2xx, and then something that cannot be read. If it says so whenever a
   * certain record is in the batch, that record is isolated.
   */
  readonly isUnreadableSuccess: boolean;
}

/** Statuses of RFC 9110 section 15.5 that refuse the content of the request. */
const CONTENT_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);

/** gRPC status codes, from `grpc/status.h`, that refuse the content of the request. */
const GRPC_REFUSED: ReadonlySet<number> = new Set([
  3, // INVALID_ARGUMENT
  11, // OUT_OF_RANGE
]);

/** gRPC status codes that point to a wrong configuration. */
const GRPC_CONFIGURATION: ReadonlySet<number> = new Set([
  5, // NOT_FOUND
  7, // PERMISSION_DENIED
  12, // UNIMPLEMENTED
  16, // UNAUTHENTICATED
]);

/**
 * Reads the error of an exporter, of any class. It may have a `status`, as an {@link ExportError}
 * has, or a `code`, as the errors of the stock OTLP exporters have: an HTTP status, or a gRPC code
 * below 100. A `retryAfterMillis` counts, and so does a `rejectedLogRecords` above 0.
 */
export function exportFailure(error: unknown): ExportFailure {
  const told = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const status = numberOf(told["status"]) ?? numberOf(told["code"]);
  return {
    kind: kindOfError(told, status),
    reason: faultText(error) || "the exporter gives no reason",
    retryAfterMillis: numberOf(told["retryAfterMillis"]) ?? 0,
    isUnreadableSuccess: status !== undefined && status >= 200 && status <= 299,
  };
}

function kindOfError(
  told: Readonly<Record<string, unknown>>,
  status: number | undefined,
): FailureKind {
  if ((numberOf(told["rejectedLogRecords"]) ?? 0) > 0) return "partial";
  if (told["misconfigured"] === true) return "configuration";
  return status === undefined ? "transient" : kindOf(status);
}

function kindOf(status: number): FailureKind {
  if (status < 100) {
    if (GRPC_REFUSED.has(status)) return "refused";
    return GRPC_CONFIGURATION.has(status) ? "configuration" : "transient";
  }
  if (CONTENT_STATUSES.has(status)) return "refused";
  return status >= 300 && !isRetryStatus(status) ? "configuration" : "transient";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

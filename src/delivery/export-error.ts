import { isRetryStatus } from "../http/answer.js";

/** What an exporter can tell of a failed export beyond a message; all of it is optional. */
export interface ExportErrorOptions {
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis?: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords?: number | undefined;
  /** Whether no export will succeed until somebody mends the set-up. */
  readonly misconfigured?: boolean | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** A failed export, told in a way that {@link ReliableLogRecordProcessor} understands. */
export class ExportError extends Error {
  override readonly name: string = "ExportError";
  /** HTTP status of the answer. */
  readonly status: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords: number | undefined;
  /** Whether no export will succeed until somebody mends the set-up. */
  readonly misconfigured: boolean;

  /** Makes the error; `message` becomes the reason of a rejection. */
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
 * - `transient`: the same batch may pass later (network, time-out, 429, 5xx);
 * - `refused`: it never will as it is (400, 413, 422, an exporter that throws), but parts of it may;
 * - `partial`: the backend took some of it and refused the rest, perhaps for now (OTLP specification, "Partial Success");
 * - `configuration`: no batch will until somebody mends the set-up (401, 403, 404, a redirect, and other 4xx);
 * - `unreadable`: nothing was exported, since what is pending cannot be read.
 */
export type FailureKind = "transient" | "refused" | "partial" | "configuration" | "unreadable";

/** What somebody has to do; nothing where to wait may be enough. */
export const ADVICE: Partial<Record<FailureKind, string>> = {
  configuration: "check address and credentials",
  unreadable: "look at the journal with quorumlog verify",
};

/** One failed export. */
export interface ExportFailure {
  readonly kind: FailureKind;
  readonly reason: string;
  /** How long the backend asks to wait, in milliseconds; 0 where it does not say. */
  readonly retryAfterMillis: number;
}

/** Statuses of RFC 9110 section 15.5 that speak of the content of the request. */
const CONTENT_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);

/** gRPC status codes, from `grpc/status.h`: what is wrong with the content, and with the set-up. */
const GRPC_REFUSED: ReadonlySet<number> = new Set([3, 11]); // INVALID_ARGUMENT, OUT_OF_RANGE
const GRPC_CONFIGURATION: ReadonlySet<number> = new Set([5, 7, 12, 16]); // NOT_FOUND … UNAUTHENTICATED

/**
 * Reads an exporter's error, of whatever class: our transport's `status`, the stock OTLP exporters' `code` (an HTTP
 * status, or a gRPC code below 100), a `retryAfterMillis`, a `rejectedLogRecords` above 0.
 */
export function exportFailure(error: unknown): ExportFailure {
  const told = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const retryAfterMillis = numberOf(told["retryAfterMillis"]) ?? 0;
  const reason = reasonOf(error);
  if ((numberOf(told["rejectedLogRecords"]) ?? 0) > 0)
    return { kind: "partial", reason, retryAfterMillis };
  if (told["misconfigured"] === true) return { kind: "configuration", reason, retryAfterMillis };
  const status = numberOf(told["status"]) ?? numberOf(told["code"]);
  return { kind: status === undefined ? "transient" : kindOf(status), reason, retryAfterMillis };
}

/** The failure of an exporter that throws instead of answering: what it stumbled over is in the batch. */
export function thrownFailure(error: unknown): ExportFailure {
  return { ...exportFailure(error), kind: "refused" };
}

function kindOf(status: number): FailureKind {
  if (status < 100) {
    if (GRPC_REFUSED.has(status)) return "refused";
    return GRPC_CONFIGURATION.has(status) ? "configuration" : "transient";
  }
  if (CONTENT_STATUSES.has(status)) return "refused";
  return status >= 300 && !isRetryStatus(status) ? "configuration" : "transient";
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" && error !== "" ? error : "the exporter gives no reason";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

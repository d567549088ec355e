import type { IncomingHttpHeaders } from "node:http";
import { ExportError } from "../delivery/export-error.js";

/** What a server answered to one export. */
export interface OtlpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How much of a body goes into a message. */
const EXCERPT = 200;

/**
 * Judges an answer by the OTLP specification 1.10, "OTLP/HTTP Response". Success is a 2xx with an
 * `ExportLogsServiceResponse` that refuses nothing, or with no body at all, as Loki answers.
 *
 * @returns What was wrong, or undefined for success.
 */
export function answerError({ status, headers, body }: OtlpAnswer): ExportError | undefined {
  if (status < 200 || status > 299) {
    const said = body === "" ? "" : `: ${excerpt(body)}`;
    return new ExportError(`HTTP ${status}${said}`, {
      status,
      retryAfterMillis: retryAfterMillis(headers["retry-after"]),
    });
  }
  if (body === "") return undefined;
  const partial = partialSuccessOf(body);
  if (partial === undefined)
    return new ExportError(`HTTP ${status} with a body that OTLP does not know: ${excerpt(body)}`);
  const rejectedLogRecords = Number(partial.rejectedLogRecords ?? 0);
  if (!(rejectedLogRecords > 0)) return undefined;
  return new ExportError(
    `partial success, ${rejectedLogRecords} refused: ${partial.errorMessage ?? "no reason given"}`,
    {
      rejectedLogRecords,
    },
  );
}

/**
 * Retry-After of RFC 9110 section 10.2.3, seconds or a date, in milliseconds.
 *
 * @param header - Untrusted; what cannot be read counts as absent.
 */
export function retryAfterMillis(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const millis = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return millis > 0 ? millis : undefined;
}

interface PartialSuccess {
  /** A 64-bit integer is a string in the JSON of protobuf, and a number in that of some servers. */
  readonly rejectedLogRecords?: number | string;
  readonly errorMessage?: string;
}

function partialSuccessOf(body: string): PartialSuccess | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return undefined;
    return (answer as { partialSuccess?: PartialSuccess | null }).partialSuccess ?? {};
  } catch {
    return undefined;
  }
}

function excerpt(body: string): string {
  const flat = body.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return flat.length > EXCERPT ? `${flat.slice(0, EXCERPT)}…` : flat;
}

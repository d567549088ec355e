import type { IncomingHttpHeaders } from "node:http";
import { ExportError } from "../delivery/export-error.js";
import { isObject, parseObject } from "../entry/json.js";
import { retryAfterMillis, statusText } from "../http/answer.js";
import { excerpt } from "../text/safe-text.js";

/** The answer of a server to one export. */
export interface OtlpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether only the beginning of the body was read. */
  readonly cut: boolean;
}

/**
 * Judges an answer by the OTLP specification 1.10, "OTLP/HTTP Response". Success is a 2xx with an
 * `ExportLogsServiceResponse` that refuses nothing, or without a body, as Loki answers. Unknown
 * fields are ignored, as the JSON mapping of protobuf demands.
 *
 * @returns What is wrong, or undefined for success.
 */
export function answerError({ status, headers, body, cut }: OtlpAnswer): ExportError | undefined {
  if (status < 200 || status > 299)
    return new ExportError(statusText(status, body), {
      status,
      retryAfterMillis: retryAfterMillis(headers["retry-after"]),
    });
  if (body === "") return undefined;
  const partial = cut ? undefined : partialSuccessOf(body);
  if (partial === undefined)
    return new ExportError(
      `HTTP ${status} with a body that is not an answer of OTLP: ${excerpt(body)}`,
      {
        misconfigured: true,
      },
    );
  if (partial.rejected === 0) return undefined;
  const message = `partial success, ${partial.rejected} refused: ${excerpt(partial.message)}`;
  return new ExportError(message, { rejectedLogRecords: partial.rejected });
}

interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/**
 * The JSON mapping of protobuf allows two spellings of a name, and writes a 64-bit integer as a
 * string. Some servers write it as a number.
 */
function partialSuccessOf(body: string): PartialSuccess | undefined {
  const answer = parseObject(body);
  if (answer === undefined) return undefined;
  const partial = answer["partialSuccess"] ?? answer["partial_success"];
  if (partial === undefined || partial === null) return { rejected: 0, message: "" };
  if (!isObject(partial)) return undefined;
  const rejected = countOf(partial["rejectedLogRecords"] ?? partial["rejected_log_records"] ?? 0);
  if (rejected === undefined) return undefined;
  const message = partial["errorMessage"] ?? partial["error_message"];
  return { rejected, message: typeof message === "string" ? message : "no reason given" };
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

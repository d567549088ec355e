import type { IncomingHttpHeaders } from "node:http";
import { ExportError } from "../delivery/export-error.js";
import { retryAfterMillis, statusText } from "../http/retry.js";
import { excerpt } from "../text/safe-text.js";
import { exportResponseOf, faultOf } from "./export-response.js";

/** The answer of a server to one export. */
export interface OtlpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined if it is too long, or was encoded in a way that cannot be undone. */
  readonly body: Uint8Array | undefined;
}

/** What servers with TLS answer to plain HTTP: those of Go, nginx, Apache. */
const WANTS_TLS = /HTTP request (?:to an HTTPS server|was sent to HTTPS port)|speaking plain HTTP/;

/**
 * Judges an answer by the OTLP specification 1.10, "OTLP/HTTP Response". Success is a 2xx with an
 * `ExportLogsServiceResponse` that refuses nothing, or without a body, as Loki answers. Unknown
 * fields are ignored, as protobuf demands.
 *
 * @returns What is wrong, or undefined for success.
 */
export function answerError({ status, headers, body }: OtlpAnswer): ExportError | undefined {
  const text = body === undefined ? "" : faultOf(headers["content-type"], body);
  if (!isSuccess(status))
    return new ExportError(statusText(status, text), {
      status,
      retryAfterMillis: retryAfterMillis(headers["retry-after"]),
      // below 200, another protocol begins; this 400 refuses the connection, and not the records
      misconfigured: status < 200 || (status === 400 && WANTS_TLS.test(text)),
    });
  const partial = body === undefined ? undefined : responseOf(headers["content-type"], body);
  if (partial === undefined)
    return new ExportError(statusText(status, `not an answer of OTLP: ${excerpt(text)}`), {
      status,
      misconfigured: true,
    });
  if (partial.rejected === 0) return undefined;
  const message = `partial success, ${partial.rejected} refused: ${excerpt(partial.message)}`;
  return new ExportError(message, { rejectedLogRecords: partial.rejected });
}

/** Whether a status says that the request succeeded (RFC 9110 section 15.3). */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** The body decides if it is not what the content type says: some servers always say JSON. */
function responseOf(contentType: string | undefined, body: Uint8Array) {
  return exportResponseOf(contentType, body) ?? exportResponseOf(undefined, body);
}

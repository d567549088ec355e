import { isObject, parseObject } from "../entry/json.js";
import { AuditError, invalidOption } from "../errors.js";
import { isRetryStatus, retryAfterMillis, statusText } from "../http/retry.js";
import { excerpt } from "../text/safe-text.js";
import type { LokiRecord } from "./loki-record.js";

/** What Loki says about its ingesters, which hold the newest records. */
export interface IngesterStats {
  /** How many ingesters Loki asked. */
  readonly reached: number;
  /** How many batches they sent, including empty ones. */
  readonly batches: number;
  /** How many records they sent. */
  readonly records: number;
}

/** The content of an answer. */
export interface LokiPage {
  readonly records: readonly LokiRecord[];
  /** Undefined if Loki does not say. */
  readonly ingesters: IngesterStats | undefined;
}

/** What Loki answered to one request. */
export interface LokiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A request that failed, and what may help. */
export interface LokiFault {
  readonly error: Error;
  /**
   * - `fewer`: ask for fewer records from now on;
   * - `smaller`: ask for fewer bytes;
   * - `shorter`: ask for a shorter time;
   * - `later`: ask again;
   * - `shorter or later`: Loki ran out of time;
   * - `smaller or later`: no answer came, and the reason is not known;
   * - `nothing` helps.
   */
  readonly cure:
    | "fewer"
    | "smaller"
    | "shorter"
    | "later"
    | "shorter or later"
    | "smaller or later"
    | "nothing";
  /** How long Loki asks to wait, in milliseconds. */
  readonly retryAfterMillis?: number | undefined;
}

/** What to check, by status. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [401, "; check the headers and the tenant"],
  [403, "; check the headers and the tenant"],
  [404, "; check the url"],
]);

/**
 * What Loki 3 says if it would look through too much: `max_query_length`, `max_query_bytes_read`
 * and `max_querier_bytes_read`.
 */
const TOO_LONG =
  /time range exceeds|would read too many bytes|query too large to execute|query length limit/i;
/** And if it ran out of time. */
const TIMED_OUT = /decrease the duration|context deadline exceeded/i;

/** The error for a Loki that did not answer as Loki does, code `delivery_failed`. */
export function lokiFailed(message: string, cause?: unknown): AuditError {
  return new AuditError("delivery_failed", `Loki: ${message}`, { cause });
}

/** Reads an answer: its content, or what is wrong with it. */
export function judge({ status, headers, body }: LokiAnswer): LokiPage | LokiFault {
  if (status !== 200) return faultOf(status, headers, body);
  const data = field(parseObject(body), "data");
  const records = recordsIn(data);
  if (records !== undefined) return { records, ingesters: ingestersIn(data) };
  const error = lokiFailed(
    `HTTP 200 with an answer that is not Loki's: ${excerpt(body)}; check the url`,
  );
  // the page of a proxy will come again; an answer that broke off may not
  return { error, cure: body.trimStart().startsWith("{") ? "later" : "nothing" };
}

function faultOf(status: number, headers: Headers, body: string): LokiFault {
  const said = statusText(status, body);
  const error = lokiFailed(`${said}${HINTS.get(status) ?? ""}`);
  if (status === 413) return { error, cure: "smaller" };
  if (status === 400) {
    if (TOO_LONG.test(body)) return { error, cure: "shorter" };
    if (/max_entries_limit/i.test(body)) return { error, cure: "fewer" };
    // the rest of the query is ours and parses, so the caller's selector is wrong
    if (/parse error/i.test(body))
      return { error: invalidOption("selector", `Loki cannot read it: ${said}`), cure: "nothing" };
  }
  if (status >= 500 && TIMED_OUT.test(body)) return { error, cure: "shorter or later" };
  if (status === 504) return { error, cure: "smaller or later" };
  if (status >= 500 && /larger than max|ResourceExhausted/i.test(body))
    return { error, cure: "smaller" };
  if (!isRetryStatus(status)) return { error, cure: "nothing" };
  return { error, cure: "later", retryAfterMillis: retryAfterMillis(headers.get("retry-after")) };
}

/** Undefined if the data is not an answer of `query_range` with streams. */
function recordsIn(data: unknown): LokiRecord[] | undefined {
  const streams = field(data, "result");
  if (!Array.isArray(streams)) return undefined;
  const records: LokiRecord[] = [];
  for (const one of streams) {
    const stream = field(one, "stream");
    const values = field(one, "values");
    if (!isObject(stream) || !Array.isArray(values)) return undefined;
    for (const value of values) {
      if (!Array.isArray(value)) return undefined;
      const [time, line, categories] = value as readonly unknown[];
      if (typeof time !== "string" || !/^[0-9]{1,19}$/.test(time) || typeof line !== "string")
        return undefined;
      const metadata = field(categories, "structuredMetadata") ?? {};
      if (!isObject(metadata)) return undefined;
      records.push({ nanos: BigInt(time), line, metadata, stream });
    }
  }
  return records;
}

function ingestersIn(data: unknown): IngesterStats | undefined {
  const stats = field(field(data, "stats"), "ingester");
  const reached = field(stats, "totalReached");
  const batches = field(stats, "totalBatches");
  const records = field(stats, "totalLinesSent");
  if (typeof reached !== "number" || typeof batches !== "number" || typeof records !== "number")
    return undefined;
  return { reached, batches, records };
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

import { randomUuid } from "../entry/uuid.js";
import { faultText } from "../http/fault.js";
import {
  judge,
  type LokiAnswer,
  type LokiFault,
  type LokiPage,
  lokiFailed,
} from "./loki-answer.js";
import type { LokiRecord } from "./loki-record.js";

/** One request to `query_range`. */
export interface LokiQuestion {
  /** LogQL. */
  readonly query: string;
  /** In nanoseconds, inclusive. */
  readonly start: bigint;
  /** In nanoseconds, exclusive. */
  readonly end: bigint;
  readonly limit: number;
  readonly newestFirst: boolean;
}

/** What came of a request. `bytes` is the length of the whole answer. */
export type LokiOutcome = (LokiPage & { readonly bytes: number }) | LokiFault;

/**
 * A longer answer is not read to its end. An entry and its metadata take at most some 400 KiB in
 * JSON.
 */
const MAX_ANSWER_BYTES = 33_554_432;

/** Sends requests to Loki. */
export class LokiEndpoint {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMillis: number;

  /** @param url - The URL of `query_range`. */
  constructor(url: string, headers: Readonly<Record<string, string>>, timeoutMillis: number) {
    this.#url = url;
    this.#headers = headers;
    this.#timeoutMillis = timeoutMillis;
  }

  /** Sends one request. Rejects only when the signal is aborted, with its reason. */
  async ask(question: LokiQuestion, signal: AbortSignal | undefined): Promise<LokiOutcome> {
    const timeout = AbortSignal.timeout(this.#timeoutMillis);
    try {
      const answer = await this.#post(
        question,
        signal ? AbortSignal.any([signal, timeout]) : timeout,
      );
      if (answer === undefined)
        return {
          error: lokiFailed(`an answer of more than ${MAX_ANSWER_BYTES} bytes`),
          cure: "smaller",
        };
      const judged = judge(answer);
      if (!("records" in judged)) return judged;
      if (!isAnswerTo(question, judged.records))
        return {
          error: lokiFailed("the answer does not fit the question; check the url"),
          cure: "nothing",
        };
      return { ...judged, bytes: answer.bytes };
    } catch (cause) {
      signal?.throwIfAborted();
      return noAnswer(
        timeout.aborted
          ? `no answer in ${this.#timeoutMillis} ms`
          : faultText(cause) || "no reason given",
        cause,
      );
    }
  }

  /** Undefined if the answer is too long. */
  async #post(
    { query, start, end, limit, newestFirst }: LokiQuestion,
    signal: AbortSignal,
  ): Promise<(LokiAnswer & { readonly bytes: number }) | undefined> {
    const response = await fetch(this.#url, {
      method: "POST", // a query may be longer than the URL that a proxy accepts
      headers: this.#headers,
      body: new URLSearchParams({
        // A comment makes each text unique, so Loki does not answer from its cache of results.
        // The cache remembers as nothing what an ingester could not send (measured with 3.7.6 and
        // cache_results).
        query: `${query} # ${randomUuid()}`,
        start: String(start),
        end: String(end),
        limit: String(limit),
        direction: newestFirst ? "backward" : "forward",
      }),
      redirect: "manual", // another host must not get the headers
      signal,
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    // leaving the loop early closes the connection
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) return undefined;
    }
    const body = Buffer.concat(chunks).toString("utf8");
    return { status: response.status, headers: response.headers, body, bytes };
  }
}

/** Whether the records are what was asked for. Paging relies on it. */
function isAnswerTo({ start, end, limit }: LokiQuestion, records: readonly LokiRecord[]): boolean {
  return records.length <= limit && records.every(({ nanos }) => nanos >= start && nanos < end);
}

/**
 * If an answer is over its limit for gRPC, Loki 3.7.6 closes the connection after a minute and
 * gives no reason (measured).
 */
function noAnswer(reason: string, cause: unknown): LokiFault {
  return { error: lokiFailed(reason, cause), cure: "smaller or later" };
}

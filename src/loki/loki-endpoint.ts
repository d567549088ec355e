import { randomUuid } from "../entry/uuid.js";
import { excerpt } from "../text/safe-text.js";
import { lokiFailed } from "./failure.js";
import {
  judge,
  type LokiAnswer,
  type LokiFault,
  type LokiPage,
  type LokiRecord,
} from "./loki-answer.js";

/** What is asked of `query_range`. */
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

/** What came of it; the bytes are those of the whole answer. */
export type LokiOutcome = (LokiPage & { readonly bytes: number }) | LokiFault;

/** Without it, each record with metadata of its own is a stream of its own. */
const FLAGS = { "X-Loki-Response-Encoding-Flags": "categorize-labels" };

/** An answer longer than this is not read to its end; an entry and its metadata are some 400 KiB in JSON at the most. */
const MAX_ANSWER_BYTES = 33_554_432;

/** Asks Loki, one request a call. */
export class LokiEndpoint {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMillis: number;

  /** Of the URL of `query_range`. */
  constructor(url: string, headers: Readonly<Record<string, string>>, timeoutMillis: number) {
    this.#url = url;
    this.#headers = headers;
    this.#timeoutMillis = timeoutMillis;
  }

  /** Rejects only when the signal is aborted, with its reason. */
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
        timeout.aborted ? `no answer in ${this.#timeoutMillis} ms` : reasonOf(cause),
        cause,
      );
    }
  }

  /** Undefined where the answer is too long. */
  async #post(
    { query, start, end, limit, newestFirst }: LokiQuestion,
    signal: AbortSignal,
  ): Promise<(LokiAnswer & { readonly bytes: number }) | undefined> {
    const response = await fetch(this.#url, {
      method: "POST", // a query may be longer than what a proxy takes of a URL
      headers: { ...this.#headers, ...FLAGS },
      body: new URLSearchParams({
        // Each is another text, and none is answered out of Loki's cache of results: there, what an ingester could not send
        // is remembered as nothing (measured with 3.7.6 and cache_results).
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

/** Paging relies on it. */
function isAnswerTo({ start, end, limit }: LokiQuestion, records: readonly LokiRecord[]): boolean {
  return records.length <= limit && records.every(({ nanos }) => nanos >= start && nanos < end);
}

/** Loki 3.7.6 closes the connection after a minute, without a word, when an answer is over its limit for gRPC (measured). */
function noAnswer(reason: string, cause: unknown): LokiFault {
  return { error: lokiFailed(reason, cause), cure: "smaller or later" };
}

/** `fetch failed` says nothing; what is underneath does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return excerpt(
    cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message,
  );
}

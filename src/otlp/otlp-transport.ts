import type { Agent, IncomingHttpHeaders, IncomingMessage, request } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ExportResponse, IExporterTransport } from "@opentelemetry/otlp-exporter-base";
import type { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import { ExportError } from "../delivery/export-error.js";
import { isObject, parseObject } from "../entry/json.js";
import { retryAfterMillis, statusText } from "../http/retry.js";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { excerpt } from "../text/safe-text.js";

/** The configuration of the stock exporter, made from options and environment. */
export type OtlpHttpConfiguration = ReturnType<typeof convertLegacyHttpOptions>;

/** Where to send, and how. */
interface Target {
  readonly url: URL;
  readonly request: typeof request;
  readonly agent: Agent;
}

/** A longer answer is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;

const compressed = promisify(gzip);

/**
 * Sends one POST a call, and says what happened. The delivery decides what to do about it. The
 * stock transport retries by itself, takes a partial success and an answer that breaks off for
 * success, and hides Retry-After.
 */
export class OtlpTransport implements IExporterTransport {
  readonly #configuration: OtlpHttpConfiguration;
  #target: Promise<Target> | undefined;

  /** Sends to the URL of the configuration. */
  constructor(configuration: OtlpHttpConfiguration) {
    this.#configuration = configuration;
  }

  /** Sends one serialized batch. Never rejects. */
  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    try {
      const error = answerError(await this.#post(data, timeoutMillis));
      return error === undefined ? { status: "success" } : { status: "failure", error };
    } catch (cause) {
      const { message, code } = cause as NodeJS.ErrnoException;
      // if node:http refuses a header or the protocol, it will refuse it the next time too
      const misconfigured = typeof code === "string" && code.startsWith("ERR_INVALID_");
      return { status: "failure", error: new ExportError(message, { cause, misconfigured }) };
    }
  }

  /** Closes idle connections. */
  shutdown(): void {
    void this.#target?.then(
      ({ agent }) => agent.destroy(),
      () => {}, // nothing was opened, and send() reported it
    );
  }

  async #post(data: Uint8Array, timeoutMillis: number): Promise<OtlpAnswer> {
    const deadline = performance.now() + timeoutMillis;
    const { headers, compression, userAgent } = this.#configuration;
    this.#target ??= targetOf(this.#configuration).catch((error: unknown) => {
      this.#target = undefined; // the next export tries again
      throw error;
    });
    const { url, request, agent } = await this.#target;
    const zipped = compression === "gzip";
    const body = zipped ? await compressed(data) : data;
    const options = {
      method: "POST",
      agent,
      headers: {
        ...(await headers()),
        "User-Agent": userAgent ?? `${SCOPE_NAME}/${SCOPE_VERSION}`,
        "Content-Length": body.length,
        ...(zipped && { "Content-Encoding": "gzip" }),
      },
    };
    const { promise, resolve, reject } = Promise.withResolvers<OtlpAnswer>();
    const post = request(url, options, (response) => readAnswer(response, resolve, reject));
    post.on("error", reject);
    post.end(body);
    const timer = setTimeout(() => {
      reject(new Error(`timeout: no answer after ${timeoutMillis} ms`));
      post.destroy();
    }, deadline - performance.now()).unref();
    return promise.finally(() => clearTimeout(timer));
  }
}

/** Called at the first export, so that an instrumentation of node:http can start before it. */
async function targetOf({ url: href, agentFactory }: OtlpHttpConfiguration): Promise<Target> {
  const url = new URL(href);
  const { request } =
    url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return { url, request, agent: await agentFactory(url.protocol) };
}

/**
 * Reads an answer to its end. An answer that breaks off is an error. Works by events: with `for
 * await` and an `AbortSignal`, the same records took 5 % longer (measured).
 */
function readAnswer(
  response: IncomingMessage,
  resolve: (answer: OtlpAnswer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const answer = (): void =>
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).toString("utf8").trim(),
      cut: length > MAX_ANSWER_BYTES,
    });
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= MAX_ANSWER_BYTES) return;
    answer();
    response.destroy();
  });
  response.on("end", answer);
  response.on("error", reject);
}

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

import type { Agent, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ExportResponse, IExporterTransport } from "@opentelemetry/otlp-exporter-base";
import type { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import { ExportError } from "../delivery/export-error.js";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { answerError, type OtlpAnswer } from "./otlp-answer.js";

/** The configuration of the stock exporter, from options and environment. */
export type OtlpHttpConfiguration = ReturnType<typeof convertLegacyHttpOptions>;

/** An answer longer than this is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;

const compressed = promisify(gzip);

/**
 * One POST a call. The stock transport retries for itself, takes a cut answer and a partial success for success, and
 * hides Retry-After; this one says what happened, and leaves what to do about it to the delivery.
 */
export class OtlpTransport implements IExporterTransport {
  readonly #configuration: OtlpHttpConfiguration;
  #agent: Promise<Agent> | undefined;

  /** Sends to the URL of the configuration. */
  constructor(configuration: OtlpHttpConfiguration) {
    this.#configuration = configuration;
  }

  /** Sends one serialized batch. Never rejects. */
  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    try {
      const error = answerError(await this.#post(data, AbortSignal.timeout(timeoutMillis)));
      return error === undefined ? { status: "success" } : { status: "failure", error };
    } catch (cause) {
      const { message, code } = cause as NodeJS.ErrnoException;
      // what node:http finds wrong with a header or the protocol will be wrong the next time too
      const misconfigured = typeof code === "string" && code.startsWith("ERR_INVALID_");
      return { status: "failure", error: new ExportError(message, { cause, misconfigured }) };
    }
  }

  /** Closes idle connections. */
  shutdown(): void {
    void this.#agent?.then((agent) => agent.destroy());
  }

  async #post(data: Uint8Array, signal: AbortSignal): Promise<OtlpAnswer> {
    const { url, headers, compression, agentFactory, userAgent } = this.#configuration;
    const target = new URL(url);
    // loaded at the first export, so that an instrumentation of node:http can come first
    const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
    this.#agent ??= Promise.resolve(agentFactory(target.protocol));
    const zipped = compression === "gzip";
    const body = zipped ? await compressed(data) : data;
    const options = {
      method: "POST",
      agent: await this.#agent,
      signal,
      headers: {
        ...(await headers()),
        "User-Agent": userAgent ?? `${SCOPE_NAME}/${SCOPE_VERSION}`,
        "Content-Length": body.length,
        ...(zipped && { "Content-Encoding": "gzip" }),
      },
    };
    return new Promise((resolve, reject) => {
      const post = request(target, options, (response) => readAnswer(response).then(resolve, reject));
      post.on("error", (error) => reject(signal.aborted ? signal.reason : error));
      post.end(body);
    });
  }
}

/** Rejects for an answer that breaks off: the stream of an incomplete message ends in an error. */
async function readAnswer(response: IncomingMessage): Promise<OtlpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // leaving the loop early closes the connection
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) break;
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString("utf8").trim(),
    cut: length > MAX_ANSWER_BYTES,
  };
}

import type { Agent, ClientRequest, IncomingMessage, request } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ExportError } from "../delivery/export-error.js";
import { faultText, isConfigurationFault } from "../http/fault.js";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { decodedBody, MAX_ANSWER_BYTES } from "./answer-body.js";
import type { OtlpConfiguration } from "./configuration.js";
import { answerError, isSuccess, type OtlpAnswer } from "./otlp-answer.js";

/** What makes connections, and sends a request over one. */
interface Client {
  readonly request: typeof request;
  readonly agent: Agent;
  /** Whether the agent is the mirror's own. */
  readonly isOwn: boolean;
}

/** What became of a request that the backend accepted. */
export interface SentRequest {
  readonly status: number;
  /** Whether nobody reads the data any more. A backend may answer before it has all of it. */
  readonly isSent: boolean;
}

/** The types of Node 22 do not know the options of an agent. */
type GlobalAgent = Agent & { readonly options?: { readonly proxyEnv?: unknown } };

const CONTENT_TYPES = {
  "http/protobuf": "application/x-protobuf",
  "http/json": "application/json",
} as const;

/** Why a request ends that is under way at a shutdown. */
const SHUT = "no answer before the shutdown";

const compressed = promisify(gzip);

/**
 * Sends one POST a call, and says what happened. The delivery decides what to do about it. The
 * stock transport retries by itself, takes a partial success and an answer that breaks off for
 * success, and hides Retry-After.
 */
export class OtlpTransport {
  readonly #configuration: OtlpConfiguration;
  #client: Promise<Client> | undefined;
  /** Whether the address has answered before. */
  #isAnswered = false;
  #isShut = false;
  /** What went wrong last, if nothing has succeeded since. */
  #fault: string | undefined;
  /** Ends each request that is under way. */
  readonly #ends = new Set<() => void>();

  /** Makes a transport that has no connection yet. */
  constructor(configuration: OtlpConfiguration) {
    this.#configuration = configuration;
  }

  /**
   * Sends one serialized batch. Resolves if the backend has all of it.
   *
   * @throws `ExportError`, which says what the backend answered, or why it did not.
   */
  async send(data: Uint8Array): Promise<SentRequest> {
    let answer: OtlpAnswer & SentRequest;
    let begun = 0;
    try {
      answer = await this.#post(data, (status) => {
        begun = status;
      });
    } catch (cause) {
      const fault = faultText(cause) || "the connection failed";
      // what failed before a shutdown says more than that the shutdown ended a request
      if (!this.#isShut || this.#fault === undefined) this.#fault = fault;
      throw new ExportError(this.#fault, {
        cause,
        // the rest of the answer did not come, but the backend may have what it says
        status: isSuccess(begun) ? begun : undefined,
        // an address that has never answered may be the wrong one; one that has may be restarting
        misconfigured: isConfigurationFault(cause) || !this.#isAnswered,
      });
    }
    this.#isAnswered = true;
    const error = answerError(answer);
    this.#fault = error?.message;
    if (error !== undefined) throw error;
    return answer;
  }

  /**
   * Ends the requests that are under way: their answers may never come. Closes idle connections.
   * Leaves an agent that is the app's as it is.
   */
  async shutdown(): Promise<void> {
    this.#isShut = true;
    for (const end of this.#ends) end();
    const client = await this.#client?.catch(() => undefined); // send() reported it
    if (client?.isOwn === true) client.agent.destroy();
  }

  /** Calls `begin` with the status when an answer begins. */
  async #post(
    data: Uint8Array,
    begin: (status: number) => void,
  ): Promise<OtlpAnswer & SentRequest> {
    const { url, headers, protocol, compression, timeoutMillis, tls } = this.#configuration;
    const deadline = performance.now() + timeoutMillis;
    this.#client ??= clientOf(this.#configuration).catch((error: unknown) => {
      this.#client = undefined; // the next export tries again
      throw error;
    });
    const { request, agent } = await this.#client;
    const isZipped = compression === "gzip";
    const body = isZipped ? await compressed(data) : data;
    const options = {
      method: "POST",
      agent,
      ...(url.protocol === "https:" && (await tls?.read())),
      headers: {
        "user-agent": `${SCOPE_NAME}/${SCOPE_VERSION}`,
        ...headers,
        "content-type": CONTENT_TYPES[protocol],
        "content-length": body.length,
        "accept-encoding": "identity",
        ...(isZipped && { "content-encoding": "gzip" }),
      },
    };
    if (this.#isShut) throw new Error(SHUT);
    const { promise, resolve, reject } = Promise.withResolvers<OtlpAnswer>();
    const post: ClientRequest = request(url, options, (response) => {
      begin(response.statusCode ?? 0);
      readAnswer(response, resolve, reject);
    });
    post.on("error", reject);
    // without a listener, node:http closes the connection and says nothing
    post.on("upgrade", ({ statusCode: status = 0, headers }, socket) => {
      socket.destroy();
      resolve({ status, headers, body: undefined });
    });
    post.end(body);
    const endWith = (reason: string): void => {
      reject(new Error(reason));
      post.destroy();
    };
    const end = (): void => endWith(SHUT);
    this.#ends.add(end);
    const timer = setTimeout(
      () => endWith(`timeout: no answer after ${timeoutMillis} ms`),
      deadline - performance.now(),
    ).unref();
    try {
      const answer = await promise;
      return { ...answer, isSent: post.writableFinished };
    } finally {
      clearTimeout(timer);
      this.#ends.delete(end);
    }
  }
}

/** Called at the first export, so that an instrumentation of node:http can start before it. */
async function clientOf({ url, agent }: OtlpConfiguration): Promise<Client> {
  const protocol = url.protocol === "https:" ? "https:" : "http:";
  // the default export: an app may replace the global agent, which the named exports do not show
  const { default: http } =
    protocol === "https:" ? await import("node:https") : await import("node:http");
  const { request } = http;
  if (typeof agent === "function") return { request, agent: await agent(protocol), isOwn: false };
  if (agent !== undefined) return { request, agent, isOwn: false };
  // not there before Node 22.21 and 24.5, and undefined if the process is not to use a proxy
  const { proxyEnv } = (http.globalAgent as GlobalAgent).options ?? {};
  return {
    request,
    agent: new http.Agent({ keepAlive: true, ...(proxyEnv !== undefined && { proxyEnv }) }),
    isOwn: true,
  };
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
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let length = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= MAX_ANSWER_BYTES) return;
    resolve({ status, headers, body: undefined });
    response.destroy();
  });
  response.on("end", () => {
    const body = decodedBody(Buffer.concat(chunks), headers["content-encoding"]);
    resolve({ status, headers, body });
  });
  response.on("error", reject);
}

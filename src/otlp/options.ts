import type { Agent } from "node:http";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { METER_PROVIDER } from "../delivery/delivery-metrics.js";
import { DELIVERY_READERS, type DeliveryOptions, EXPORTER } from "../delivery/options.js";
import { invalidOption } from "../errors.js";
import { headersOf, httpUrl } from "../http/request-options.js";
import {
  millis,
  oneOf,
  optional,
  type Readers,
  type ReadOption,
  readOptions,
  text,
} from "../options.js";

const EXPECTED_URL = "an http or https URL with its path, such as http://localhost:4318/v1/logs";

/** How records are written in a request: protobuf, or the JSON mapping of protobuf. */
export type OtlpProtocol = "http/protobuf" | "http/json";

/** Makes the agent of a mirror, once, at its first request. */
export type OtlpAgentFactory = (protocol: "http:" | "https:") => Agent | Promise<Agent>;

/**
 * Options of {@link otlpMirror}. The environment gives what is left out: the variables
 * `OTEL_EXPORTER_OTLP_LOGS_…`, or the same without `LOGS_` (OpenTelemetry Protocol Exporter
 * specification, "Configuration Options"). An empty variable counts as unset. A variable that an
 * option or the other variable overrides is not read. A variable that is wrong is refused as a
 * wrong option is.
 */
export interface OtlpMirrorOptions extends DeliveryOptions {
  /**
   * Where to send, with the path. It is used as it is.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` and
   * `/v1/logs`, or `http://localhost:4318/v1/logs`
   */
  readonly url?: string | URL | undefined;
  /**
   * Sent with every request, together with the headers of `OTEL_EXPORTER_OTLP_HEADERS` and
   * `OTEL_EXPORTER_OTLP_LOGS_HEADERS`, which they override name by name. A header that each request
   * sets itself is refused: `accept-encoding`, `connection`, `content-encoding`, `content-length`,
   * `content-type`, `expect`, `host`, `http2-settings`, `keep-alive`, `proxy-connection`, `te`,
   * `trailer`, `transfer-encoding`, `upgrade`.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * How records are written. For gRPC, give an `exporter`.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_PROTOCOL`, or "http/protobuf"
   */
  readonly protocol?: OtlpProtocol | undefined;
  /**
   * How requests are compressed.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_COMPRESSION`, or "none"
   */
  readonly compression?: "none" | "gzip" | undefined;
  /**
   * How long one request may take, in milliseconds.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_TIMEOUT`, or 10 000
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * Path of a file in PEM: the certificates of the authorities that the server is verified with, in
   * place of Node's own. The three files are read again for each request, so one that was renewed
   * is used from the next connection on.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_CERTIFICATE`
   */
  readonly certificate?: string | undefined;
  /**
   * Path of a file in PEM: the private key of the client, without a passphrase. It needs a
   * `clientCertificate`.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_CLIENT_KEY`
   */
  readonly clientKey?: string | undefined;
  /**
   * Path of a file in PEM: the certificate of the client, and those between it and its authority.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`
   */
  readonly clientCertificate?: string | undefined;
  /**
   * The agent that makes the connections, of `node:http` or `node:https` as the URL asks for, or a
   * function that makes it. It excludes `certificate`, `clientKey` and `clientCertificate`. The
   * mirror does not destroy it.
   *
   * @defaultValue an agent of its own, which keeps connections alive and uses the proxy that Node's
   * global agent uses
   */
  readonly agent?: Agent | OtlpAgentFactory | undefined;
  /**
   * Another exporter that sends the records. The mirror owns it and shuts it down. It excludes the
   * options above, from `url` to `agent`: give those to the exporter. Variables of the environment
   * are left to the exporter too. The mirror knows only what the exporter tells. The stock OTLP
   * exporters take a partial success and an answer that breaks off for success, hide Retry-After,
   * and retry for some seconds before they say that an export failed.
   */
  readonly exporter?: LogRecordExporter | undefined;
}

/** What code says about the requests. The environment decides what is undefined. */
export interface HttpOptions {
  readonly url: URL | undefined;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly protocol: OtlpProtocol | undefined;
  readonly compression: "none" | "gzip" | undefined;
  readonly timeoutMillis: number | undefined;
  readonly certificate: string | undefined;
  readonly clientKey: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly agent: Agent | OtlpAgentFactory | undefined;
}

/** Options taken apart: what sends, and how records are delivered. */
export interface ResolvedOtlpOptions {
  readonly exporter: LogRecordExporter | undefined;
  readonly http: HttpOptions;
  readonly delivery: DeliveryOptions;
}

type ReadOtlpOptions = DeliveryOptions & HttpOptions & Pick<ResolvedOtlpOptions, "exporter">;

/** Reads the encoding of requests. Says what to do for gRPC. */
export const PROTOCOL: ReadOption<OtlpProtocol> = (value, field) => {
  if (value === "grpc")
    throw invalidOption(
      field,
      "for grpc, give the exporter: otlpMirror({ exporter: new OTLPLogExporter() }), with " +
        "OTLPLogExporter from @opentelemetry/exporter-logs-otlp-grpc",
    );
  return oneOf("http/protobuf", "http/json")(value, field);
};

/** Reads how requests are compressed. */
export const COMPRESSION: ReadOption<"none" | "gzip"> = oneOf("none", "gzip");

const READERS: Readers<ReadOtlpOptions> = {
  ...DELIVERY_READERS,
  // the delivery reads these again, and fills in their defaults
  exportTimeoutMillis: optional(millis(1)),
  giveUpAfterMillis: optional(millis(1)),
  meterProvider: optional(METER_PROVIDER),
  url: optional((value, field) => httpUrl(value, field, EXPECTED_URL)),
  headers: optional(headersOf),
  protocol: optional(PROTOCOL),
  compression: optional(COMPRESSION),
  timeoutMillis: optional(millis(1)),
  certificate: optional(text),
  clientKey: optional(text),
  clientCertificate: optional(text),
  agent: optional(agentOf),
  exporter: optional(EXPORTER),
};

/**
 * Checks options and fills in the defaults of the delivery.
 *
 * @throws `AuditError` `invalid_options` naming the option, an unknown one too.
 */
export function resolveOptions(options: OtlpMirrorOptions): ResolvedOtlpOptions {
  const {
    url,
    headers,
    protocol,
    compression,
    timeoutMillis,
    certificate,
    clientKey,
    clientCertificate,
    agent,
    exporter,
    ...delivery
  } = readOptions(options, READERS);
  const tls = { certificate, clientKey, clientCertificate };
  const http = { url, headers, protocol, compression, timeoutMillis, ...tls, agent };
  if (agent !== undefined) exclude("agent", tls);
  if (exporter !== undefined) exclude("exporter", http);
  return { exporter, http, delivery };
}

function exclude(option: string, others: object): void {
  for (const [name, value] of Object.entries(others))
    if (value !== undefined)
      throw invalidOption(option, `excludes ${name}; give that to the ${option} itself`);
}

function agentOf(value: unknown, field: string): Agent | OtlpAgentFactory {
  // what node:http itself looks for
  const { addRequest } = (value ?? {}) as { readonly addRequest?: unknown };
  if (typeof value !== "function" && typeof addRequest !== "function")
    throw invalidOption(
      field,
      "expected an Agent of node:http or node:https, or a function that returns one",
    );
  return value as Agent | OtlpAgentFactory;
}

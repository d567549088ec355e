import {
  endpointFromEnvironment,
  fromEnvironment,
  headersFromEnvironment,
  timeoutMillis,
} from "./environment.js";
import { COMPRESSION, type HttpOptions, type OtlpProtocol, PROTOCOL } from "./options.js";
import { type PemFile, TlsFiles } from "./tls-files.js";

const DEFAULT_URL = "http://localhost:4318/v1/logs";
const DEFAULT_TIMEOUT_MILLIS = 10_000;

/** How requests are sent, from the options and the environment. */
export interface OtlpConfiguration extends Pick<HttpOptions, "agent"> {
  readonly url: URL;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: OtlpProtocol;
  readonly compression: "none" | "gzip";
  readonly timeoutMillis: number;
  /** Undefined if an agent has them. */
  readonly tls: TlsFiles | undefined;
}

/**
 * Adds to the options what the environment and the OpenTelemetry Protocol Exporter specification
 * say. The environment is read now, and only where no option overrides it.
 *
 * @throws `AuditError` `invalid_options` naming the option or the variable.
 */
export function configurationOf(options: HttpOptions): OtlpConfiguration {
  const { agent } = options;
  return {
    url: options.url ?? endpointFromEnvironment() ?? new URL(DEFAULT_URL),
    headers: { ...headersFromEnvironment(), ...options.headers },
    protocol: options.protocol ?? fromEnvironment("PROTOCOL", PROTOCOL) ?? "http/protobuf",
    compression: options.compression ?? fromEnvironment("COMPRESSION", COMPRESSION) ?? "none",
    timeoutMillis:
      options.timeoutMillis ?? fromEnvironment("TIMEOUT", timeoutMillis) ?? DEFAULT_TIMEOUT_MILLIS,
    agent,
    tls: agent === undefined ? tlsOf(options) : undefined,
  };
}

/** A key and its certificate come from one place: both from options, or both from variables. */
function tlsOf({ certificate, clientKey, clientCertificate }: HttpOptions): TlsFiles {
  const hasClient = clientKey !== undefined || clientCertificate !== undefined;
  return new TlsFiles({
    certificate: given("certificate", certificate) ?? fromEnvironment("CERTIFICATE", pemFile),
    clientKey: hasClient ? given("clientKey", clientKey) : fromEnvironment("CLIENT_KEY", pemFile),
    clientCertificate: hasClient
      ? given("clientCertificate", clientCertificate)
      : fromEnvironment("CLIENT_CERTIFICATE", pemFile),
  });
}

function given(field: string, path: string | undefined): PemFile | undefined {
  return path === undefined ? undefined : { field, path };
}

function pemFile(value: unknown, field: string): PemFile {
  return { field, path: String(value) };
}

import { invalidOption } from "../errors.js";
import { isHeaderName, isHeaderValue, isOwnedHeader } from "../http/request-options.js";
import { MAX_TIMER_MILLIS, type ReadOption } from "../options.js";

const PREFIX = "OTEL_EXPORTER_OTLP_";
const EXPECTED_ENDPOINT =
  "expected an http or https URL with its scheme and without quotes, " +
  "such as http://localhost:4318";

/**
 * Reads a setting of the OpenTelemetry Protocol Exporter specification ("Configuration Options")
 * from `OTEL_EXPORTER_OTLP_LOGS_<setting>`, or else from `OTEL_EXPORTER_OTLP_<setting>`. A variable
 * that is empty counts as unset. A variable that the other one overrides is not read.
 *
 * @param setting - The end of the names, such as `COMPRESSION`.
 * @throws `AuditError` `invalid_options` naming the variable.
 */
export function fromEnvironment<T>(setting: string, read: ReadOption<T>): T | undefined {
  return variable(`LOGS_${setting}`, read) ?? variable(setting, read);
}

/**
 * The URL to send to: that of the logs as it is, or the base URL with `v1/logs` after its path
 * ("Endpoint URLs for OTLP/HTTP").
 *
 * @throws `AuditError` `invalid_options` naming the variable. The value is not shown: it may hold a
 * password.
 */
export function endpointFromEnvironment(): URL | undefined {
  const logs = variable("LOGS_ENDPOINT", endpoint);
  if (logs !== undefined) return logs;
  const base = variable("ENDPOINT", endpoint);
  if (base === undefined) return undefined;
  base.pathname += base.pathname.endsWith("/") ? "v1/logs" : "/v1/logs";
  return base;
}

/**
 * The headers of both variables ("Specifying headers via environment variables"). Those of the logs
 * override the others. Names are in lower case.
 *
 * @throws `AuditError` `invalid_options` naming the variable. No value is shown: it may be a
 * secret.
 */
export function headersFromEnvironment(): Record<string, string> {
  return { ...variable("HEADERS", headerList), ...variable("LOGS_HEADERS", headerList) };
}

/** Reads a time-out in whole milliseconds. 0 is no limit (specification, "Timeout"). */
export function timeoutMillis(value: unknown, field: string): number {
  const millis = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (!(millis <= MAX_TIMER_MILLIS))
    throw invalidOption(field, `expected 0 to ${MAX_TIMER_MILLIS} milliseconds, without a unit`);
  return millis === 0 ? MAX_TIMER_MILLIS : millis;
}

function variable<T>(end: string, read: ReadOption<T>): T | undefined {
  const name = `${PREFIX}${end}`;
  const value = process.env[name]?.trim() ?? "";
  return value === "" ? undefined : read(value, name);
}

function endpoint(value: unknown, field: string): URL {
  // URL.parse takes "http:host", and "localhost:4318" as a URL of the scheme localhost
  const url = /^https?:\/\//i.test(String(value)) ? URL.parse(String(value)) : null;
  if (url === null) throw invalidOption(field, EXPECTED_ENDPOINT);
  return url;
}

/**
 * Reads `name=value` pairs as W3C Baggage has them: separated by commas, values percent-encoded. A
 * value may have spaces, because many platforms write `Authorization=Bearer …`. Properties after a
 * semicolon are refused: the specification does not support them.
 */
function headerList(value: unknown, field: string): Record<string, string> {
  const headers = new Map<string, string>();
  for (const [index, pair] of String(value).split(",").entries()) {
    if (pair.trim() === "") continue;
    const end = pair.indexOf("=");
    const name = pair.slice(0, Math.max(end, 0)).trim().toLowerCase();
    if (!isHeaderName(name))
      throw invalidOption(
        field,
        `expected name=value pairs with commas between them; pair ${index + 1} has no name that ` +
          "HTTP allows",
      );
    if (isOwnedHeader(name))
      throw invalidOption(field, `each request sets the header ${name} itself`);
    headers.set(name, headerText(pair.slice(end + 1).trim(), name, field));
  }
  return Object.fromEntries(headers);
}

function headerText(encoded: string, name: string, field: string): string {
  const refused = (reason: string) => invalidOption(field, `the value of ${name} ${reason}`);
  if (encoded.includes(";")) throw refused('has a ";"; write %3B for a semicolon in a value');
  const text = percentDecoded(encoded);
  if (text === undefined) throw refused('has a wrong "%"; write %25 for a percent sign');
  if (!isHeaderValue(text)) throw refused("has a character that HTTP does not allow");
  return text;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

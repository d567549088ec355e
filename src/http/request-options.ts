import { invalidOption } from "../errors.js";

/** A field name (RFC 9110 section 5.1): a token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A field value (RFC 9110 section 5.5): visible characters, spaces and tabs, of one byte each. */
const HEADER_VALUE = /^[\t -~\u0080-\u00ff]*$/;

/**
 * Headers that only the client may set: they follow from the body, the URL, and how the connection
 * is used (RFC 9110 sections 7.2, 7.6.1, 8.3 to 8.6, 10.1.1; RFC 9112 section 6). With another
 * value, the server waits for bytes that do not come, or reads them as something else.
 */
const OWNED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads an http or https URL.
 *
 * @param value - Untrusted, a string or a URL.
 * @param example - Which URL is expected, with an example, for the message.
 * @throws `AuditError` `invalid_options`.
 */
export function httpUrl(value: unknown, field: string, example: string): URL {
  const url = typeof value === "string" || value instanceof URL ? URL.parse(String(value)) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw invalidOption(field, `expected ${example}`);
  return url;
}

/**
 * Copies the headers of a request. Names become lower case.
 *
 * @param value - Untrusted. A Headers or a Map is refused: it has no properties to copy, so its
 * headers would not be sent.
 * @throws `AuditError` `invalid_options`, which does not show a value: it may be a secret.
 */
export function headersOf(value: unknown, field: string): Record<string, string> {
  if (Object.prototype.toString.call(value) !== "[object Object]")
    throw invalidOption(field, "expected a plain object of strings");
  const headers = new Map<string, string>();
  for (const [given, text] of Object.entries(value as object)) {
    const name = given.toLowerCase();
    const at = `${field}.${given}`;
    if (!isHeaderName(name)) throw invalidOption(at, "HTTP allows no such header name");
    if (isOwnedHeader(name)) throw invalidOption(at, "each request sets this header itself");
    if (headers.has(name)) throw invalidOption(at, "the header is given twice");
    headers.set(name, headerValue(text, at));
  }
  return Object.fromEntries(headers);
}

/** The value of one header. Throws `invalid_options`. */
export function headerValue(value: unknown, field: string): string {
  if (typeof value !== "string") throw invalidOption(field, "expected a string");
  if (!isHeaderValue(value))
    throw invalidOption(
      field,
      "HTTP allows no such header value, with a control character or one above U+00FF",
    );
  return value;
}

/** Whether HTTP allows the name of a header. */
export function isHeaderName(text: string): boolean {
  return HEADER_NAME.test(text);
}

/** Whether only the client may set the header of this name, in lower case. */
export function isOwnedHeader(name: string): boolean {
  return OWNED.has(name);
}

/** Whether HTTP allows the value of a header. */
export function isHeaderValue(text: string): boolean {
  return HEADER_VALUE.test(text);
}

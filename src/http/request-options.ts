import { invalidOption } from "../errors.js";

/** A field name (RFC 9110 section 5.1): a token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A field value (RFC 9110 section 5.5): visible characters, spaces and tabs, of one byte each. */
const HEADER_VALUE = /^[\t -~\u0080-\u00ff]*$/;

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
 * Copies the headers of a request.
 *
 * @param value - Untrusted. A Headers or a Map is refused: it has no properties to copy, so its
 * headers would not be sent.
 * @throws `AuditError` `invalid_options`, which does not show a value: it may be a secret.
 */
export function headersOf(value: unknown, field: string): Record<string, string> {
  if (Object.prototype.toString.call(value) !== "[object Object]")
    throw invalidOption(field, "expected a plain object of strings");
  const headers = Object.entries(value as object).map(([name, text]) => {
    if (!isHeaderName(name))
      throw invalidOption(`${field}.${name}`, "HTTP allows no such header name");
    return [name, headerValue(text, `${field}.${name}`)] as const;
  });
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

/** Whether HTTP allows the value of a header. */
export function isHeaderValue(text: string): boolean {
  return HEADER_VALUE.test(text);
}

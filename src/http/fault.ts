import { excerpt } from "../text/safe-text.js";

/** How many errors below an error are read. An error can be its own cause. */
const MAX_DEPTH = 4;
/** The text of all errors together. Two addresses that refuse a connection take some 100. */
const MAX_LENGTH = 400;

/** `ERR_error_string_n` of OpenSSL, and what Node adds: the thread, the file and the line. */
const OPENSSL_ERROR = /\berror:[0-9A-F]+:[^:]*:[^:]*:(?<reason>[^:\n]+)/;

/**
 * Says on one line why something failed, for a message or a ledger. Some errors have no message of
 * their own: `fetch failed` gives its reason in its `cause`. If a host has several addresses, such
 * as `localhost` with `::1` and `127.0.0.1`, `node:net` gives an `AggregateError` without a message
 * and with one error for each address.
 *
 * @param error - Untrusted, of any type.
 * @returns "" if nothing in it gives a reason.
 */
export function faultText(error: unknown): string {
  return excerpt(reasonOf(error, MAX_DEPTH), MAX_LENGTH);
}

/**
 * Codes of errors that waiting does not mend:
 *
 * - what `node:http` refuses: a header, a protocol, a proxy, an agent;
 * - what `node:tls` and OpenSSL refuse: a certificate (`X509_V_ERR_…`), a host name, a key, the
 *   handshake. `EPROTO` and `wrong version number` mean that the server does not speak TLS;
 * - what the HTTP parser refuses, since the server does not speak HTTP.
 */
const CONFIGURATION_CODES: readonly RegExp[] = [
  /^ERR_(?:INVALID|PROXY|TLS|SSL|OSSL)_/,
  /^(?:UNABLE_TO|CERT|CRL|ERROR_IN_C|DEPTH_ZERO|SELF_SIGNED|HOSTNAME|INVALID|PATH_LENGTH)_/,
  /^EPROTO$/,
  /^HPE_(?!INVALID_EOF_STATE$)/, // that one is a connection that broke off
];

/** Whether a request failed for a reason that only a change of the configuration can mend. */
export function isConfigurationFault(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof code === "string" && CONFIGURATION_CODES.some((codes) => codes.test(code));
}

function reasonOf(error: unknown, depth: number): string {
  if (typeof error === "string") return error;
  if (!(error instanceof Error) || depth === 0) return "";
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  const message = ownReason(error);
  const below = inner
    .map((each) => reasonOf(each, depth - 1))
    .filter((text, index, all) => text !== "" && all.indexOf(text) === index)
    .filter((text) => !message.includes(text))
    .join(", ");
  if (message === "" || below === "") return message || below || codeOf(error);
  return `${message}: ${below}`;
}

/** The message of an error, without a place in the C code of OpenSSL. */
function ownReason({ message }: Error): string {
  const reason = OPENSSL_ERROR.exec(message)?.groups?.["reason"];
  return reason === undefined ? message : `TLS: ${reason}`;
}

/** The code of a system error. */
function codeOf({ code }: NodeJS.ErrnoException): string {
  return typeof code === "string" ? code : "";
}

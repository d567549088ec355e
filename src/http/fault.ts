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

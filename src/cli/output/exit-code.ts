import { constants } from "node:os";
import { AuditError, type AuditErrorCode } from "../../errors.js";
import { UsageError } from "../input/command.js";

/** The exit codes. For a signal it is 128 and the number of the signal, as in shells. */
export const EXIT = {
  done: 0,
  verificationFailed: 1,
  usage: 2,
  unreadable: 3,
  /** A mistake of quorumlog: EX_SOFTWARE of sysexits.h. */
  bug: 70,
} as const;

const CODES: Readonly<Record<AuditErrorCode, number>> = {
  invalid_entry: EXIT.unreadable,
  invalid_query: EXIT.usage,
  invalid_options: EXIT.usage,
  closed: EXIT.bug,
  not_recorded: EXIT.bug,
  journal_failed: EXIT.unreadable,
  delivery_failed: EXIT.unreadable,
  signing_failed: EXIT.unreadable,
  clock_failed: EXIT.unreadable,
  invalid_evidence: EXIT.unreadable,
  verification_failed: EXIT.verificationFailed,
};

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof AuditError) return CODES[error.code];
  return isSystemError(error) ? EXIT.unreadable : EXIT.bug;
}

/** The exit code of a command that a signal ended. */
export function exitCodeOfSignal(name: unknown): number {
  return 128 + (constants.signals[name as NodeJS.Signals] ?? constants.signals.SIGINT);
}

/** Whether the reader of a pipe has ended, as `head` does. */
export function isClosedPipe(error: unknown): boolean {
  return isSystemError(error) && error.code === "EPIPE";
}

/** Whether the operating system refused something: no such file, no permission, no space. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/**
 * What the library's messages name, and what whoever runs a command has in its place. An option
 * that one call alone can complain about is translated by its command.
 */
const TERMS: readonly (readonly [library: string, command: string])[] = [
  [
    "read fewer days (lookbackDays), or raise maxRecords",
    "lower --lookback, or raise --max-records",
  ],
  ["(Journal.backup)", "(quorumlog backup)"],
  ["Journal.backup", "quorumlog backup"],
  ["open it here with readOnly: true", "only read it here"],
];

/** The message of an error, in terms of commands and flags. */
export function inCommandTerms(message: string): string {
  return TERMS.reduce((text, [library, command]) => text.replaceAll(library, command), message);
}

import { constants } from "node:os";
import { AuditError, type AuditErrorCode } from "../../errors.js";
import { UsageError } from "../input/command.js";

/** What the command says by its exit code; a signal adds its number to 128, as shells do. */
export const EXIT = {
  done: 0,
  verificationFailed: 1,
  usage: 2,
  unreadable: 3,
  /** EX_SOFTWARE of sysexits.h: a mistake of ours. */
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

/** True when the reader of a pipe is gone, as `| head` is. */
export function isClosedPipe(error: unknown): boolean {
  return isSystemError(error) && error.code === "EPIPE";
}

/** True for what the operating system refused: no such file, no permission, no space. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

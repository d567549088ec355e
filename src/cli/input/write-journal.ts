import { resolve } from "node:path";
import type { About } from "../../entry/about.js";
import { ACTOR_TYPES, type ActorType } from "../../entry/operations.js";
import { AuditError, reasonOf } from "../../errors.js";
import { JournalHeld } from "../../journal/file/sqlite.js";
import { Journal } from "../../journal/journal.js";
import type { JournalOptions } from "../../journal/options.js";
import type { GovernanceAuditLog } from "../../log/governance-audit-log.js";
import { finishLater } from "../../log/retention.js";
import { counted, visible } from "../../text/safe-text.js";
import { inCommandTerms } from "../output/exit-code.js";
import { type CommandArguments, type CommandIo, type FlagValues, UsageError } from "./command.js";
import { type JOURNAL_FLAGS, withJournal } from "./open-source.js";

/** The flags that say who acts, and why. */
export const ACTING_FLAGS = {
  reason: { type: "string", value: "TEXT", about: "why; it is recorded" },
  actor: { type: "string", value: "DID", about: "who does it; it is recorded" },
  "actor-type": {
    type: "string",
    value: "TYPE",
    about: "what the actor is: human, agent or service; it is recorded",
  },
} as const;

/** The fields of the library that a flag or an operand gives. */
const GIVEN_AS: Readonly<Record<string, string>> = {
  "hold.proposalId": "--proposal",
  "hold.before": "--before",
  "hold.actorDid": "--actor",
  "release.holdId": "HOLD",
  "release.actorDid": "--actor",
  actorDid: "--actor",
  olderThan: "--older-than",
  reason: "--reason",
};

/** What the flags say about a call. Throws `UsageError`. */
export function aboutOf(flags: FlagValues<typeof ACTING_FLAGS>): About | undefined {
  const type = flags["actor-type"];
  if (type === undefined) return undefined;
  if (!(ACTOR_TYPES as readonly string[]).includes(type))
    throw new UsageError(`--actor-type: expected one of ${ACTOR_TYPES.join(", ")}`);
  return { actor: { type: type as ActorType } };
}

/** How a command opens a log. */
export interface LogOpening extends Pick<JournalOptions, "minimumRetentionDays"> {
  /** False to leave an announced pruning for later, so that the command can still hold entries. */
  readonly finishesPruning?: boolean;
}

/**
 * Opens a log over a journal, as an app does, and closes both after the work. What the log reports
 * goes to stderr, and so does a pruning that the opening finished. Throws `UsageError` for what a
 * flag gave, and what `writeJournal` throws.
 *
 * @param work - Gets the log, and how many entries that pruning removed.
 */
export async function writeLog<T>(
  args: CommandArguments<typeof JOURNAL_FLAGS>,
  io: CommandIo,
  writing: WritingCommand,
  work: (audit: GovernanceAuditLog, finished: number) => T,
  { finishesPruning = true, ...options }: LogOpening = {},
): Promise<T> {
  // loaded here, since it brings OpenTelemetry, which the help does not need
  const log = await import("../../log/governance-audit-log.js");
  const reported: string[] = [];
  try {
    return await writeJournal(
      args,
      io,
      writing,
      async (journal) => {
        if (!finishesPruning) finishLater(journal);
        const { prunedBefore } = journal;
        const audit = new log.GovernanceAuditLog({
          journal,
          clock: io.now,
          maxEntries: 1,
          onError: ({ message }) => void reported.push(message),
        });
        const finished = journal.prunedBefore - prunedBefore;
        if (finished > 0)
          reported.push(
            `the log had announced a pruning that was not carried out; it is now: ` +
              `${counted(finished, "entry was", "entries were")} removed, and the journal begins ` +
              `with entry ${journal.prunedBefore}`,
          );
        try {
          return work(audit, finished);
        } finally {
          await audit.shutdown();
        }
      },
      options,
    );
  } catch (error) {
    const given = error instanceof AuditError ? GIVEN_AS[error.field ?? ""] : undefined;
    if (given === undefined) throw error;
    throw new UsageError(`${given}: ${reasonOf(error as AuditError)}`);
  } finally {
    for (const message of reported)
      await io.stderr.write(`quorumlog: ${visible(inCommandTerms(message))}\n`);
  }
}

/** What a command says when an app has the journal open. */
export interface WritingCommand {
  /** As it was called: `resend`. */
  readonly command: string;
  /** What to do while the app is stopped: `resend`. */
  readonly verb: string;
  /** What the app can call instead: `journal.resend`. */
  readonly instead: string;
}

/**
 * Opens a journal to write to it, and closes it after the work. Makes none where there is none.
 * Throws `UsageError` for another source, `journal_failed`.
 */
export async function writeJournal<T>(
  args: CommandArguments<typeof JOURNAL_FLAGS>,
  io: CommandIo,
  writing: WritingCommand,
  work: (journal: Journal) => Promise<T>,
  options: Pick<JournalOptions, "minimumRetentionDays"> = {},
): Promise<T> {
  const path = await withJournal(args, io, writing.command, async (readable) => readable.path);
  const name = resolve(io.cwd, args.operands[0] ?? "");
  const journal = openToWrite(() => Journal.open(path, options), name, writing);
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

/**
 * Opens a journal, or what holds one.
 *
 * @param name - The journal, for a message that says which process holds it.
 * @throws `AuditError` `journal_failed`, and what opening throws.
 */
export function openToWrite<T>(
  open: () => T,
  name: string,
  { command, verb, instead }: WritingCommand,
): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof JournalHeld)) throw error;
    throw new AuditError(
      "journal_failed",
      `journal: ${error.holder} has ${name} open for writing, and ${command} must write to it. ` +
        `Stop that app, ${verb}, and start it again; or call ${instead} in it`,
      { cause: error },
    );
  }
}

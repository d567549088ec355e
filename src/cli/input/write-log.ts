import type { About } from "../../entry/about.js";
import { ACTOR_TYPES, type ActorType } from "../../entry/operations.js";
import { AuditError, reasonOf } from "../../errors.js";
import type { JournalOptions } from "../../journal/options.js";
import type { GovernanceAuditLog } from "../../log/governance-audit-log.js";
import { visible } from "../../text/safe-text.js";
import type { CommandIo } from "../output/command-io.js";
import { inCommandTerms } from "../output/command-terms.js";
import { type CommandArguments, type FlagValues, UsageError } from "./command.js";
import type { JOURNAL_FLAGS } from "./open-source.js";
import { type WritingCommand, writeJournal } from "./write-journal.js";

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

/**
 * Opens a log over a journal, as an app does, and closes both after the work. What the log reports
 * goes to stderr. Throws `UsageError` for what a flag gave, and what `writeJournal` throws.
 */
export async function writeLog<T>(
  args: CommandArguments<typeof JOURNAL_FLAGS>,
  io: CommandIo,
  writing: WritingCommand,
  work: (audit: GovernanceAuditLog) => T,
  options: Pick<JournalOptions, "minimumRetentionDays"> = {},
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
        const audit = new log.GovernanceAuditLog({
          journal,
          clock: io.now,
          maxEntries: 1,
          onError: ({ message }) => void reported.push(message),
        });
        try {
          return work(audit);
        } finally {
          await audit.shutdown();
        }
      },
      options,
    );
  } catch (error) {
    const given = error instanceof AuditError ? GIVEN_AS[error.field ?? ""] : undefined;
    if (given === undefined) throw error;
    const reason = reasonOf(error as AuditError);
    throw new UsageError(
      `${given}: ${reason.replace("minimumRetentionDays", "--minimum-retention")}`,
    );
  } finally {
    for (const message of reported)
      await io.stderr.write(`quorumlog: ${visible(inCommandTerms(message))}\n`);
  }
}

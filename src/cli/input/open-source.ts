import { logIdOf } from "../../entry/log-id.js";
import { AuditError, reasonOf } from "../../errors.js";
import type { Journal } from "../../journal/journal.js";
import {
  type CommandArguments,
  type CommandIo,
  type Flags,
  type FlagValues,
  UsageError,
} from "./command.js";
import { type ClosedSource, cannotAnswer, type Source } from "./source.js";

/** The flags that name a Loki, and say what to read from it. */
export const LOKI_FLAGS = {
  loki: { type: "string", value: "URL", about: "reads from this Grafana Loki, not from a file" },
  selector: {
    type: "string",
    value: "LOGQL",
    about: 'with --loki: the streams, {service_name="governance"}',
  },
  tenant: { type: "string", value: "NAME", about: "with --loki: the tenant (X-Scope-OrgID)" },
  header: {
    type: "string",
    multiple: true,
    value: "HEADER",
    about: 'with --loki: "Name: value"',
  },
  lookback: {
    type: "string",
    value: "DAYS",
    about: "with --loki: how many days to look back; default 30",
  },
  "max-records": {
    type: "string",
    value: "N",
    about: "with --loki: how many records to read at most; default 5 000 000",
  },
} as const;

/** The flag of a command that only a journal can answer. */
export const JOURNAL_FLAGS = {
  log: { type: "string", value: "ID", about: "the log that the entries must be of" },
} as const;

/**
 * The flags that say where entries are, in place of an operand, and of which log they have to be.
 */
export const SOURCE_FLAGS: typeof JOURNAL_FLAGS & typeof LOKI_FLAGS = {
  ...JOURNAL_FLAGS,
  ...LOKI_FLAGS,
};

/** For the help of a command. */
export const SOURCE_DETAILS = [
  "SOURCE is a journal, an export as NDJSON, a report, or a file of quorumlog prove. The command",
  "recognizes it by its content. With --loki and --selector, the command reads from Grafana Loki,",
  "without SOURCE.",
] as const;

/** What `verify` reads in addition. */
export interface JudgedSource {
  /** The file of the line that a tlog-proof is about. */
  readonly line: string | undefined;
}

/**
 * The sources that arguments name: one for each operand, or Loki. Throws `UsageError`.
 *
 * @param judged - Given by `verify`: a file of unknown content is then a damaged export.
 */
export async function sourcesOf(
  { operands, flags }: CommandArguments<typeof SOURCE_FLAGS>,
  io: CommandIo,
  judged?: JudgedSource,
): Promise<readonly ClosedSource[]> {
  const { loki: url, selector, log, tenant, header, lookback } = flags;
  const maxRecords = flags["max-records"];
  const line = judged?.line;
  if (url === undefined) {
    const stray = strayFlag(flags);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --loki`);
    if (operands.length === 0) throw new UsageError("SOURCE is missing");
    const logId = logOf(log);
    const { fileSource } = await import("./file-source.js");
    const unknown = judged && "export";
    return operands.map((path) => fileSource({ path, logId, line, unknown }, io));
  }
  if (operands.length > 0) throw new UsageError("--loki and SOURCE exclude each other");
  if (line !== undefined) throw new UsageError("--line and --loki exclude each other");
  if (selector === undefined)
    throw new UsageError(
      '--selector is missing: the streams that hold the log, such as {service_name="governance"}',
    );
  const { lokiSource } = await import("./loki-source.js");
  const logId = logOf(log);
  return [lokiSource({ url, selector, logId, tenant, header, lookback, maxRecords }, io)];
}

/** A flag that says what to read from a Loki, if one is given. */
export function strayFlag(flags: FlagValues<Flags>): string | undefined {
  return Object.keys(LOKI_FLAGS).find((name) => name !== "loki" && flags[name] !== undefined);
}

/** Opens the one source that arguments name, and closes it after the work. Throws `UsageError`. */
export async function withSource<T>(
  args: CommandArguments<typeof SOURCE_FLAGS>,
  io: CommandIo,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const [source] = (await sourcesOf(args, io)) as [ClosedSource];
  try {
    return await source.open(work);
  } catch (error) {
    if (!(error instanceof AuditError && error.code === "invalid_evidence")) throw error;
    throw new AuditError(error.code, `${source.name}: ${error.message}`, { cause: error });
  }
}

/**
 * Opens a journal for a command that no other source can answer, and closes it after the work.
 * Throws `UsageError` for another source.
 */
export async function withJournal<T>(
  { operands: [path = ""], flags }: CommandArguments<typeof JOURNAL_FLAGS>,
  io: CommandIo,
  command: string,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const { fileSource } = await import("./file-source.js");
  const file = { path, logId: logOf(flags.log), line: undefined, unknown: "journal" } as const;
  return fileSource(file, io).open(async (source) => {
    if (source.journal === undefined) throw cannotAnswer(command, "a journal", source);
    await source.reader();
    return work(source.journal);
  });
}

/** The name of a log that a flag gives. Throws `UsageError`. */
export function logOf(given: string | undefined, flag = "log"): string | undefined {
  try {
    return logIdOf(given);
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new UsageError(`--${flag}: ${reasonOf(error)}`);
  }
}

import type { CommandIo } from "../output/command-io.js";
import { type CommandArguments, type FlagValues, UsageError } from "./command.js";
import { LokiLog } from "./loki-log.js";
import { naturalOf } from "./query-flags.js";

/** The flags that say where a log was mirrored to, in place of an operand. */
export const LOKI_FLAGS = {
  loki: {
    type: "string",
    value: "URL",
    about: "reads from the Grafana Loki there, not from a file",
  },
  selector: {
    type: "string",
    value: "LOGQL",
    about: 'with --loki: the streams, {service_name="governance"}',
  },
  log: {
    type: "string",
    value: "ID",
    about: "with --loki: the log, where the streams hold several",
  },
  tenant: { type: "string", value: "NAME", about: "with --loki: X-Scope-OrgID" },
  header: {
    type: "string",
    multiple: true,
    value: "HEADER",
    about: 'with --loki: "Name: value"',
  },
  lookback: {
    type: "string",
    value: "DAYS",
    about: "with --loki: recorded since then; 30 unless given",
  },
} as const;

const NAMES = Object.keys(LOKI_FLAGS) as readonly (keyof typeof LOKI_FLAGS)[];

/** For the help of a command. */
export const LOKI_DETAILS = [
  "",
  "With --loki and --selector, it reads what was mirrored to Grafana Loki, and takes no operand.",
] as const;

/**
 * The Loki that is to be read, undefined where there is an operand. Throws `UsageError`, also for neither and for both.
 *
 * @param operand - What stands in its place, in the words of the help.
 */
export function lokiOf(
  { operands, flags }: CommandArguments<typeof LOKI_FLAGS>,
  operand: string,
  { signal }: Pick<CommandIo, "signal">,
): LokiLog | undefined {
  const { loki: url, selector, log: logId, tenant, header: headers = [], lookback } = flags;
  if (url === undefined) {
    const stray = NAMES.find((name) => flags[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --loki`);
    if (operands.length === 0) throw new UsageError(`${operand} is missing`);
    return undefined;
  }
  if (operands.length > 0) throw new UsageError(`--loki and ${operand} exclude each other`);
  if (selector === undefined)
    throw new UsageError(
      '--selector is missing: the streams that hold the log, such as {service_name="governance"}',
    );
  const lookbackDays = naturalOf(lookback, "lookback");
  return new LokiLog(
    { url, selector, logId, tenant, headers: headersOf(headers), lookbackDays },
    signal,
  );
}

function headersOf(given: FlagValues<typeof LOKI_FLAGS>["header"] = []): Record<string, string> {
  const headers = new Map<string, string>();
  for (const text of given) {
    const { name = "", value = "" } = /^(?<name>[^\s:]+):(?<value>.*)$/s.exec(text)?.groups ?? {};
    // what was given may be a secret, and does not stand in the message
    if (name === "" || value.trim() === "")
      throw new UsageError('--header: expected "Name: value"');
    const key = name.toLowerCase();
    if (headers.has(key)) throw new UsageError(`--header: ${key} is given twice`);
    headers.set(key, value.trim());
  }
  return Object.fromEntries(headers);
}

import { parseArgs } from "node:util";
import { SCOPE_VERSION } from "../../semconv.js";
import { didYouMean, nearest } from "../../text/did-you-mean.js";
import type { CommandIo } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";
import { commandHelp } from "../output/help.js";
import {
  COMMON_FLAGS,
  type Command,
  type CommandArguments,
  type Flags,
  UsageError,
} from "./command.js";
import { LOKI_FLAGS, strayFlag } from "./open-source.js";
import { cannotAnswer } from "./source.js";

/**
 * Runs a command with its arguments, and answers its exit code. Throws what the command throws, and
 * `UsageError`.
 */
export async function invoke(
  command: Command,
  argv: readonly string[],
  io: CommandIo,
): Promise<number> {
  const { values, positionals } = parsed(command, argv);
  const { json, help, version, "no-color": noColor, ...flags } = values;
  if (help === true) {
    await io.stdout.write(commandHelp(command));
    return EXIT.done;
  }
  if (version === true) {
    await io.stdout.write(`${SCOPE_VERSION}\n`);
    return EXIT.done;
  }
  if (needsJournal(command)) assertNoLoki(command, flags);
  assertOperands(command, positionals);
  const args: CommandArguments = { operands: positionals, flags, json: json === true };
  return command.run(args, noColor === true ? { ...io, env: { ...io.env, NO_COLOR: "1" } } : io);
}

function parsed(
  command: Command,
  argv: readonly string[],
): { readonly values: CommandArguments["flags"]; readonly positionals: readonly string[] } {
  // a command that Loki cannot answer knows the flags, to say so
  const known = needsJournal(command) ? LOKI_FLAGS : {};
  const flags: Flags = { ...known, ...command.flags, ...COMMON_FLAGS };
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short !== undefined && { short }) },
    ]),
  );
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      tokens: true,
    });
    const once = new Set<string>();
    for (const token of tokens) {
      if (token.kind !== "option" || token.value === undefined || flags[token.name]?.multiple)
        continue;
      // parseArgs keeps the last value alone, and the others would have no effect
      if (once.has(token.name)) throw new UsageError(`--${token.name} was given twice`);
      once.add(token.name);
    }
    return { values: values as CommandArguments["flags"], positionals };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Node adds to an unknown option how to give it as an operand
    const [message = ""] = error.message.split(". To specify a positional");
    const unknown = /^Unknown option '--?(?<name>[^']*)'/.exec(message)?.groups?.["name"] ?? "";
    const near = nearest(unknown, Object.keys(flags));
    throw new UsageError(
      message.replace(/\.$/, "").replaceAll("\n", " ") + didYouMean(near && `--${near}`),
    );
  }
}

function needsJournal({ operands }: Command): boolean {
  return operands.includes("JOURNAL");
}

function assertNoLoki({ name }: Command, flags: CommandArguments["flags"]): void {
  if (typeof flags["loki"] === "string")
    throw cannotAnswer(name, "a journal", { name: flags["loki"], kind: "loki" });
  const stray = strayFlag(flags);
  if (stray !== undefined)
    throw new UsageError(`--${stray} goes with --loki, and ${name} needs a journal`);
}

function assertOperands({ operands }: Command, given: readonly string[]): void {
  const missing = operands.slice(given.length).find((operand) => !operand.startsWith("["));
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  if (/\.\.\.\]?$/.test(operands.at(-1) ?? "")) return;
  const [extra] = given.slice(operands.length);
  if (extra !== undefined) throw new UsageError(`"${extra}" is one operand too many`);
}

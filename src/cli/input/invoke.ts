import { parseArgs } from "node:util";
import { SCOPE_VERSION } from "../../semconv.js";
import { didYouMean, nearest } from "../../text/did-you-mean.js";
import { EXIT } from "../output/exit-code.js";
import {
  COMMON_FLAGS,
  type Command,
  type CommandArguments,
  type CommandExample,
  type CommandIo,
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

const EXIT_CODES =
  "Exit codes: 0 done, 1 verification failed, 2 wrong usage, 3 unreadable input, 130 Ctrl-C.\n";

/** The help of one command. */
export function commandHelp(command: Command): string {
  const usage = ["quorumlog", command.name, ...command.operands, "[flags]"].join(" ");
  return [
    `${command.about}\n`,
    `Usage: ${usage}\n`,
    ...(command.details === undefined ? [] : [`${command.details.join("\n")}\n`]),
    `Flags:\n${flagLines({ ...command.flags, ...COMMON_FLAGS })}`,
    `Examples:\n${exampleLines(command.examples)}`,
    EXIT_CODES,
  ].join("\n");
}

/** The help of the whole: the commands, with an example of each. */
export function overallHelp(commands: readonly Command[]): string {
  const examples = commands.flatMap(({ examples: [first] }) => first ?? []);
  return [
    "quorumlog reads and verifies an audit log: a journal, also while an app writes to it, an " +
      "export,\nevidence of chosen entries, or what was mirrored to Grafana Loki.\n",
    "Usage: quorumlog COMMAND [operands] [flags]\n",
    `Commands:\n${inTwoColumns(commands.map(({ name, about }) => [name, about]))}`,
    `Flags of every command:\n${flagLines(COMMON_FLAGS)}`,
    `Examples:\n${exampleLines(examples)}`,
    "quorumlog help COMMAND explains a command. quorumlog version prints the version.\n",
    EXIT_CODES,
  ].join("\n");
}

function flagLines(flags: Flags): string {
  return inTwoColumns(
    Object.entries(flags).map(([name, { short, value, multiple, about }]) => {
      const letter = short === undefined ? "    " : `-${short}, `;
      const flag = `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
      return [flag, multiple ? `${about}; can be repeated` : about];
    }),
  );
}

function exampleLines(examples: readonly CommandExample[]): string {
  return examples.map(({ line, about }) => `  # ${about}\n  ${line}\n`).join("");
}

function inTwoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}

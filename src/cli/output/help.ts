import { COMMON_FLAGS, type Command, type CommandExample, type Flags } from "../input/command.js";

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

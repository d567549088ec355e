import { assertSupportedNode } from "../options.js";
import { SCOPE_VERSION } from "../semconv.js";
import { didYouMean, nearest } from "../text/did-you-mean.js";
import { visible, visibleLines } from "../text/safe-text.js";
import { type Command, type CommandIo, UsageError } from "./input/command.js";
import { invoke, overallHelp } from "./input/invoke.js";
import {
  EXIT,
  exitCodeOf,
  exitCodeOfSignal,
  inCommandTerms,
  isClosedPipe,
} from "./output/exit-code.js";

/** All commands by name, in the order of the help. A command is loaded when it is called. */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["demo", async () => (await import("./commands/demo.js")).demo],
  ["query", async () => (await import("./commands/query.js")).query],
  ["tail", async () => (await import("./commands/tail.js")).tail],
  ["stats", async () => (await import("./commands/stats.js")).stats],
  ["explain", async () => (await import("./commands/explain.js")).explain],
  ["standing", async () => (await import("./commands/members.js")).standing],
  ["members", async () => (await import("./commands/members.js")).members],
  ["check", async () => (await import("./commands/check.js")).check],
  ["report", async () => (await import("./commands/report.js")).report],
  ["oversight", async () => (await import("./commands/oversight.js")).oversight],
  ["export", async () => (await import("./commands/export.js")).exportCommand],
  ["import", async () => (await import("./commands/import.js")).importCommand],
  ["rejected", async () => (await import("./commands/rejected.js")).rejected],
  ["resend", async () => (await import("./commands/rejected.js")).resend],
  ["hold", async () => (await import("./commands/hold.js")).hold],
  ["release", async () => (await import("./commands/hold.js")).release],
  ["prune", async () => (await import("./commands/prune.js")).pruneCommand],
  ["backup", async () => (await import("./commands/backup.js")).backup],
  ["keygen", async () => (await import("./commands/keygen.js")).keygen],
  ["checkpoint", async () => (await import("./commands/checkpoint.js")).checkpoint],
  ["prove", async () => (await import("./commands/prove.js")).prove],
  ["verify", async () => (await import("./commands/verify.js")).verifyCommand],
]);

/**
 * The `quorumlog` command. Results go to `io.stdout`, messages to `io.stderr`. Never rejects.
 *
 * @param argv - What follows the name of the program.
 * @returns The exit code: 0 done, 1 verification failed, 2 wrong usage, 3 input that cannot be
 * read, 70 a mistake of ours, or 128 and the number of the signal that ended the command.
 */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (io.signal.aborted) return exitCodeOfSignal(io.signal.reason);
    if (isClosedPipe(error)) return EXIT.done;
    await io.stderr.write(complaint(error, argv[0]));
    return exitCodeOf(error);
  }
}

async function dispatch([name, ...rest]: readonly string[], io: CommandIo): Promise<number> {
  switch (name) {
    case undefined:
      await io.stderr.write(await help());
      return EXIT.usage;
    case "help":
    case "--help":
    case "-h": {
      const [topic] = rest;
      if (topic !== undefined && !topic.startsWith("-"))
        return invoke(await commandOf(topic), ["--help"], io);
      await io.stdout.write(await help());
      return EXIT.done;
    }
    case "version":
    case "--version":
    case "-v":
      await io.stdout.write(`${SCOPE_VERSION}\n`);
      return EXIT.done;
  }
  assertSupportedNode();
  if (name.startsWith("-")) throw new UsageError(`a command comes before ${name}`);
  return invoke(await commandOf(name), rest, io);
}

async function commandOf(name: string): Promise<Command> {
  const load = COMMANDS.get(name);
  if (load !== undefined) return load();
  const near = nearest(name, [...COMMANDS.keys(), "help", "version"]);
  throw new UsageError(`no command "${name}"${didYouMean(near)}`);
}

async function help(): Promise<string> {
  return overallHelp(await Promise.all([...COMMANDS.values()].map((load) => load())));
}

function complaint(error: unknown, name: string | undefined): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    const topic = COMMANDS.has(name ?? "") ? `${name} --help` : "--help";
    const link = message.endsWith("?") ? " See" : "; see";
    return `quorumlog: ${visible(message)}${link} quorumlog ${topic}\n`;
  }
  if (exitCodeOf(error) !== EXIT.bug) return `quorumlog: ${visible(inCommandTerms(message))}\n`;
  const stack = (error instanceof Error && error.stack) || message;
  return `quorumlog: this is a mistake of quorumlog, please report it\n${visibleLines(stack)}\n`;
}

import { SCOPE_VERSION } from "../semconv.js";
import { visible, visibleLines } from "../text/safe-text.js";
import type { CommandIo } from "./command-io.js";
import { COMMANDS } from "./commands.js";
import { EXIT, exitCodeOf, exitCodeOfSignal, isClosedPipe } from "./exit-code.js";
import { overallHelp } from "./help.js";
import { invoke } from "./invoke.js";
import { UsageError } from "./usage-error.js";

/**
 * The `quorumlog` command: results go to `io.stdout`, messages to `io.stderr`. Never rejects.
 *
 * @param argv - What follows the name of the program.
 * @returns The exit code: 0 done, 1 verification failed, 2 wrong usage, 3 input that cannot be read, 70 a mistake of
 * ours, 128 and the number of the signal that ended it.
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
  if (name === undefined) {
    await io.stderr.write(overallHelp(COMMANDS));
    return EXIT.usage;
  }
  if (name === "--help" || name === "-h") {
    await io.stdout.write(overallHelp(COMMANDS));
    return EXIT.done;
  }
  if (name === "--version") {
    await io.stdout.write(`${SCOPE_VERSION}\n`);
    return EXIT.done;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command !== undefined) return invoke(command, rest, io);
  throw new UsageError(
    name.startsWith("-") ? `a command comes before ${name}` : `no command "${name}"`,
  );
}

function complaint(error: unknown, name: string | undefined): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    const topic = COMMANDS.some((known) => known.name === name) ? `${name} --help` : "--help";
    return `quorumlog: ${visible(message)}; see quorumlog ${topic}\n`;
  }
  if (exitCodeOf(error) !== EXIT.bug) return `quorumlog: ${visible(message)}\n`;
  const stack = (error instanceof Error && error.stack) || message;
  return `quorumlog: this is a mistake of quorumlog, please report it\n${visibleLines(stack)}\n`;
}

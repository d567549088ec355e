import type { CommandIo } from "../../src/cli/command-io.js";
import { run } from "../../src/cli/run.js";

/** What the world around a command is in a test. */
export interface Surroundings {
  readonly cwd?: string;
  /** Both streams are terminals of this width. */
  readonly columns?: number;
  /** Results go to a pipe or a file though messages go to the terminal. */
  readonly piped?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => Date;
  readonly signal?: AbortSignal;
  /** Told of each write to stdout; what it throws, the write rejects with. */
  readonly onOutput?: (text: string) => void;
}

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order of a terminal. */
  readonly screen: string;
}

/** Runs the command as a shell does, without a process of its own. */
export async function quorumlog(
  argv: readonly string[],
  around: Surroundings = {},
): Promise<Outcome> {
  const written = { stdout: "", stderr: "", screen: "" };
  const streamTo = (name: "stdout" | "stderr", isTerminal: boolean): CommandIo["stdout"] => ({
    isTerminal,
    columns: isTerminal ? around.columns : undefined,
    write: async (text) => {
      if (name === "stdout") around.onOutput?.(text);
      written[name] += text;
      written.screen += text;
    },
  });
  const isTerminal = around.columns !== undefined;
  const code = await run(argv, {
    stdout: streamTo("stdout", isTerminal && around.piped !== true),
    stderr: streamTo("stderr", isTerminal),
    cwd: around.cwd ?? "/",
    env: around.env ?? {},
    now: around.now ?? (() => new Date("2026-04-14T13:00:00Z")),
    signal: around.signal ?? new AbortController().signal,
  });
  return { code, ...written };
}

/** The objects of NDJSON. */
export function objectsOf(ndjson: string): Record<string, unknown>[] {
  return ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

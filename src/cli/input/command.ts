interface DescribedFlag {
  readonly short?: string;
  readonly about: string;
}

/** A flag that is given or not. */
interface SwitchFlag extends DescribedFlag {
  readonly type: "boolean";
  readonly multiple?: undefined;
  readonly value?: undefined;
}

/** A flag with a value. */
interface ValueFlag extends DescribedFlag {
  readonly type: "string";
  readonly multiple?: undefined;
  /** What the value stands for, in the help: `DID`. */
  readonly value: string;
}

/** A flag that can be repeated. */
interface ListFlag extends DescribedFlag {
  readonly type: "string";
  readonly multiple: true;
  readonly value: string;
}

/** One flag, as `parseArgs` of `node:util` and the help describe it. */
export type Flag = SwitchFlag | ValueFlag | ListFlag;

/** Flags by their long name. */
export type Flags = Readonly<Record<string, Flag>>;

type FlagValue<F extends Flag> = F extends SwitchFlag
  ? boolean
  : F extends ListFlag
    ? readonly string[]
    : string;

/** What was given for each flag. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]?: FlagValue<F[Name]> | undefined;
};

/** Takes text: a pipe, a terminal or a file. */
export interface TextSink {
  /** Resolves when the system has taken the text, so that a slow reader slows the command down. */
  write(text: string): Promise<void>;
}

/** Where a command writes. */
export interface OutputStream extends TextSink {
  readonly isTerminal: boolean;
  /** The width that a line must fit; undefined where there is none, as in a pipe. */
  readonly columns?: number | undefined;
  /** Begins to watch who reads. What it returns tells whether all readers have gone. */
  readonly watchReader?: (() => () => boolean) | undefined;
}

/** Everything outside that a command can see, except files. */
export interface CommandIo {
  /** For results. A write rejects with the code `EPIPE` when the reader has ended. */
  readonly stdout: OutputStream;
  /** For messages. */
  readonly stderr: OutputStream;
  /** How a shell can run the command: `quorumlog`, `npx quorumlog`, `node dist/quorumlog.cjs`. */
  readonly program: string;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted with the name of the signal that ends the command, such as `SIGINT`. */
  readonly signal: AbortSignal;
}

/** The arguments of a command, checked for their names and number. */
export interface CommandArguments<F extends Flags = Flags> {
  readonly operands: readonly string[];
  readonly flags: FlagValues<F>;
  /** True when the answer is for a program. */
  readonly json: boolean;
}

/** A command line in the help, and what it does. */
export interface CommandExample {
  readonly line: string;
  readonly about: string;
}

/** One command. It is in `commands/`, and has a row in the table of `run.ts`. */
export interface Command<F extends Flags = Flags> {
  readonly name: string;
  /** One line. */
  readonly about: string;
  /**
   * In their order, as the help names them: `JOURNAL` is required, `[JOURNAL]` is optional, and
   * `[SOURCE...]` can be repeated.
   */
  readonly operands: readonly string[];
  readonly flags: F;
  /** Lines of the help, between usage and flags. */
  readonly details?: readonly string[];
  readonly examples: readonly CommandExample[];
  /** Runs the command, and returns the exit code. Throws `UsageError`, `AuditError`. */
  run(args: CommandArguments<F>, io: CommandIo): Promise<number>;
}

/** Flags that every command has. */
export const COMMON_FLAGS: Flags = {
  json: { type: "boolean", about: "JSON for programs: one object a line" },
  "no-color": {
    type: "boolean",
    about: "no colours on a terminal; the variable NO_COLOR does the same",
  },
  help: { type: "boolean", short: "h", about: "this help" },
  version: { type: "boolean", short: "v", about: "the version of quorumlog" },
};

/** A command whose `run` knows the types of its own flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command;
}

/** The arguments of a command are wrong. The message says what is wrong with them. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

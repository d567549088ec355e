/** Takes text: the end of a pipe, a terminal, a file. */
export interface TextSink {
  /** Resolves when the system has taken the text, so that a slow reader slows the command down. */
  write(text: string): Promise<void>;
}

/** Where a command writes what it has to say. */
export interface OutputStream extends TextSink {
  readonly isTerminal: boolean;
  /** What a line must fit; undefined when nothing limits it, as in a pipe. */
  readonly columns?: number | undefined;
}

/** All that a command knows of the world around it, the files aside. */
export interface CommandIo {
  /** Results. A write rejects with the code `EPIPE` when nobody reads any more. */
  readonly stdout: OutputStream;
  /** Messages. */
  readonly stderr: OutputStream;
  /** What relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted with the name of the signal that ends the command, such as `SIGINT`. */
  readonly signal: AbortSignal;
}

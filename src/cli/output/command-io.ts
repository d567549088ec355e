import { visible } from "../../text/safe-text.js";

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

/** Characters that are written at once. */
const CHUNK = 65_536;

/**
 * Writes pieces of text in chunks, each when the one before was taken. Throws when a signal ended
 * the command.
 */
export async function send(
  pieces: Iterable<string> | AsyncIterable<string>,
  to: TextSink,
  { signal }: Pick<CommandIo, "signal">,
  progress?: Progress,
): Promise<void> {
  let chunk = "";
  try {
    for await (const piece of pieces) {
      chunk += piece;
      if (chunk.length < CHUNK) continue;
      await to.write(chunk);
      chunk = "";
      signal.throwIfAborted();
      await progress?.show();
    }
    if (chunk !== "") await to.write(chunk);
  } finally {
    await progress?.clear();
  }
}

/** A value for programs: one line of JSON, which a terminal can show too. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

/** Between two pictures of the line, in milliseconds. */
const PAUSE = 100;

/**
 * A line on a terminal that says how far long work is; nothing where messages go elsewhere, or
 * results to the same screen.
 */
export class Progress {
  readonly #io: CommandIo;
  readonly #isShown: boolean;
  #shownAt: number;
  #isOnScreen = false;
  #count = 0;

  /** @param toFile - True when results do not go to stdout. */
  constructor(io: CommandIo, toFile = false) {
    this.#io = io;
    this.#isShown = io.stderr.isTerminal && (toFile || !io.stdout.isTerminal);
    this.#shownAt = io.now().getTime();
  }

  /** Counts what passes, by its size. */
  *counting<T>(
    items: Iterable<T>,
    size: (item: T) => number = () => 1,
  ): Generator<T, void, undefined> {
    for (const item of items) {
      this.add(size(item));
      yield item;
    }
  }

  /** Counts what has passed. */
  add(count: number): void {
    this.#count += count;
  }

  /** How many have passed. */
  get count(): number {
    return this.#count;
  }

  /** Brings the line up to date, from time to time. */
  async show(): Promise<void> {
    const now = this.#io.now().getTime();
    if (!this.#isShown || now - this.#shownAt < PAUSE) return;
    this.#shownAt = now;
    this.#isOnScreen = true;
    await this.#io.stderr.write(`\r${this.#count} entries`);
  }

  /** Takes the line away. */
  async clear(): Promise<void> {
    if (this.#isOnScreen) await this.#io.stderr.write("\r\x1b[K");
    this.#isOnScreen = false;
  }
}

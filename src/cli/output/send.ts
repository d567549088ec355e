import { counted, visible } from "../../text/safe-text.js";
import type { CommandIo, TextSink } from "../input/command.js";

/** How many characters are written at once. */
const CHUNK = 65_536;

/**
 * Writes pieces of text in chunks. Each chunk waits until the one before it was taken. Throws when
 * a signal ended the command.
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

/** A value for programs: one line of JSON that a terminal can show too. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

/** The time between two updates of the line, in milliseconds. */
const PAUSE = 100;

/**
 * A line on a terminal that shows the progress of long work. It shows nothing if messages do not go
 * to a terminal, or if results go to the same terminal.
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

  /** Passes the items on, and counts them by their size. */
  *counting<T>(
    items: Iterable<T>,
    size: (item: T) => number = () => 1,
  ): Generator<T, void, undefined> {
    for (const item of items) {
      this.add(size(item));
      yield item;
    }
  }

  /** Adds to the count. */
  add(count: number): void {
    this.#count += count;
  }

  /** The count so far. */
  get count(): number {
    return this.#count;
  }

  /** Updates the line, but not more often than it can be read. */
  async show(): Promise<void> {
    const now = this.#io.now().getTime();
    if (!this.#isShown || now - this.#shownAt < PAUSE) return;
    this.#shownAt = now;
    this.#isOnScreen = true;
    await this.#io.stderr.write(`\r${counted(this.#count, "entry", "entries")}`);
  }

  /** Removes the line. */
  async clear(): Promise<void> {
    if (this.#isOnScreen) await this.#io.stderr.write("\r\x1b[K");
    this.#isOnScreen = false;
  }
}

import type { CommandIo } from "./command-io.js";

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

import type { EventEmitter } from "node:events";
import { hear } from "../logger/hear.js";
import { later } from "../logger/later.js";
import type { Levels } from "../logger/level.js";
import { type Line, type LineWriter, MAX_WAITING } from "../logger/logger-mirror.js";
import type { Losses } from "../logger/losses.js";
import { type Destination, drain, isClosed, isFull, type Wait } from "./destination.js";
import type { OpenedLogger } from "./opened-logger.js";

/**
 * Writes lines with one pino logger. pino has a line when `write` returns. What waits, waits in the
 * destination, in one order with the app's own lines, and pino writes it when the process ends.
 */
export class PinoWriter implements LineWriter {
  readonly #logger: OpenedLogger;
  readonly #losses: Losses;
  /** The destinations that were heard so far, and how to end that. */
  readonly #heard = new Map<Destination, () => void>();
  /** The message of the line that is being written. */
  #writing: string | undefined;
  /** How many lines were written while a destination was full. */
  #waiting = 0;
  /** The last failure since the last line. */
  #failure: unknown;
  /** The last failure that no flush has told of. */
  #untold: { readonly cause: unknown } | undefined;

  /** Listens to the destinations of the logger until the writer is closed. */
  constructor(logger: OpenedLogger, losses: Losses) {
    this.#logger = logger;
    this.#losses = losses;
    this.#hear();
  }

  levels(): Levels {
    const { levels } = this.#logger;
    return {
      names: Object.keys(levels),
      isAtLeast: (level, other) => this.#logger.isAtLeast(levels[level] ?? 0, levels[other] ?? 0),
    };
  }

  write({ level, message, data }: Line): void {
    this.#hear();
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      this.#losses.lose(`${obstacle}; "${message}" was not written`);
      return;
    }
    this.#losses.expect();
    this.#failure = undefined;
    this.#writing = message;
    try {
      this.#logger.log(level, data, message);
    } catch (cause) {
      this.#losses.lose(`a hook, a serializer or a destination threw on "${message}"`, cause);
    } finally {
      this.#writing = undefined;
    }
  }

  /** Waits until every destination has written what it holds, as far as it tells. */
  async flush(timeoutMillis: number): Promise<void> {
    await this.#drain(timeoutMillis);
    this.#losses.assertNoneSinceFlush();
  }

  /** Does the same, and ends the listening. */
  async close(timeoutMillis: number): Promise<void> {
    // if it rejects, it goes on listening: a line that fails later must not end the process
    await this.#drain(timeoutMillis);
    for (const endHearing of this.#heard.values()) endHearing();
    this.#losses.assertNoneAtAll();
  }

  async #drain(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    const problems = await Promise.all(
      this.#logger.destinations.map((destination) => drain(destination, waitUntil(deadline))),
    );
    const untold = this.#untold;
    this.#untold = undefined;
    const problem =
      problems.find((each) => each !== undefined) ??
      (untold === undefined ? undefined : "failed since the last flush");
    if (problem !== undefined)
      throw this.#losses.error(`the destination ${problem}`, untold?.cause);
  }

  /** Why the line would be lost. Undefined if pino may have it. */
  #obstacle(): string | undefined {
    const { destinations } = this.#logger;
    if (destinations.length === 0) return "the logger has no destination";
    if (destinations.every(isClosed)) return "the destination is closed";
    this.#waiting = destinations.some(isFull) ? this.#waiting + 1 : 0;
    return this.#waiting > MAX_WAITING
      ? `${MAX_WAITING} records wait for a destination that is full`
      : undefined;
  }

  /** Listens to new destinations: a multistream may get more at any time. */
  #hear(): void {
    for (const destination of this.#logger.destinations) {
      if (this.#heard.has(destination)) continue;
      const ends = isEmitter(destination)
        ? [hear(destination, "error", this.#onError), hear(destination, "drop", this.#onDrop)]
        : [];
      this.#heard.set(destination, () => {
        for (const end of ends) end();
      });
    }
  }

  readonly #onError = (cause: unknown): void => {
    // for a SonicBoom, pino emits every error twice
    if (cause !== undefined && cause === this.#failure) return;
    this.#failure = cause;
    this.#untold = { cause };
    this.#losses.heard(cause, "a destination");
  };

  /** A SonicBoom with `maxLength` drops the line that would be too much. */
  readonly #onDrop = (): void => {
    if (this.#writing !== undefined)
      this.#losses.lose(`the destination is full, and dropped "${this.#writing}"`);
  };
}

function isEmitter(destination: object): destination is EventEmitter {
  const { on, off, listeners } = destination as Partial<EventEmitter>;
  return [on, off, listeners].every((method) => typeof method === "function");
}

function waitUntil(deadline: number): Wait {
  let turns = 0;
  return async () => {
    if (performance.now() >= deadline) return false;
    await new Promise<void>((resolve) => later(turns++, resolve));
    return true;
  };
}

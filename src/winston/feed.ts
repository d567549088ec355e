import type { Logger, transport as Transport } from "winston";
import { guardExit, type Pending, unguardExit } from "../delivery/exit-guard.js";
import type { AuditError } from "../errors.js";
import { hear } from "../logger/hear.js";
import { later, QUICK_TURNS } from "../logger/later.js";
import type { Levels } from "../logger/level.js";
import { type Line, type LineWriter, MAX_WAITING } from "../logger/logger-mirror.js";
import type { Losses } from "../logger/losses.js";
import { counted } from "../text/safe-text.js";

/**
 * The logger passes on the failures of a transport. winston's Http transport emits "warn" when it
 * lost a line.
 */
const EVENTS = ["error", "warn"] as const;

/**
 * The part of a stream's state that shows whether a transport threw. The streams of Node and of
 * readable-stream 2 and 3 have it.
 */
interface WriteState {
  readonly writing?: boolean;
  readonly sync?: boolean;
  readonly onwrite?: () => void;
}

/**
 * Feeds one logger, a line at a time, and only while winston is idle. So every failure of a line
 * comes back to the call that wrote it. If winston were busy, it would buffer the line, and later
 *
 * - an error that a format or a transport throws on the line reaches no caller and ends the
 *   process;
 * - an error that a transport gives to the callback of a buffered line is lost
 *   (`TransportStream._writev`);
 * - lines that were buffered behind a failed line wait for the next write, and come after it.
 *
 * All three were observed with winston 3.19. Winston's own buffer has no bound; this one has.
 */
export class Feed implements LineWriter {
  readonly #logger: Logger;
  readonly #losses: Losses;
  readonly #key: string;
  #waiting: Line[] = [];
  #turns = 0;
  #scheduled = false;
  readonly #endHearing: (() => void)[];
  readonly #exitDuty: Pending;

  /**
   * Listens to the logger until the feed is closed.
   *
   * @param key - The key of the lines that holds their fields.
   */
  constructor(logger: Logger, losses: Losses, key: string) {
    this.#logger = logger;
    this.#losses = losses;
    this.#key = key;
    const pending = (): number => this.#waiting.length;
    this.#exitDuty = {
      what: "undelivered record(s) of winston",
      get pending() {
        return pending();
      },
      isLost: true,
      deliver: (timeoutMillis) => this.#drain(timeoutMillis).catch(() => {}),
    };
    this.#endHearing = EVENTS.map((event) => hear(logger, event, this.#onEvent));
  }

  levels(): Levels {
    const { levels } = this.#logger;
    return {
      names: Object.keys(levels),
      isAtLeast: (level, other) => (levels[level] ?? 0) <= (levels[other] ?? 0),
    };
  }

  /** Writes a line, or keeps it until winston is idle. */
  write(line: Line): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#losses.lose(
        `${MAX_WAITING} records wait for a transport that has not taken the last one; record lost`,
      );
      return;
    }
    this.#waiting.push(line);
    this.#pump();
    if (this.#waiting.length > 0) guardExit(this.#exitDuty);
  }

  /** Waits until winston has taken every line and no transport works on one. */
  async flush(timeoutMillis: number): Promise<void> {
    await this.#drain(timeoutMillis);
    this.#losses.assertNoneSinceFlush();
  }

  /** Does the same, and gives up what still waits at the deadline. */
  async close(timeoutMillis: number): Promise<void> {
    try {
      await this.#drain(timeoutMillis);
    } catch (error) {
      // goes on listening: a failure of a line that a transport still has must not end the process
      this.#loseAll("the mirror was shut down");
      throw error;
    }
    for (const end of this.#endHearing) end();
    this.#losses.assertNoneAtAll();
  }

  async #drain(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    this.#turns = 0;
    while (!this.#isDrained()) {
      if (performance.now() >= deadline) throw this.#notDrained(timeoutMillis);
      await new Promise<void>((resolve) => later(this.#turns, resolve));
      this.#resume();
    }
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const obstacle = this.#obstacle();
      if (obstacle !== undefined) {
        this.#loseAll(obstacle);
        return;
      }
      if (!this.#isIdle()) {
        this.#schedule();
        return;
      }
      this.#turns = 0;
      this.#hand(this.#waiting.shift() as Line);
    }
    unguardExit(this.#exitDuty);
  }

  #hand({ level, message, data }: Line): void {
    this.#losses.expect();
    try {
      this.#logger.log({ level, message, ...data });
    } catch (cause) {
      this.#losses.lose(`a format or a transport threw on "${message}"`, cause);
    }
  }

  readonly #onEvent = (cause: unknown, transport?: unknown): void => {
    this.#keep(transport as Transport | undefined);
    this.#losses.heard(cause, "a transport");
  };

  /** A stream unpipes a target that failed. Winston pipes it again only since 3.3. */
  #keep(transport: Transport | undefined): void {
    if (transport?.writable === true && !this.#logger.transports.includes(transport))
      this.#logger.add(transport);
  }

  /** Called with nothing else on the stack, so never within a transport. */
  #resume(): void {
    // not at once: a transport may throw and still call back, and a second callback would be an
    // error
    if (++this.#turns > QUICK_TURNS)
      for (const transport of this.#logger.transports) release(transport);
    this.#pump();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // does not keep the process alive: an app that wants all lines written flushes
    later(this.#turns, () => {
      this.#scheduled = false;
      this.#resume();
    })?.unref();
  }

  #isIdle(): boolean {
    const { writableLength, readableLength, transports } = this.#logger;
    return (
      isEmpty(writableLength) &&
      isEmpty(readableLength) &&
      transports.every((transport) => isEmpty(transport.writableLength))
    );
  }

  #isDrained(): boolean {
    return this.#waiting.length === 0 && (this.#logger.transports.length === 0 || this.#isIdle());
  }

  /** Why winston will never take a line. Undefined if it may. */
  #obstacle(): string | undefined {
    if (!this.#logger.writable) return "the logger was ended";
    if (this.#logger.transports.length === 0) return "the logger has no transport";
    return hiddenBy(this.#logger, this.#key);
  }

  #loseAll(reason: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    unguardExit(this.#exitDuty);
    for (const line of waiting) this.#losses.lose(`${reason}; "${line.message}" was not written`);
  }

  #notDrained(timeoutMillis: number): AuditError {
    const waiting = counted(this.#waiting.length, "record waits", "records wait");
    return this.#losses.error(
      `a transport did not finish a line in ${timeoutMillis} ms, and ${waiting} behind it`,
    );
  }
}

/** Why the fields of a line would not show. Winston lets its default metadata win. */
export function hiddenBy({ defaultMeta }: Logger, key: string): string | undefined {
  return typeof defaultMeta === "object" && defaultMeta !== null && Object.hasOwn(defaultMeta, key)
    ? `the logger's defaultMeta has the key "${key}" too`
    : undefined;
}

/** Streams of winston before 3.2 do not say how much they hold. They are taken for idle. */
function isEmpty(length: number | undefined): boolean {
  return length === undefined || length === 0;
}

/**
 * Lets a transport that threw go on. Its stream still waits for the callback of the line. Without
 * the callback, the transport takes no more lines, and after 16 lines the whole logger stops, with
 * the app's own lines.
 *
 * `writing` and `sync` are both set only during a write. So with nothing else on the stack, they
 * show a transport that threw.
 */
function release(transport: object): void {
  const state = (transport as { readonly _writableState?: WriteState })._writableState;
  if (state?.writing === true && state.sync === true) state.onwrite?.();
}

import { diag } from "@opentelemetry/api";
import type { LogEntry, Logger, transport as Transport } from "winston";
import { guardExit, type Pending, unguardExit } from "../delivery/exit-guard.js";
import { AuditError } from "../errors.js";
import { counted } from "../text/safe-text.js";

/** How many records may wait for winston. */
export const MAX_WAITING = 65_536;

/**
 * The logger passes on the failures of a transport. winston's Http transport emits "warn" when it
 * lost a line.
 */
const EVENTS = ["error", "warn"] as const;

/**
 * After so many turns of the event loop a transport counts as slow, and is checked less and less
 * often.
 */
const QUICK_TURNS = 16;
const MAX_PAUSE_MILLIS = 50;

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
export class Feed {
  readonly #logger: Logger;
  readonly #report: (error: AuditError) => void;
  #waiting: LogEntry[] = [];
  #turns = 0;
  #scheduled = false;
  #answered = false;
  #lost = 0;
  /** How many of the lost records a flush has reported. A shutdown reports all. */
  #told = 0;

  readonly #exitDuty: Pending;

  /** Listens to the logger until the feed is closed. `report` must not throw. */
  constructor(logger: Logger, report: (error: AuditError) => void) {
    this.#logger = logger;
    this.#report = report;
    const pending = (): number => this.#waiting.length;
    this.#exitDuty = {
      what: "undelivered record(s) of winston",
      get pending() {
        return pending();
      },
      isLost: true,
      deliver: (timeoutMillis) => this.#drain(timeoutMillis).catch(() => {}),
    };
    for (const event of EVENTS) logger.on(event, this.#onEvent);
  }

  /**
   * Writes a line, or keeps it until winston is idle. Never throws: a line that is lost is
   * reported.
   */
  write(line: LogEntry): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.lose(
        `${MAX_WAITING} records wait for a transport that has not taken the last one; record lost`,
      );
      return;
    }
    guardExit(this.#exitDuty);
    this.#waiting.push(line);
    this.#pump();
  }

  /** Counts and reports a record that was not written. */
  lose(reason: string, cause?: unknown): void {
    this.#lost++;
    this.#report(new AuditError("delivery_failed", `winston: ${reason}`, { cause }));
  }

  /**
   * Waits until winston has taken every line and no transport works on one.
   *
   * @throws `AuditError` `delivery_failed` at the deadline, or if a record was lost since the last
   * flush.
   */
  async flush(timeoutMillis: number): Promise<void> {
    await this.#drain(timeoutMillis);
    const lost = this.#lost - this.#told;
    this.#told = this.#lost;
    assertWritten(lost, "since the last flush");
  }

  /**
   * Does the same, and gives up what still waits at the deadline.
   *
   * @throws `AuditError` `delivery_failed` at the deadline, or if a record was ever lost.
   */
  async close(timeoutMillis: number): Promise<void> {
    try {
      await this.#drain(timeoutMillis);
    } catch (error) {
      this.#loseAll("the mirror was shut down");
      throw error;
    } finally {
      for (const event of EVENTS) this.#logger.off(event, this.#onEvent);
    }
    assertWritten(this.#lost, "in all");
  }

  async #drain(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    this.#turns = 0;
    while (!this.#isDrained()) {
      if (performance.now() >= deadline) throw this.#notDrained(timeoutMillis);
      await new Promise<void>((resolve) => this.#later(resolve));
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
      this.#hand(this.#waiting.shift() as LogEntry);
    }
    unguardExit(this.#exitDuty);
  }

  #hand(line: LogEntry): void {
    this.#answered = false;
    try {
      this.#logger.log(line);
    } catch (cause) {
      this.lose(`a format or a transport threw on "${line.message}"`, cause);
    }
  }

  /**
   * Reports once for each line, and once a turn for the app's own lines. The `onError` of an app
   * may log to the same logger. That line fails too, and reporting it would never end: within one
   * turn, if the transport fails at once.
   */
  readonly #onEvent = (cause: unknown, transport?: Transport): void => {
    // a stream unpipes a target that failed; winston pipes it again only since 3.3
    if (transport?.writable === true && !this.#logger.transports.includes(transport))
      this.#logger.add(transport);
    if (this.#answered) {
      diag.error("quorumlog: winston failed again while a failure was reported", cause);
      return;
    }
    this.#answered = true;
    setImmediate(() => {
      this.#answered = false;
    });
    const reason = cause instanceof Error ? cause.message : "a transport failed";
    this.#report(new AuditError("delivery_failed", `winston: ${reason}`, { cause }));
  };

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
    this.#later(() => {
      this.#scheduled = false;
      this.#resume();
    })?.unref();
  }

  /** No event says that a transport is done: a stream emits "drain" only after it was full. */
  #later(look: () => void): NodeJS.Timeout | undefined {
    if (this.#turns >= QUICK_TURNS)
      return setTimeout(look, Math.min(this.#turns - QUICK_TURNS, MAX_PAUSE_MILLIS));
    setImmediate(look);
    return undefined;
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
    return this.#logger.transports.length === 0 ? "the logger has no transport" : undefined;
  }

  #loseAll(reason: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    unguardExit(this.#exitDuty);
    for (const line of waiting) this.lose(`${reason}; "${line.message}" was not written`);
  }

  #notDrained(timeoutMillis: number): AuditError {
    const waiting = counted(this.#waiting.length, "record waits", "records wait");
    return new AuditError(
      "delivery_failed",
      `winston: a transport did not finish a line in ${timeoutMillis} ms, and ${waiting} behind it`,
    );
  }
}

/** Streams of winston before 3.2 do not say how much they hold. They are taken for idle. */
function isEmpty(length: number | undefined): boolean {
  return length === undefined || length === 0;
}

function assertWritten(lost: number, when: string): void {
  if (lost > 0)
    throw new AuditError(
      "delivery_failed",
      `winston: ${counted(lost, "record was", "records were")} not written ${when}`,
    );
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

import type { HrTime } from "@opentelemetry/api";
import { risenAbove } from "./sealed-record.js";

/** A clock that is set back by no more than this is waited for. */
const HOUR_MILLIS = 3_600_000;

/** The times of recording that a log has given before, the newest first. */
export interface EarlierTimes {
  /** None of them is earlier. */
  readonly earliest: HrTime;
  back(): Iterable<HrTime>;
}

/** A rise by more than an hour, from one time of recording to the next. */
interface Jump {
  readonly before: HrTime;
  readonly at: HrTime;
}

/** When the next record is recorded. */
export interface NextTime {
  readonly time: HrTime;
  /** The wrong time that the clock had shown, if this reading undoes a jump. */
  readonly undone: HrTime | undefined;
}

/**
 * The times of recording of a log. They rise with every record, since Loki orders and pages by
 * them. There is one exception. If a reading of the clock falls by more than an hour, into the gap
 * that a jump ahead left, then that jump was a glitch, and times go on from before it. Otherwise
 * one wrong reading would decide the times of all later records.
 */
export class RecordedTimes {
  #last: HrTime;
  /** Those that a reading can undo, the oldest first. */
  #jumps: Jump[] = [];
  /** The jumps above this time are known. */
  #known: HrTime;
  #back: Iterator<HrTime> | undefined;
  readonly #earlier: EarlierTimes | undefined;

  /**
   * Goes on after a time; `[0, 0]` if there was none.
   *
   * @param earlier - The times until then, read when the clock falls.
   */
  constructor(last: HrTime, earlier?: EarlierTimes) {
    this.#last = last;
    this.#known = last;
    this.#earlier = earlier;
  }

  /** Goes on after a time before which everything was pruned, so that jumps are not known. */
  static afterPruned(last: HrTime): RecordedTimes {
    return new RecordedTimes(last, { earliest: NEVER, back: () => [NEVER] });
  }

  /** The newest time. */
  get last(): HrTime {
    return this.#last;
  }

  /** The time of the next record, by a reading of the clock in milliseconds. */
  next(millis: number): NextTime {
    const before = this.#before(millis);
    const undone = before === this.#last ? undefined : this.#last;
    return { time: risenAbove(before, millis), undone };
  }

  /**
   * The time above which a record was recorded that has this time: the newest one, or the one
   * before the jump that it undid.
   */
  before(time: HrTime): HrTime {
    return this.#before(millisOf(time));
  }

  /** A record has this time. */
  keep(time: HrTime): void {
    let from = this.#last;
    for (let top = this.#jumps.at(-1); top && isLater(top.at, time); top = this.#jumps.at(-1)) {
      from = top.before;
      this.#jumps.pop();
    }
    if (millisOf(time) - millisOf(from) > HOUR_MILLIS && isLater(from, NEVER))
      this.#jumps.push({ before: from, at: time });
    this.#last = [time[0], time[1]]; // the record's own tuple is in anybody's hands
  }

  #before(millis: number): HrTime {
    if (millisOf(this.#last) - millis <= HOUR_MILLIS) return this.#last;
    this.#readBack(millis);
    const jump = this.#jumps.findLast(({ before }) => millisOf(before) <= millis);
    return jump !== undefined && millis < millisOf(jump.at) ? jump.before : this.#last;
  }

  /** Learns the jumps of earlier times, as far back as this reading needs. */
  #readBack(millis: number): void {
    const earlier = this.#earlier;
    if (earlier === undefined || millis < millisOf(earlier.earliest)) return;
    this.#back ??= earlier.back()[Symbol.iterator]();
    while (millisOf(this.#known) > millis) {
      const { value: time, done } = this.#back.next();
      if (done) return;
      // a later time belongs to a jump that was undone
      if (!isLater(this.#known, time)) continue;
      if (millisOf(this.#known) - millisOf(time) > HOUR_MILLIS)
        this.#jumps.unshift({ before: time, at: this.#known });
      this.#known = time;
    }
  }
}

const NEVER: HrTime = [0, 0];

function millisOf([seconds, nanos]: HrTime): number {
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

/** Whether a time is later than another one. */
export function isLater(time: HrTime, other: HrTime): boolean {
  return time[0] > other[0] || (time[0] === other[0] && time[1] > other[1]);
}

import type { EventEmitter } from "node:events";
import { faultText } from "../http/fault.js";
import { hear } from "../logger/hear.js";

/**
 * What a mirror uses of the destination of a pino logger: a SonicBoom, a stream of Node, the worker
 * of a transport, or any object with `write`.
 */
export interface Destination {
  write(line: string): unknown;
  readonly end?: unknown;
  readonly destroyed?: boolean;
  readonly writable?: boolean;
  readonly writableLength?: number;
  readonly writableNeedDrain?: boolean;
  readonly writableFinished?: boolean;
  flush?(done?: (error?: unknown) => void): unknown;
  /** How many bytes a SonicBoom holds. */
  readonly _len?: number;
  /** The number of bytes from which on `write` of a SonicBoom returns false. */
  readonly _hwm?: number;
  /** Whether a SonicBoom opens its file or writes to it. */
  readonly _writing?: boolean;
  /** The destinations of a multistream. */
  readonly streams?: readonly { readonly stream: Destination }[];
}

/** Waits a little, longer from call to call. Returns false once the time is over. */
export type Wait = () => Promise<boolean>;

const LATE = "was not done in time";

/** The destinations behind a destination: itself, or those of a multistream. */
export function partsOf(destination: Destination): readonly Destination[] {
  return destination.streams?.flatMap(({ stream }) => partsOf(stream)) ?? [destination];
}

/**
 * Whether a destination takes no more lines. After EPIPE, pino replaces `write` and `end` of a
 * SonicBoom by one function that does nothing, so further lines would vanish.
 */
export function isClosed({ destroyed, writable, write, end }: Destination): boolean {
  return destroyed === true || writable === false || write === end;
}

/** Whether a destination asks to write no more for a while. pino does not heed that. */
export function isFull({ writableNeedDrain, _len = 0, _hwm = Infinity }: Destination): boolean {
  return writableNeedDrain ?? _len >= _hwm;
}

/**
 * Waits until a destination has written what it holds, as far as it tells.
 *
 * @returns What went wrong, as a predicate: "was not done in time". Undefined if nothing did.
 */
export async function drain(destination: Destination, wait: Wait): Promise<string | undefined> {
  if (destination._len !== undefined) return drainSonicBoom(destination, wait);
  return (await flush(destination, wait)) ?? (await drainStream(destination, wait));
}

/**
 * Without `minLength`, `flush` of a SonicBoom calls back at once, whatever it holds. With
 * `minLength`, it calls back with EINVAL for a pipe, because it calls fsync. So this waits until
 * the SonicBoom holds nothing.
 */
async function drainSonicBoom(sonic: Destination, wait: Wait): Promise<string | undefined> {
  let left = sonic._len ?? 0;
  // lines that come meanwhile do not prolong it
  const endHearing = hear(sonic as unknown as EventEmitter, "write", (written) => {
    left -= Number(written);
  });
  try {
    for (;;) {
      const { _len: length = 0 } = sonic;
      if (length === 0 || left <= 0) return undefined;
      if (isClosed(sonic)) return unwritten(length);
      // a SonicBoom with `minLength` waits for more lines
      if (!isWriting(sonic)) sonic.flush?.();
      // it failed, and tries again with the next line
      if (!isWriting(sonic) && sonic._len === length) return `could not write ${length} bytes`;
      if (!(await wait())) return LATE;
    }
  } finally {
    endHearing();
  }
}

const isGone = (destination: Destination): boolean => destination.destroyed === true;

const isWriting = (sonic: Destination): boolean => sonic._writing === true;

/** Asks a destination that can be asked, such as the worker of a transport. */
async function flush(destination: Destination, wait: Wait): Promise<string | undefined> {
  if (destination.flush === undefined) return undefined;
  // a worker gets the lines of this turn in the next one. Before thread-stream 4.2, its flush does
  // not wait for lines that it has not got
  do {
    if (!(await wait())) return LATE;
  } while (isFull(destination) && !isGone(destination));
  if (isGone(destination)) return undefined;
  const answer = answerOf(destination);
  while (!answer.isGiven && !isGone(destination)) if (!(await wait())) return LATE;
  // a worker that ended has taken every line before
  if (destination.writableFinished === true) return undefined;
  if (!answer.isGiven) return "ended before it had taken every line";
  return answer.error === undefined ? undefined : `failed: ${faultText(answer.error)}`;
}

interface Answer {
  isGiven: boolean;
  error: unknown;
}

/** What the `flush` of a destination answers. Some take a callback, others return a promise. */
function answerOf(destination: Destination): Answer {
  const answer: Answer = { isGiven: false, error: undefined };
  const give = (error?: unknown): void => {
    answer.isGiven = true;
    answer.error = error ?? undefined;
  };
  try {
    const outcome = destination.flush?.(give);
    if (destination.flush?.length === 0) Promise.resolve(outcome).then(() => give(), give);
  } catch (error) {
    give(error);
  }
  return answer;
}

async function drainStream(stream: Destination, wait: Wait): Promise<string | undefined> {
  for (;;) {
    const { writableLength: length = 0 } = stream;
    if (length === 0) return undefined;
    if (isGone(stream)) return unwritten(length);
    if (!(await wait())) return LATE;
  }
}

const unwritten = (length: number): string => `was closed with ${length} bytes unwritten`;

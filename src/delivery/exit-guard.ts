import { writeSync } from "node:fs";

/** How long a process that has nothing else to do is kept alive for what is pending. */
export const EXIT_FLUSH_MILLIS = 5000;

/** How often that may happen: an app that logs in its own `beforeExit` would otherwise never end. */
const MAX_ROUNDS = 3;

/** Somebody who has something to bring to safety when the process is about to end. */
export interface Pending {
  /** What is pending, in words, such as "undelivered record(s) of otlp". */
  readonly what: string;
  readonly pending: number;
  /** Whether they are gone with the process. */
  readonly isLost: boolean;
  /** Tries to deliver them; resolves when done or out of time, never rejects. */
  deliver(timeoutMillis: number): Promise<void>;
  /** Does what can be done without waiting, at the very end; never throws. */
  lastChance?(): void;
}

const guarded = new Set<Pending>();
const rounds = new WeakMap<Pending, number>();
let listening = false;

/**
 * Sees to it that a process does not end with pending records without a word. When its event loop runs empty they are
 * given {@link EXIT_FLUSH_MILLIS}; what is pending at the very end is said on stderr, one line each.
 */
export function guardExit(pending: Pending): void {
  guarded.add(pending);
  if (listening) return;
  listening = true;
  process.on("beforeExit", deliverAll);
  process.on("exit", sayWhatIsLost);
}

/** Ends the guard: nothing is pending any more. */
export function unguardExit(pending: Pending): void {
  guarded.delete(pending);
}

function deliverAll(): void {
  for (const pending of guarded) {
    const round = (rounds.get(pending) ?? 0) + 1;
    if (pending.pending === 0 || round > MAX_ROUNDS) continue;
    rounds.set(pending, round);
    void pending.deliver(EXIT_FLUSH_MILLIS).then(() => {
      // what could not be delivered in that time will not be in another
      if (pending.pending > 0) rounds.set(pending, MAX_ROUNDS);
    });
  }
}

function sayWhatIsLost(): void {
  for (const each of [...guarded]) each.lastChance?.(); // which may bring work to others
  // console.error may be asynchronous, and there is no later any more
  for (const { what, pending, isLost } of guarded)
    if (isLost && pending > 0)
      writeSync(2, `quorumlog: the process ends with ${pending} ${what}\n`);
}

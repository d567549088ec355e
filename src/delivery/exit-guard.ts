import { writeSync } from "node:fs";

/** How long pending records keep a process alive that has nothing else to do, in milliseconds. */
const EXIT_FLUSH_MILLIS = 5000;

/**
 * How often that may happen. An app that logs in its own `beforeExit` would never end otherwise.
 */
const MAX_ROUNDS = 3;

/** Pending records that need attention before the process ends. */
export interface Pending {
  /** What they are, such as "undelivered record(s) of otlp". */
  readonly what: string;
  /** How many there are. */
  readonly pending: number;
  /** Whether they are lost when the process ends. */
  readonly isLost: boolean;
  /** Tries to deliver them. Resolves when it is done or out of time; never rejects. */
  deliver(timeoutMillis: number): Promise<void>;
  /** Does what can be done without waiting, when the process ends. Never throws. */
  lastChance?(): void;
}

const guarded = new Set<Pending>();
const rounds = new WeakMap<Pending, number>();
let listening = false;
let ended = false;

/**
 * Guards pending records until {@link unguardExit}. When the event loop of the process is empty,
 * they are delivered, for up to five seconds. If some are lost when the process ends, a line on
 * stderr says how many.
 *
 * To be called when the records are there: in the app's own handler of `exit`, which may run after
 * ours, this is their last chance.
 */
export function guardExit(pending: Pending): void {
  if (ended || (!listening && isExiting())) {
    settle([pending]);
    return;
  }
  guarded.add(pending);
  if (listening) return;
  listening = true;
  process.on("beforeExit", deliverAll);
  process.on("exit", onExit);
}

/** Ends the guard, because nothing is pending any more. */
export function unguardExit(pending: Pending): void {
  guarded.delete(pending);
}

function deliverAll(): void {
  for (const pending of guarded) {
    const round = (rounds.get(pending) ?? 0) + 1;
    if (pending.pending === 0 || round > MAX_ROUNDS) continue;
    rounds.set(pending, round);
    void pending.deliver(EXIT_FLUSH_MILLIS).then(() => {
      // a further round would not deliver what this one could not
      if (pending.pending > 0) rounds.set(pending, MAX_ROUNDS);
    });
  }
}

function onExit(): void {
  ended = true;
  settle(guarded);
}

function settle(all: Iterable<Pending>): void {
  for (const each of [...all]) each.lastChance?.(); // it may add pending records to others
  // console.error may be asynchronous, and then it would write nothing
  for (const { what, pending, isLost } of all)
    if (isLost && pending > 0)
      writeSync(2, `quorumlog: the process ends with ${pending} ${what}\n`);
}

/** Whether listeners of `exit` are running. One that is added now would not be called. */
function isExiting(): boolean {
  return (process as { readonly _exiting?: boolean })._exiting === true;
}

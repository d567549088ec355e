import { writeSync } from "node:fs";

/** How long a process that has nothing else to do is kept alive for what is pending. */
export const EXIT_FLUSH_MILLIS = 5000;

/** Somebody who may still have records to deliver when the process ends. */
export interface Pending {
  readonly name: string;
  /** Records that are gone with the process if it ends at once. */
  readonly unsaved: number;
  /** Tries to deliver them; resolves when done or out of time, never rejects. */
  deliver(timeoutMillis: number): Promise<void>;
}

const guarded = new Set<Pending>();

/**
 * Sees to it that a process does not end with pending records without a word. When its event loop runs empty they are
 * given {@link EXIT_FLUSH_MILLIS}; what is pending at the very end is said on stderr, one line each.
 *
 * @returns Ends the guard.
 */
export function guardExit(pending: Pending): () => void {
  if (guarded.size === 0) {
    process.on("beforeExit", deliverAll);
    process.on("exit", sayWhatIsLost);
  }
  guarded.add(pending);
  return () => {
    guarded.delete(pending);
    if (guarded.size > 0) return;
    process.off("beforeExit", deliverAll);
    process.off("exit", sayWhatIsLost);
  };
}

/** Once in a life: `beforeExit` comes again when this is done, and must not keep the process alive for ever. */
const given = new WeakSet<Pending>();

function deliverAll(): void {
  for (const pending of guarded) {
    if (pending.unsaved === 0 || given.has(pending)) continue;
    given.add(pending);
    void pending.deliver(EXIT_FLUSH_MILLIS);
  }
}

function sayWhatIsLost(): void {
  // console.error may be asynchronous, and there is no later any more
  for (const { name, unsaved } of guarded)
    if (unsaved > 0)
      writeSync(2, `quorumlog: the process ends with ${unsaved} records that ${name} had not delivered\n`);
}

/**
 * After so many turns of the event loop, whoever is waited for counts as slow, and is looked at
 * less and less often.
 */
export const QUICK_TURNS = 16;
const MAX_PAUSE_MILLIS = 50;

/**
 * Calls `look` in the next turn of the event loop, or later if there were many looks. A logger has
 * no event that says that it is done: a stream emits "drain" only after it was full.
 *
 * @param turns - How many looks there were.
 * @returns The timer, if there is one. It keeps the process alive.
 */
export function later(turns: number, look: () => void): NodeJS.Timeout | undefined {
  if (turns >= QUICK_TURNS)
    return setTimeout(look, Math.min(turns - QUICK_TURNS, MAX_PAUSE_MILLIS));
  setImmediate(look);
  return undefined;
}

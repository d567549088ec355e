/** The longest time that `setTimeout` waits, in milliseconds; more would fire at once. */
export const MAX_TIMER_MILLIS = 2_147_483_647;

/** Settles as the work does, or rejects after the time, saying whose work it was. The timer keeps the process alive. */
export async function withDeadline(
  work: () => Promise<void>,
  timeoutMillis: number,
  who: string,
): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${who} was not done after ${timeoutMillis} ms`)),
    Math.min(timeoutMillis, MAX_TIMER_MILLIS),
  );
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

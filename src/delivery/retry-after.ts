/**
 * Retry-After of RFC 9110 section 10.2.3, seconds or a date, in milliseconds.
 *
 * @param header - Untrusted; what cannot be read counts as absent.
 */
export function retryAfterMillis(
  header: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  if (header === null || header === undefined) return undefined;
  const seconds = Number(header);
  const millis = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return millis > 0 ? millis : undefined;
}

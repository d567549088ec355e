/**
 * For tests: matchers, the same as functions, a clock that stands still, an exporter that keeps
 * what it is given.
 *
 * @packageDocumentation
 */

export { assertConforms } from "./assert-conforms.js";
export { assertNotRecorded, assertRecorded, assertRecordedInOrder } from "./assert-recorded.js";
export { type AuditMatchers, auditMatchers, type MatcherResult } from "./audit-matchers.js";
export type { AsymmetricMatcher, EntryExpectation, ExpectedValue } from "./entry-expectation.js";
export { DEFAULT_CLOCK_START, type FixedClock, fixedClock } from "./fixed-clock.js";
export { RecordingExporter } from "./recording-exporter.js";

/**
 * For tests: matchers, a clock that stands still, an exporter that keeps what it is given.
 *
 * @packageDocumentation
 */

export { type AuditMatchers, auditMatchers } from "./audit-matchers.js";
export type { EntryExpectation } from "./entry-expectation.js";
export { DEFAULT_CLOCK_START, type FixedClock, fixedClock } from "./fixed-clock.js";
export { RecordingExporter } from "./recording-exporter.js";

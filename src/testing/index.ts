export { type AuditMatchers, auditMatchers } from "./audit-matchers.js";
export type { EntryExpectation } from "./entry-expectation.js";
export { DEFAULT_CLOCK_START, type FixedClock, fixedClock } from "./fixed-clock.js";
export { RecordingExporter } from "./recording-exporter.js";

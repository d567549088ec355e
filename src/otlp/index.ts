/**
 * Delivers over OTLP/HTTP to a Collector, with a ledger.
 *
 * @packageDocumentation
 */

export type { OtlpMirrorOptions } from "./options.js";
export { otlpMirror } from "./otlp-mirror.js";

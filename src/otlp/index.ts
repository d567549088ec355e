/**
 * Delivers over OTLP/HTTP to a Collector, with a ledger.
 *
 * @packageDocumentation
 */

export type { OtlpAgentFactory, OtlpMirrorOptions, OtlpProtocol } from "./options.js";
export { otlpMirror } from "./otlp-mirror.js";

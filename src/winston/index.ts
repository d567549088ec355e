/**
 * Writes each sealed record to a logger of winston 3.
 *
 * @packageDocumentation
 */

export type { CheckpointFields, GovernanceFields } from "../logger/entry-fields.js";
export { DEFAULT_KEY, type LoggerMirrorOptions } from "../logger/options.js";
export { type WinstonMirrorOptions, winstonMirror } from "./winston-mirror.js";

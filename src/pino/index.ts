/**
 * Writes each sealed record to a logger of pino 8, 9 or 10.
 *
 * @packageDocumentation
 */

export type { CheckpointFields, GovernanceFields } from "../logger/entry-fields.js";
export { DEFAULT_KEY, type LoggerMirrorOptions } from "../logger/options.js";
export type { PinoLogger } from "./opened-logger.js";
export { type PinoMirrorOptions, pinoMirror } from "./pino-mirror.js";

export type { CheckpointFields, GovernanceFields } from "./governance-fields.js";
export { DEFAULT_KEY, type WinstonMirrorOptions } from "./options.js";
export { winstonMirror } from "./winston-mirror.js";

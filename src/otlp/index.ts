export type { OtlpMirrorOptions } from "./options.js";
export { otlpMirror } from "./otlp-mirror.js";

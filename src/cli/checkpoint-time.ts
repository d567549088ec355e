import type { StoredCheckpoint } from "../record/checkpoint-record.js";

/** When a checkpoint was stored, RFC 3339. */
export function checkpointTime({ time: [seconds, nanos] }: StoredCheckpoint): string {
  return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
}

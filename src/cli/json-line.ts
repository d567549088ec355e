import { visible } from "../text/safe-text.js";

/** A value for programs: one line of JSON, which a terminal can show too. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

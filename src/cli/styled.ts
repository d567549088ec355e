import { inspect } from "node:util";
import type { CommandIo } from "./command-io.js";

/** How text on a terminal can stand out. */
export type Style = "bold" | "red" | "yellow";

/** The text in a style, where the output has colours and nobody has forbidden them (https://no-color.org). */
export function styled(style: Style | undefined, text: string, { stdout, env }: CommandIo): string {
  const hasColours = stdout.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  if (style === undefined || !hasColours) return text;
  const [on, off] = inspect.colors[style] ?? [0, 0];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

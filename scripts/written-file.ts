/** The command line of a script that writes one file of this repository. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";

/**
 * Writes the text to the file, or to the file that an argument names. With `--check`, it writes
 * nothing: if the file is out of date, the process ends with code 1 and says which command to run.
 */
export function writeOrCheck(text: string, file: string, command: string): void {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const path = positionals[0] ?? file;
  if (!values.check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`${basename(path)} is out of date; run: ${command}`);
    process.exitCode = 1;
  }
}

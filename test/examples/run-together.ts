// Runs the examples that its arguments name, one after the other, and marks where each one begins.
import { writeSync } from "node:fs";

for (const file of process.argv.slice(2)) {
  writeSync(1, `\f${file}\n`);
  await import(`../../examples/${file}`);
}

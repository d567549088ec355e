// Runs the named scenarios, or all of them, one after the other, each in a separate process.
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const SCENARIOS = [
  "sealed-call",
  "sealed-call-million",
  "queries",
  "memory",
  "delivery",
  "backends",
  "journal",
  "evidence",
  "verify",
  "governance",
];
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !SCENARIOS.includes(name));
if (unknown !== undefined) {
  console.error(`no scenario ${unknown}; there are ${SCENARIOS.join(", ")}`);
  process.exit(2);
}
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}`);
for (const name of chosen.length > 0 ? chosen : SCENARIOS) {
  console.log(`\n${name}`);
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, ["--expose-gc", file], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

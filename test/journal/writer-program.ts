// Opens the journal of its first argument, appends the entries in the file of its second (JSON), says so, and waits to be
// killed. With the mode "each" it says the sequence of every entry as soon as it was appended; with "collected" it lets the
// garbage collector have what it no longer refers to before.
import { readFileSync, writeSync } from "node:fs";
import { setInterval } from "node:timers";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { Journal, type JournalRow } from "quorumlog/journal";

const [path = "", rows = "", mode = "write"] = process.argv.slice(2);
const resource = resourceFromAttributes({ "service.name": "child" });

/** Opens the journal and says so; it is out of scope when this returns. */
function write(): string {
  const journal = Journal.open(path, { readOnly: mode === "read" });
  const appended: Omit<JournalRow, "resource" | "scope">[] =
    rows === "" ? [] : JSON.parse(readFileSync(rows, "utf8"));
  for (const row of appended) {
    journal.append({ ...row, resource, scope: { name: "child" } });
    if (mode === "each") writeSync(1, `${row.entry.sequence}\n`);
  }
  return JSON.stringify({ pid: process.pid, length: journal.length, entries: journal.count() });
}

try {
  const said = write();
  if (mode === "collected")
    for (let round = 0; round < 5; round++) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
  console.log(said);
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  console.log(JSON.stringify({ code, message }));
}
setInterval(() => {}, 60_000);

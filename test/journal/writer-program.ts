// Opens the journal of its first argument, appends the entries in the file of its second (JSON), says so, and waits to be
// killed. With the mode "each" it says the sequence of every entry as soon as it was appended.
import { readFileSync, writeSync } from "node:fs";
import { setInterval } from "node:timers";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { Journal, type JournalRow } from "quorumlog/journal";

const [path = "", rows = "", mode = "write"] = process.argv.slice(2);
const resource = resourceFromAttributes({ "service.name": "child" });
try {
  const journal = Journal.open(path, { readOnly: mode === "read" });
  const appended: Omit<JournalRow, "resource" | "scope">[] =
    rows === "" ? [] : JSON.parse(readFileSync(rows, "utf8"));
  for (const row of appended) {
    journal.append({ ...row, resource, scope: { name: "child" } });
    if (mode === "each") writeSync(1, `${row.entry.sequence}\n`);
  }
  console.log(JSON.stringify({ pid: process.pid, length: journal.length, entries: journal.count() }));
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  console.log(JSON.stringify({ code, message }));
}
setInterval(() => {}, 60_000);

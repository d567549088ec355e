import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { linesOf, noteOf } from "../fixtures/evidence.js";
import { temporaryFolder } from "../fixtures/journal.js";

/** A log as an export in a folder, and the report that the command makes of it. */
export interface Reported {
  readonly cwd: string;
  readonly lines: readonly string[];
  readonly note: string;
  readonly html: string;
}

/** Makes a report of a log. Flags narrow it. */
export async function reported(
  given: number | readonly string[],
  ...flags: readonly string[]
): Promise<Reported> {
  const lines = typeof given === "number" ? linesOf(given) : given;
  const note = await noteOf(lines);
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "log.ndjson"), `${lines.join("\n")}\n`);
  writeFileSync(join(cwd, "log.ndjson.checkpoint"), note);
  const argv = ["report", "log.ndjson", "--out", "report.html", ...flags];
  const { stderr } = await quorumlog(argv, { cwd });
  expect(stderr).toContain("reported in");
  return { cwd, lines, note, html: readFileSync(join(cwd, "report.html"), "utf8") };
}

/** What a bundle of version 2 has. */
interface Bundle {
  checkpoint: string;
  proof: string[];
  entries: { sequence: number; line: string }[];
}

/** The report with other evidence in it. */
export function withEvidence(html: string, change: (bundle: Bundle) => void): string {
  return html.replace(/(id="evidence">)([^<]*)/, (_, before: string, packed: string) => {
    const bundle = JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()) as Bundle;
    change(bundle);
    return before + gzipSync(JSON.stringify(bundle)).toString("base64");
  });
}

/** Base64 of a hash of which one byte is another. */
export function otherHash(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  return bytes.toString("base64");
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { text } from "../fixtures/arbitrary-json.js";
import { quorumlog } from "../fixtures/command-line.js";
import { newPath, temporaryFolder } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";

const value = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 3 }));
const key = fc.constantFrom("imported_log", "title", "weight", "10", "__proto__");
const row = fc.record(
  {
    timestamp: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("2026-04-14T12:00:00.123456Z", "2026-02-30", "") },
      value,
    ),
    operation: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("coffee", "vote_cast", "checkpoint") },
      value,
    ),
    kind: value,
    decision: fc.constantFrom("approve", "maybe", null),
    details: fc.oneof(fc.dictionary(key, value, { maxKeys: 4 }), value),
  },
  { requiredKeys: ["timestamp", "operation"] },
);
const rows = fc.array(fc.oneof({ weight: 9, arbitrary: row }, value), { maxLength: 6 });

test("any JSON array is imported as a whole, or a row is named and nothing is written; never 70", async () => {
  const [file, journal] = [join(temporaryFolder(), "rows.json"), newPath()];
  let length = 0;
  await fc.assert(
    fc.asyncProperty(rows, async (content) => {
      writeFileSync(file, JSON.stringify(content));
      const { code, stdout, stderr } = await quorumlog(["import", file, journal, "--json"]);
      if (code === 3) expect(stderr).toMatch(/: row [1-6]: .*; nothing was written\n$/);
      else {
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        length += JSON.parse(stdout).imported;
      }
      if (length === 0) return;
      const { stdout: stats } = await quorumlog(["stats", journal, "--json"]);
      expect(JSON.parse(stats).entries).toBe(length);
    }),
    { numRuns: runs(150) },
  );
});

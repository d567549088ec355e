import fc from "fast-check";
import { expect, it } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import { entriesOf, entriesOfLines } from "../../src/governance/entries-of.js";
import { replay, replayFrom } from "../../src/governance/replay.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { Federation, PLANTS, POLICY, steps } from "../fixtures/federation.js";
import { newPath, openJournal } from "../fixtures/journal.js";
import { readerOf, resource } from "../fixtures/loki-records.ts";
import { runs } from "../fixtures/long-runs.js";
import { rejection } from "../fixtures/recorded-log.js";
import { answersOf } from "../fixtures/trail-answers.js";

const options = { policy: POLICY };

it("memory, a journal, an export and Loki give the same answers", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.constantFrom(...Object.keys(PLANTS)), { maxLength: 4 }),
      async (taken, planted) => {
        const federation = new Federation();
        for (const step of taken) federation.do(step);
        for (const rule of planted) PLANTS[rule]?.(federation);
        await using loki = await FakeLoki.start();
        const path = newPath();
        await using audit = new GovernanceAuditLog({
          kinds: ["deploy-model"],
          // small pages of memory, so that the log itself also answers from its journal
          maxEntries: 8,
          journal: path,
          resource,
          mirrors: [otlpMirror({ url: `${loki.url}/otlp/v1/logs`, delayMillis: 0 })],
        });
        for (const entry of federation.trail.entries) {
          const { sequence: _, id: _id, leafHash: _hash, recordedAt: _at, ...event } = entry;
          audit.log({ ...event, timestamp: new Date(event.timestamp) });
        }
        const expected = answersOf(replay(whole(audit), options));
        const ndjson = audit.exportNdjson();
        expect(answersOf(await replayFrom(entriesOf(audit), options))).toEqual(expected);
        await audit.shutdown();
        const journal = openJournal(path, { readOnly: true });
        expect(answersOf(await replayFrom(entriesOf(journal), options))).toEqual(expected);
        const lines = ndjson.split("\n");
        expect(answersOf(await replayFrom(entriesOfLines(lines), options))).toEqual(expected);
        const reader = readerOf(loki);
        expect(answersOf(await replayFrom(entriesOf(reader), options))).toEqual(expected);
      },
    ),
    { numRuns: runs(15) },
  );
});

it("an export with a line that no log wrote is refused, with its number", async () => {
  const { trail } = new Federation();
  const audit = new GovernanceAuditLog();
  const other = new GovernanceAuditLog({ logId: "other.example/governance" });
  for (const log of [audit, other])
    for (const { actorDid } of trail.entries) log.logNodeRemoved({ did: actorDid ?? "" });
  const [first = "", second = ""] = audit.lines();
  const refused = async (...lines: string[]) => {
    const { code, message } = await rejection(replayFrom(entriesOfLines(lines)));
    return [code, message];
  };
  const noEntry = ["invalid_evidence", "line 2: it is not an entry as a log writes it"];
  expect(await refused(first, second.replace('"details":{', '"details": {'))).toEqual(noEntry);
  expect(await refused(first, "{}")).toEqual(noEntry);
  expect(await refused(first, ...other.lines())).toEqual([
    "invalid_evidence",
    "line 2: it is an entry of another log",
  ]);
});

function whole(audit: GovernanceAuditLog): AuditEntry[] {
  return audit.entries({ order: "oldest", limit: Number.MAX_SAFE_INTEGER });
}

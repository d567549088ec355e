import { resourceFromAttributes } from "@opentelemetry/resources";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verify } from "../../src/verify/index.js";
import { contractOf } from "../e2e/loki-contract.ts";
import { events, queries, traceIds } from "../fixtures/arbitrary-log.ts";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { LOG, readerOf, sealed, send } from "../fixtures/loki-records.ts";
import { runs } from "../fixtures/long-runs.js";

describe("a Loki and memory with the same entries", () => {
  test("answer every query alike, however often and from wherever they were sent", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(events, traceIds), { maxLength: 60 }),
        fc.array(queries, { minLength: 5, maxLength: 12 }),
        fc.nat(59),
        async (log, asked, again) => {
          await using loki = await FakeLoki.start();
          const recordedMillis = Date.now() - 60_000;
          const entries = log.map(([event, traceId], sequence) =>
            sealed(sequence, event, { recordedMillis, traceId }),
          );
          await send(loki.url, entries);
          const other = resourceFromAttributes({
            "service.name": "federation",
            "service.instance.id": "two",
          });
          await send(loki.url, entries.slice(again), other);
          await contractOf(readerOf(loki), entries, { asked });
          const report = await verify(readerOf(loki, { logId: LOG }).evidence());
          expect(report.problems).toEqual([]);
          expect(report.entries).toBe(entries.length);
        },
      ),
      { numRuns: runs(25) },
    );
  }, 60_000);
});

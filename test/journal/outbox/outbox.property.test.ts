import { ExportResultCode } from "@opentelemetry/core";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../../src/delivery/index.js";
import { GovernanceAuditLog } from "../../../src/index.js";
import { type Export, ScriptedExporter } from "../../fixtures/exporters.js";
import { newPath, openJournal } from "../../fixtures/journal.js";
import { runs } from "../../fixtures/long-runs.js";

const BAD = "did:bad";

type Step =
  | { readonly step: "log"; readonly dids: readonly string[] }
  | { readonly step: "weather"; readonly weather: "healthy" | "down" | "silent" | "lenient" }
  | { readonly step: "wait"; readonly millis: number }
  | { readonly step: "flush" }
  | { readonly step: "resend" }
  | { readonly step: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    step: fc.constant("log" as const),
    dids: fc.array(fc.constantFrom("did:a", "did:b", BAD), { maxLength: 5 }),
  }),
  fc.record({
    step: fc.constant("weather" as const),
    weather: fc.constantFrom("healthy", "healthy", "lenient", "lenient", "down", "silent"),
  }),
  fc.record({ step: fc.constant("wait" as const), millis: fc.integer({ min: 0, max: 150 }) }),
  fc.constantFrom<Step>({ step: "flush" }, { step: "resend" }, { step: "restart" }),
);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("over resends and restarts, all records arrive and no flush resolves early", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxBatchSize) => {
        const path = newPath();
        const arrived = new Set<unknown>();
        let weather: Extract<Step, { step: "weather" }>["weather"] = "healthy";
        const take: Export = (records, done) => {
          if (weather === "silent") return;
          const fail = (status: number): void =>
            done({
              code: ExportResultCode.FAILED,
              error: new ExportError(`HTTP ${status}`, { status }),
            });
          if (weather === "down") return fail(503);
          const isBad = records.some(
            ({ attributes }) => attributes["governance.actor.did"] === BAD,
          );
          if (isBad && weather !== "lenient") return fail(400);
          for (const { attributes } of records) arrived.add(attributes["governance.sequence"]);
          setTimeout(() => done({ code: ExportResultCode.SUCCESS }), 1); // a flush takes time
        };
        const start = () => {
          const journal = openJournal(path);
          const mirror = new ReliableLogRecordProcessor({
            exporter: new ScriptedExporter(take),
            maxBatchSize,
            delayMillis: 50,
            exportTimeoutMillis: 80,
            initialBackoffMillis: 20,
            maxBackoffMillis: 100,
          });
          const audit = new GovernanceAuditLog({ journal, mirrors: [mirror], onError: () => {} });
          return { journal, mirror, audit };
        };
        let { journal, mirror, audit } = start();
        const check = (): void => {
          const { accepted, delivered, pending, rejected } = mirror.ledger();
          expect(delivered + pending + rejected).toBe(accepted);
        };
        const pendingNow = (): unknown[] =>
          journal
            .outbox("otlp")
            .peek(Number.MAX_SAFE_INTEGER)
            .map(({ record }) => record.attributes["governance.sequence"]);
        const early: unknown[] = [];
        const flush = (): void => {
          const before = pendingNow();
          void mirror.forceFlush({ timeoutMillis: 600 }).then(
            () => early.push(...pendingNow().filter((sequence) => before.includes(sequence))),
            () => {},
          );
        };
        // some that were rejected, and were told of, so that a flush may resolve though they are
        // sent again
        for (let i = 0; i < 3; i++) audit.logNodeRemoved({ did: BAD });
        const told = mirror.forceFlush().catch(() => {});
        await vi.advanceTimersByTimeAsync(500);
        await told;
        weather = "lenient";
        for (const current of steps) {
          switch (current.step) {
            case "log":
              for (const did of current.dids) audit.logNodeRemoved({ did });
              break;
            case "weather":
              weather = current.weather;
              break;
            case "wait":
              await vi.advanceTimersByTimeAsync(current.millis);
              break;
            case "flush":
              flush();
              break;
            case "resend":
              journal.resend("otlp");
              break;
            case "restart": {
              const closed = audit.shutdown({ timeoutMillis: 5 }).catch(() => {});
              await vi.advanceTimersByTimeAsync(2000);
              await closed;
              journal.close();
              ({ journal, mirror, audit } = start());
            }
          }
          check();
        }
        weather = "lenient";
        journal.resend("otlp");
        const closed = audit.shutdown().catch(() => {}); // it tells of what was rejected on the way
        await vi.advanceTimersByTimeAsync(29_000);
        await closed;
        check();
        expect(mirror.ledger()).toMatchObject({ pending: 0 });
        expect(early).toEqual([]);
        expect(journal.rejected()).toEqual([]);
        expect(arrived.size).toBe(journal.length);
        journal.close();
      },
    ),
    { numRuns: runs(40) },
  );
});

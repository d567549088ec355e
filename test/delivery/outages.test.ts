import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type AuditError,
  DeliveryError,
  type GovernanceAuditLog,
  type MirrorLedger,
} from "../../src/index.js";
import type { OtlpMirrorOptions } from "../../src/otlp/index.js";
import { Backend, type Manner } from "../fixtures/backend.js";
import { LONG } from "../fixtures/long-runs.js";
import { until } from "../fixtures/until.js";
import { castVotes, logTo, watched } from "../fixtures/watched-delivery.js";

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend[Symbol.asyncDispose]());

const newLog = (options?: OtlpMirrorOptions, errors?: AuditError[]): GovernanceAuditLog =>
  logTo(backend, options, errors);

const lineOf = (audit: GovernanceAuditLog): MirrorLedger =>
  audit.ledger().mirrors["otlp"] as MirrorLedger;

/** Expects at the backend each record that was not rejected, at least once, and no other. */
async function expectAllBut(rejected: number, audit: GovernanceAuditLog): Promise<void> {
  const { uids } = await backend.state();
  const ids = new Set(audit.entries({ limit: 100_000 }).map(({ id }) => id));
  const unique = new Set(uids);
  expect(unique.size).toBe(audit.ledger().accepted - rejected);
  expect([...unique].filter((uid) => !ids.has(uid))).toEqual([]);
}

/** More than a batch holds. */
const QUEUED = LONG ? 1500 : 1100;

describe("through an outage, nothing is lost:", () => {
  const outages: Record<string, Manner> = {
    "503": { play: "status", status: 503 },
    "500": { play: "status", status: 500 },
    "429 without a Retry-After": { play: "status", status: 429 },
    "an answer that is cut in mid-body": { play: "reset" },
    "refused connections": { play: "refuse connections" },
    "200 with a web page": { play: "web page" },
    "401": { play: "status", status: 401 },
    "404": { play: "status", status: 404 },
  };
  test.each(Object.entries(outages))("%s", async (_, outage) => {
    await backend.startAnew(outage);
    const audit = newLog();
    using _watch = watched(audit);
    castVotes(audit, QUEUED);
    await until(() => lineOf(audit).lastError !== undefined);
    expect(lineOf(audit)).toMatchObject({
      accepted: QUEUED,
      delivered: 0,
      pending: QUEUED,
      rejected: 0,
    });
    await backend.play({ play: "healthy" });
    await audit.shutdown();
    expect(lineOf(audit)).toMatchObject({
      accepted: QUEUED,
      delivered: QUEUED,
      pending: 0,
      rejected: 0,
    });
    await expectAllBut(0, audit);
  });

  test("a backend that hangs, with the client's time-out", async () => {
    await backend.startAnew({ play: "hang" });
    const audit = newLog({ timeoutMillis: 500 });
    using _watch = watched(audit);
    castVotes(audit, 600);
    await backend.requests(2);
    await backend.play({ play: "healthy" });
    await audit.shutdown({ timeoutMillis: 120_000 });
    await expectAllBut(0, audit);
  });

  test("a backend that answers too late has the records twice, with the same ids", async () => {
    await backend.startAnew({ play: "late", millis: 1000 });
    const audit = newLog({ timeoutMillis: 100 });
    using _watch = watched(audit);
    castVotes(audit, 10);
    await backend.requests(2);
    await backend.play({ play: "healthy" });
    await audit.shutdown({ timeoutMillis: 120_000 });
    const { uids } = await backend.state();
    expect(uids.length).toBeGreaterThan(10);
    await expectAllBut(0, audit);
  });

  test("a Retry-After that is longer than the backoff is waited for", async () => {
    await backend.startAnew({ play: "status", status: 429, retryAfter: "1", times: 1 });
    const audit = newLog();
    using _watch = watched(audit);
    const started = performance.now();
    castVotes(audit, 3);
    await backend.requests(1);
    await audit.flush();
    expect(performance.now() - started).toBeGreaterThan(950);
    expect((await backend.state()).requests).toBe(2);
    await audit.shutdown();
    await expectAllBut(0, audit);
  });
});

test.each([1, 3])(
  "a slow backend, %i export(s) at a time: all arrive exactly once",
  async (maxConcurrentExports) => {
    await backend.startAnew({ play: "slow", millis: 150 });
    const audit = newLog({ maxBatchSize: 256, maxConcurrentExports });
    using _watch = watched(audit);
    castVotes(audit, 700);
    await audit.shutdown();
    expect(lineOf(audit)).toMatchObject({ accepted: 700, delivered: 700, pending: 0, rejected: 0 });
    expect((await backend.state()).uids).toHaveLength(700);
    await expectAllBut(0, audit);
  },
);

const BURST = LONG ? 10_000 : 4500;

describe(`${BURST} records while the backend hangs, then recovers:`, () => {
  test("all are delivered", async () => {
    await backend.startAnew({ play: "hang" });
    const audit = newLog({ timeoutMillis: 1000 });
    using _watch = watched(audit);
    castVotes(audit, BURST);
    await backend.requests(1);
    await backend.play({ play: "healthy" });
    await audit.shutdown({ timeoutMillis: 120_000 });
    expect(lineOf(audit)).toMatchObject({ accepted: BURST, delivered: BURST });
    await expectAllBut(0, audit);
  });

  test("the stock batch processor loses most of them and says nothing", async () => {
    await backend.startAnew({ play: "hang" });
    const exporter = new OTLPLogExporter({ url: backend.url, timeoutMillis: 300 });
    const provider = new LoggerProvider({
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    onTestFinished(() => provider.shutdown());
    const logger = provider.getLogger("stock");
    for (let i = 0; i < BURST; i++)
      logger.emit({ body: "vote", attributes: { "log.record.uid": `${i}` } });
    await backend.requests(1);
    await backend.play({ play: "healthy" });
    await provider.forceFlush();
    await provider.shutdown();
    expect(new Set((await backend.state()).uids).size).toBeLessThan(BURST / 2);
  });
});

describe("a record that the backend refuses for good", () => {
  const SENT = LONG ? 700 : 150;
  const manners: Manner[] = [
    { play: "refuse poison" },
    { play: "partial success" },
    { play: "partial success", as: "string" },
    { play: "partial success", as: "protobuf" },
    { play: "partial success", as: "protobuf that says JSON" },
  ];
  test.each(manners)(
    "stands alone before it is rejected, and costs no other: %o",
    async (manner) => {
      await backend.startAnew(manner);
      const errors: AuditError[] = [];
      const audit = newLog({}, errors);
      using _watch = watched(audit);
      castVotes(audit, SENT, [0, 77, SENT - 1]);
      await expect(audit.flush()).rejects.toMatchObject({
        code: "delivery_failed",
        ledger: {
          accepted: SENT,
          mirrors: { otlp: { delivered: SENT - 3, rejected: 3, pending: 0 } },
        },
      });
      await expectAllBut(3, audit);
      expect(errors.map(({ code }) => code)).toEqual([
        "delivery_failed",
        "delivery_failed",
        "delivery_failed",
      ]);
      expect(errors[1]?.message).toMatch(/sequence 77 was rejected: .*valid/);
      // a flush reports a rejection once; the shutdown reports all rejections
      await audit.flush();
      await expect(audit.shutdown()).rejects.toBeInstanceOf(DeliveryError);
    },
  );

  test("413 for a batch: its parts go through", async () => {
    await backend.startAnew({ play: "too large", most: 3 });
    const errors: AuditError[] = [];
    const audit = newLog({ maxBatchSize: 16 }, errors);
    using _watch = watched(audit);
    castVotes(audit, 16);
    await audit.shutdown();
    expect(lineOf(audit)).toMatchObject({ delivered: 16, rejected: 0 });
    // one of 16, two of 8, four of 4, eight of 2: halved at once, and none is tried twice
    expect(await backend.state()).toMatchObject({ largest: 16, requests: 15 });
    expect(errors).toEqual([]);
    await expectAllBut(0, audit);
  });
});

test("a wrong configuration is reported at once, and the records are kept", async () => {
  await backend.startAnew({ play: "status", status: 403 });
  const errors: AuditError[] = [];
  const audit = newLog({}, errors);
  castVotes(audit, 5);
  await backend.requests(4);
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(/HTTP 403.*credentials/);
  await backend.play({ play: "healthy" });
  await audit.shutdown();
  expect(lineOf(audit)).toMatchObject({ delivered: 5, rejected: 0 });
});

test("a shutdown in the middle of a flush delivers all that is queued", async () => {
  await backend.startAnew();
  const audit = newLog();
  castVotes(audit, QUEUED);
  const flushed = audit.flush();
  await audit.shutdown();
  await flushed;
  await expectAllBut(0, audit);
  expect(() => castVotes(audit, 1)).toThrow(expect.objectContaining({ code: "closed" }));
});

test("what arrives during a flush is delivered", async () => {
  await backend.startAnew();
  const audit = newLog();
  castVotes(audit, 1000);
  const flushed = audit.flush();
  castVotes(audit, 1000);
  await flushed;
  await audit.flush();
  await expectAllBut(0, audit);
  await audit.shutdown();
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { ReliableLogRecordProcessor } from "quorumlog/delivery";
import { otlpMirror } from "quorumlog/otlp";
import { RecordingExporter } from "quorumlog/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verify } from "../../src/verify/index.js";
import { all } from "../fixtures/loki-records.ts";
import { Backends, describeBackends, journalLines, vkey } from "./backends.ts";

const HOUR_MILLIS = 3_600_000;

describeBackends("when programs end", () => {
  let backends: Backends;
  beforeAll(async () => {
    backends = await Backends.start();
  });
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("nothing is missing after Loki was down, the Collector killed, the app killed, and both at once", async () => {
    const service = "outage";
    await killedAfter(300, appOf(backends, service));
    await backends.loki.stop();
    await killedAfter(300, appOf(backends, service)); // the Collector keeps these
    await backends.collector.stop("SIGKILL");
    await killedAfter(300, appOf(backends, service)); // the journal keeps these
    const restarted = backends.collector.start();
    await killedAfter(300, appOf(backends, service));
    await restarted;
    await backends.loki.start();
    await killedAfter(300, appOf(backends, service), () => backends.collector.stop("SIGKILL"));
    await backends.collector.start();
    const audit = backends.log(service, { logId: undefined, signer: undefined });
    await audit.shutdown({ timeoutMillis: 60_000 });

    const lines = journalLines(backends.journal(service));
    expect(lines.length).toBeGreaterThan(1500);
    await backends.hold(service, lines.length);
    expect(await all(backends.reader(service).lines())).toEqual(lines);
  }, 400_000);

  test("what arrives twice is shown once, and counted", async () => {
    const service = "twice";
    const exporter = new RecordingExporter();
    const mirror = otlpMirror({ url: backends.url, delayMillis: 50 });
    const audit = backends.log(service, {
      mirrors: [mirror, new ReliableLogRecordProcessor({ name: "seen", exporter })],
    });
    for (let n = 0; n < 50; n++)
      audit.logNodeAdded({ did: `did:pqaid:node-${n}`, name: `${n}`, weight: 1 });
    await audit.checkpoint();
    await audit.shutdown();
    // Another instance sends it, so it is in another stream, and Loki does not remove it.
    const resource = resourceFromAttributes({
      "service.name": service,
      "service.instance.id": "two",
    });
    const again = otlpMirror({ url: backends.url });
    for (const record of exporter.records.slice(10, 30))
      again.onEmit({ ...record, resource } as Parameters<typeof again.onEmit>[0]);
    await again.shutdown();
    await backends.holdRecords(service, 70);

    const reader = backends.reader(service);
    expect(await reader.count()).toBe(50);
    expect(await all(reader.lines())).toEqual(journalLines(backends.journal(service)));
    const { entries } = await reader.page({ limit: 1000 });
    expect(entries.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 50 }, (_, n) => 49 - n),
    );
    expect(await verify(reader.evidence(), { keys: [vkey] })).toMatchObject({
      verified: true,
      entries: 50,
      duplicates: 20,
    });
  });
});

describeBackends("when Loki is down for longer than the time that a record may be late", () => {
  const service = "long-outage";
  const resource = resourceFromAttributes({
    "service.name": service,
    "service.instance.id": "one",
  });
  let backends: Backends;
  beforeAll(async () => {
    // A record may be older than the newest record of its stream by half of this.
    backends = await Backends.start({ LOKI_MAX_CHUNK_AGE: "1h" });
  });
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("nothing is missing, though four hours wait in the Collector, and what is late is refused", async () => {
    let now = Date.now() - 4 * HOUR_MILLIS;
    const audit = backends.log(service, { resource, clock: () => new Date(now) });
    const record = async (entries: number): Promise<void> => {
      for (let n = 0; n < entries; n++) {
        now += 40_000;
        audit.logNodeAdded({ did: `did:pqaid:node-${n}`, name: `${n}`, weight: 1 });
        if (n % 5 === 4) await audit.flush(); // a request of its own in the Collector's queue
      }
    };
    await record(20);
    await backends.holdRecords(service, 20);
    await backends.loki.stop();
    await record(320);
    await backends.loki.start();
    await record(10);
    await audit.shutdown();

    await backends.hold(service, 350);
    expect(await all(backends.reader(service).lines())).toEqual(
      journalLines(backends.journal(service)),
    );
    expect(await backends.counted("otelcol_exporter_send_failed_log_records")).toBe(0);

    // This Loki does refuse late records.
    const mirror = otlpMirror({ url: `${backends.lokiUrl}/otlp/v1/logs`, onError: () => {} });
    const provider = new LoggerProvider({ resource, processors: [mirror] });
    provider.getLogger("app").emit({ body: "late", timestamp: Date.now() - 4 * HOUR_MILLIS });
    await expect(mirror.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(mirror.ledger()).toMatchObject({
      rejected: 1,
      lastError: expect.stringContaining("too far behind"),
    });
    await mirror.shutdown().catch(() => {});
  });
});

/** An app that logs to a journal until it is killed. */
function appOf(backends: Backends, service: string): ChildProcess {
  const program = resolve(import.meta.dirname, "../fixtures/crash-program.ts");
  return spawn(
    process.execPath,
    ["--experimental-strip-types", "--disable-warning=ExperimentalWarning", program],
    {
      env: {
        ...process.env,
        JOURNAL: backends.journal(service),
        BACKEND: backends.url,
        DURABILITY: "batch",
        OTEL_SERVICE_NAME: service,
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
}

/** Kills an app, and other programs, when the app has reported so many safe entries. */
async function killedAfter(
  entries: number,
  app: ChildProcess,
  killOther: () => Promise<void> = async () => {},
): Promise<void> {
  const exited = once(app, "exit");
  let said = 0;
  let other: Promise<void> | undefined;
  app.stdout?.on("data", (chunk) => {
    said += String(chunk).split("\n").length - 1;
    if (said < entries) return;
    app.kill("SIGKILL");
    other ??= killOther();
  });
  await exited;
  await other;
}

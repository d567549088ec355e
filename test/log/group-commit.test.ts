import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, describe, expect, test } from "vitest";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import {
  type AuditError,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
} from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { newPath, thrownBy } from "../fixtures/journal.js";
import { inLongRuns } from "../fixtures/long-runs.js";
import { PROGRAMS } from "../fixtures/program-folder.js";
import { until } from "../fixtures/until.js";

const logs: GovernanceAuditLog[] = [];

afterEach(async () => {
  for (const audit of logs.splice(0)) await audit.shutdown({ timeoutMillis: 1 }).catch(() => {});
});

function started(
  journal: string | Journal,
  options: GovernanceAuditLogOptions = {},
): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({
    journal,
    durability: "batch",
    onError: () => {},
    ...options,
  });
  logs.push(audit);
  return audit;
}

const remove = (audit: GovernanceAuditLog, did: string) => audit.logNodeRemoved({ did });

function sequencesIn(path: string): number[] {
  const reader = Journal.open(path, { readOnly: true });
  try {
    return Array.from(reader.lines(), (line) => JSON.parse(line).seq);
  } finally {
    reader.close();
  }
}

/** A mirror that notes how many entries the journal had when it got each record. */
function witness(path: string): LogRecordProcessor & { readonly seen: [unknown, number][] } {
  const seen: [unknown, number][] = [];
  return {
    seen,
    onEmit: ({ attributes }) =>
      void seen.push([attributes["governance.sequence"], sequencesIn(path).length]),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

describe('durability: "batch"', () => {
  test("flushes what a mirror logged in answer, too", async () => {
    const path = newPath();
    const answering: LogRecordProcessor = {
      onEmit: ({ eventName }) =>
        void (eventName === "governance.node_removed" && audit.log({ operation: "seen" })),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const audit = started(path, { mirrors: [answering] });
    remove(audit, "did:a");
    await audit.flush();
    expect(sequencesIn(path)).toEqual([0, 1]);
  });

  test("answers from memory at once, and commits several calls as one group", async () => {
    const path = newPath();
    const audit = started(path);
    const entries = ["did:a", "did:b", "did:c"].map((did) => remove(audit, did));
    expect(audit.entries({ order: "oldest" })).toEqual(entries);
    expect(sequencesIn(path)).toEqual([]);
    await until(() => sequencesIn(path).length > 0);
    expect(sequencesIn(path)).toEqual([0, 1, 2]);
  });

  test("hands entries to mirrors in order, and only when the journal has them", async () => {
    const path = newPath();
    const mirror = witness(path);
    const exporter = new ScriptedExporter();
    const audit = started(path, {
      mirrors: [mirror, new ReliableLogRecordProcessor({ exporter })],
    });
    for (let i = 0; i < 5; i++) remove(audit, `did:${i}`);
    expect(mirror.seen).toEqual([]);
    expect(audit.ledger()).toMatchObject({ accepted: 5, mirrors: { otlp: { accepted: 0 } } });
    await audit.flush();
    expect(mirror.seen).toEqual([0, 1, 2, 3, 4].map((sequence) => [sequence, 5]));
    expect(exporter.batches.flat().map(({ body }) => body)).toEqual([...audit.lines()]);
  });

  test("commits a full group at once, while the thread is busy", () => {
    const path = newPath();
    const audit = started(path);
    for (let i = 0; i < 1000; i++) remove(audit, `did:${i}`);
    expect(sequencesIn(path).length).toBeGreaterThan(700);
    expect(audit.length).toBe(1000);
  });

  test("waits for the group in flush and shutdown", async () => {
    const path = newPath();
    const audit = started(path);
    remove(audit, "did:a");
    await audit.flush();
    expect(sequencesIn(path)).toEqual([0]);
    remove(audit, "did:b");
    await audit.shutdown();
    expect(sequencesIn(path)).toEqual([0, 1]);
  });

  test("goes on after a restart without a gap, also with the other durability", async () => {
    const path = newPath();
    const first = started(path);
    remove(first, "did:a");
    await first.shutdown();
    const second = started(path, { durability: "commit" });
    expect(remove(second, "did:b").sequence).toBe(1);
    await second.shutdown();
    const third = started(path);
    expect(remove(third, "did:c").sequence).toBe(2);
    await third.flush();
    expect(sequencesIn(path)).toEqual([0, 1, 2]);
  });

  test("stops mirrors that answer each other's records", async () => {
    const path = newPath();
    let audit: GovernanceAuditLog | undefined;
    const errors: AuditError[] = [];
    const mirror: LogRecordProcessor = {
      onEmit: () => void (audit && remove(audit, "did:answer")),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    audit = started(path, { mirrors: [mirror], onError: (error) => errors.push(error) });
    remove(audit, "did:a");
    await until(() => errors.length > 0);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.cause).toMatchObject({ code: "not_recorded" });
    await audit.flush();
    expect(sequencesIn(path)).toHaveLength(9);
  });

  test("needs a journal, and has two values", () => {
    const options = { durability: "batch" } as const;
    expect(thrownBy(() => new GovernanceAuditLog(options))).toMatchObject({ field: "durability" });
    const wrong = { durability: "never" } as never;
    expect(thrownBy(() => new GovernanceAuditLog(wrong))).toMatchObject({ field: "durability" });
  });
});

describe("a group that cannot be committed", () => {
  test("is tried again, and helpers throw journal_failed until it succeeds", async () => {
    const path = newPath();
    const errors: AuditError[] = [];
    const mirror = witness(path);
    const audit = started(path, { mirrors: [mirror], onError: (error) => errors.push(error) });
    remove(audit, "did:a");
    renameSync(path, `${path}.away`);
    await until(() => errors.length > 0);
    expect(errors.map(({ code }) => code)).toEqual(["journal_failed"]);
    expect(thrownBy(() => remove(audit, "did:b"))).toMatchObject({
      code: "journal_failed",
      message: expect.stringContaining("entries that wait for it: 1"),
    });
    expect(audit.length).toBe(1);
    await expect(audit.flush({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      cause: { code: "journal_failed" },
      ledger: { accepted: 1 },
    });
    expect(mirror.seen).toEqual([]);
    renameSync(`${path}.away`, path);
    await audit.flush();
    expect(remove(audit, "did:b").sequence).toBe(1);
    await audit.flush();
    expect(sequencesIn(path)).toEqual([0, 1]);
    expect(mirror.seen.map(([sequence]) => sequence)).toEqual([0, 1]);
    expect(errors).toHaveLength(1);
  });

  test("is visible in the metric of the journal's lag, beside the size of its write-ahead log", async () => {
    const path = newPath();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const metricOf = async (name: string) => {
      exporter.reset();
      await reader.forceFlush();
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics[0]?.metrics ?? []);
      const metric = metrics.find(({ descriptor }) => descriptor.name === name);
      return metric?.dataPoints[0]?.value as number;
    };
    const lag = () => metricOf("quorumlog.journal.lag");
    const audit = started(path, { meterProvider });
    remove(audit, "did:a");
    await audit.flush();
    expect(await lag()).toBe(0);
    const size = statSync(`${path}-wal`).size;
    expect(size).toBeGreaterThan(0);
    expect(await metricOf("quorumlog.journal.wal.size")).toBe(size);
    remove(audit, "did:b");
    renameSync(path, `${path}.away`);
    await audit.flush({ timeoutMillis: 5 }).catch(() => {});
    expect(await lag()).toBeGreaterThan(0);
    renameSync(`${path}.away`, path);
    await audit.flush();
    expect(await lag()).toBe(0);
    await meterProvider.shutdown();
  });
});

describe("a process that ends with a group", () => {
  /** Logs three entries with the built package, and ends with the given statement. */
  async function run(path: string, end: string): Promise<{ code: number | null; stderr: string }> {
    const program = `
      import { rmSync } from "node:fs";
      import { GovernanceAuditLog } from "quorumlog";
      const journal = process.env.JOURNAL;
      const audit = new GovernanceAuditLog({ journal, durability: "batch", onError: () => {} });
      for (const did of ["a", "b", "c"]) audit.logNodeRemoved({ did });
      ${end}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: PROGRAMS,
      env: { ...process.env, JOURNAL: path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exit = once(child, "exit");
    const stderr = await text(child.stderr);
    const [code] = await exit;
    return { code, stderr };
  }

  test.each([
    ["at its end", "", 0],
    ["by an error", 'throw new Error("app")', 1],
    ...inLongRuns<[string, string, number]>(["by process.exit", "process.exit(3)", 3]),
  ])("%s commits it", async (_, end, code) => {
    const path = newPath();
    expect((await run(path, end)).code).toBe(code);
    expect(sequencesIn(path)).toEqual([0, 1, 2]);
  });

  /** The app's handler, added after that of quorumlog, so that it runs after it. */
  const inHandler = (statements: string): string =>
    `await audit.flush(); process.on("exit", () => { ${statements} });`;

  test.each([
    ["", 'audit.logNodeRemoved({ did: "d" }); audit.logNodeRemoved({ did: "e" });', 5],
    ...inLongRuns<[string, string, number]>([
      " of a log that recorded nothing before",
      `new GovernanceAuditLog({ journal: journal + "2", durability: "batch" })
         .logNodeRemoved({ did: "d" });`,
      1,
    ]),
  ])("and a helper in the app's own exit handler%s: committed", async (_, statements, count) => {
    const path = newPath();
    expect(await run(path, inHandler(statements))).toEqual({ code: 0, stderr: "" });
    expect(sequencesIn(count === 1 ? `${path}2` : path)).toHaveLength(count);
  });

  test("and a helper in the app's own exit handler: said, if it cannot be committed", async () => {
    const statements = 'rmSync(journal); audit.logNodeRemoved({ did: "d" });';
    const { stderr } = await run(newPath(), inHandler(statements));
    expect(stderr).toMatch(/^quorumlog: the process ends with 1 entries that .* does not have\n$/);
  });

  test("that cannot be committed prints how many entries are lost", async () => {
    const { code, stderr } = await run(newPath(), "rmSync(process.env.JOURNAL); process.exit(0)");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^quorumlog: the process ends with 3 entries that .*governance\.db does not have\n$/,
    );
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { GovernanceAuditLog, type GovernanceAuditLogOptions } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { describe, expect, vi } from "vitest";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { LokiAuditReader } from "../../src/loki/index.js";
import { LOKI, OTELCOL, pathOf } from "./programs.ts";
import { type CollectorSettings, collectorIn, lokiIn, type Running } from "./running.ts";
import { sealedOf } from "./sealed-of.ts";

const lokiPath = pathOf(LOKI);
const otelcolPath = pathOf(OTELCOL);

/** The name of each log, and of its key. */
export const NAME = "acme.example/governance";
export const { privateKeyPem, vkey } = generateKeys(NAME, "ed25519");

/** How long it may take until sent records are found. */
export const ARRIVED = { timeout: 120_000, interval: 250 };

/** Tests that need both programs. They are skipped if a program is missing. */
export const describeBackends = describe.skipIf(
  lokiPath === undefined || otelcolPath === undefined,
);

/** A new Collector in front of a new Loki, with the configurations that we ship. */
export class Backends implements AsyncDisposable {
  readonly folder: string;
  readonly loki: Running;
  readonly lokiUrl: string;
  readonly collector: Running;
  /** Where the Collector receives OTLP. */
  readonly url: string;
  /** Where the Collector shows its own metrics. */
  readonly metricsUrl: string;

  private constructor(
    folder: string,
    { loki, url: lokiUrl }: Awaited<ReturnType<typeof lokiIn>>,
    { collector, url, metricsUrl }: Awaited<ReturnType<typeof collectorIn>>,
  ) {
    this.folder = folder;
    this.loki = loki;
    this.lokiUrl = lokiUrl;
    this.collector = collector;
    this.url = url;
    this.metricsUrl = metricsUrl;
  }

  /** Starts both. */
  static async start(
    lokiEnvironment: Readonly<Record<string, string>> = {},
    settings: CollectorSettings = {},
  ): Promise<Backends> {
    const folder = mkdtempSync(join(tmpdir(), "quorumlog-e2e-"));
    const loki = await lokiIn(folder, lokiPath ?? "", lokiEnvironment);
    try {
      const collector = await collectorIn(folder, otelcolPath ?? "", loki.url, settings);
      return new Backends(folder, loki, collector);
    } catch (error) {
      await loki.loki.stop();
      throw error;
    }
  }

  /** A path for a journal. */
  journal(name: string): string {
    return join(this.folder, `${name}.db`);
  }

  /** A signed log with a journal, whose mirror goes to the Collector. */
  log(service: string, options: GovernanceAuditLogOptions = {}): GovernanceAuditLog {
    return new GovernanceAuditLog({
      journal: this.journal(service),
      durability: "batch",
      logId: NAME,
      signer: privateKeyPem,
      resource: resourceFromAttributes({ "service.name": service }),
      mirrors: [otlpMirror({ url: this.url, delayMillis: 50, backfill: true })],
      ...options,
    });
  }

  reader(service: string): LokiAuditReader {
    return new LokiAuditReader({ url: this.lokiUrl, selector: selectorOf(service) });
  }

  /** The answer of Loki to a LogQL query about the last hours. */
  async ask(kind: "query" | "query_range", query: string): Promise<unknown[]> {
    const now = Date.now();
    const times =
      kind === "query"
        ? { time: `${now}000000` }
        : { start: `${now - 21_600_000}000000`, end: `${now}000000`, step: "60" };
    const answer = await fetch(
      `${this.lokiUrl}/loki/api/v1/${kind}?${new URLSearchParams({ query, ...times })}`,
    );
    if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`);
    return ((await answer.json()) as { data: { result: unknown[] } }).data.result;
  }

  /** How many records Loki has. A record that is stored twice counts as two. */
  async count(service: string): Promise<number> {
    const query = `sum(count_over_time(${selectorOf(service)} | governance_operation!="checkpoint" [6h]))`;
    const found = (await this.ask("query", query)) as { value: [time: number, count: string] }[];
    return Number(found[0]?.value[1] ?? 0);
  }

  /** Waits until Loki has so many records. */
  async holdRecords(service: string, records: number): Promise<void> {
    await vi.waitFor(async () => expect(await this.count(service)).toBe(records), ARRIVED);
  }

  /** Waits until a reader finds so many entries. */
  async hold(service: string, entries: number): Promise<void> {
    const reader = this.reader(service);
    await vi.waitFor(async () => expect(await reader.count()).toBe(entries), ARRIVED);
  }

  /** A counter of the Collector, summed over its labels. */
  async counted(name: string): Promise<number> {
    const text = await (await fetch(this.metricsUrl)).text();
    const values = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"));
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Runs the built command `quorumlog` with the flags that name this Loki. */
  command(service: string, name: string, ...more: readonly string[]): Promise<Outcome> {
    return quorumlog(name, "--loki", this.lokiUrl, "--selector", selectorOf(service), ...more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.collector.stop();
    await this.loki.stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command `quorumlog`. */
export function quorumlog(...argv: readonly string[]): Promise<Outcome> {
  const bin = resolve(import.meta.dirname, "../../dist/quorumlog.cjs");
  return new Promise((done) => {
    const options = { maxBuffer: 2 ** 28 };
    const child = execFile(process.execPath, [bin, ...argv], options, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** All lines of a journal. */
export function journalLines(path: string): string[] {
  return sealedOf(path).map(({ line }) => line);
}

function selectorOf(service: string): string {
  return `{service_name="${service}"}`;
}

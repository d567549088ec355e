import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { withRawFile } from "../fixtures/collector-config.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The name of the auditor's file. */
const RAW_FILE = "records.jsonl";

/** How long a program may take to be ready. */
const READY_MILLIS = 60_000;

/** Ports that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** A backend that can be killed and restarted with the same configuration, ports and folder. */
export class Running implements AsyncDisposable {
  readonly #path: string;
  readonly #args: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #readyUrl: string;
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  constructor(
    path: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    readyUrl: string,
    logFile: string,
  ) {
    this.#path = path;
    this.#args = args;
    this.#environment = environment;
    this.#readyUrl = readyUrl;
    this.#logFile = logFile;
  }

  /** Starts it, and waits until it is ready. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, "a");
    const child = spawn(this.#path, this.#args, {
      cwd: ROOT,
      env: { ...process.env, ...this.#environment },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    const deadline = performance.now() + READY_MILLIS;
    while (!(await isReady(this.#readyUrl))) {
      const isLate = performance.now() > deadline;
      if (isLate) await this.stop("SIGKILL");
      if (isLate || child.exitCode !== null)
        throw new Error(
          `${this.#path} is not ready:\n${readFileSync(this.#logFile, "utf8").slice(-4000)}`,
        );
      await setTimeout(100);
    }
  }

  /** Sends it a signal, and waits for its end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A Loki with the configuration that we ship. */
export async function lokiIn(
  folder: string,
  path: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly loki: Running; readonly url: string }> {
  const [http, grpc] = await freePorts(2);
  const url = `http://127.0.0.1:${http}`;
  const data = join(folder, "loki");
  mkdirSync(data, { recursive: true });
  const loki = new Running(
    path,
    ["-config.file=deploy/loki.yaml", "-config.expand-env=true"],
    { LOKI_DATA: data, LOKI_HTTP_PORT: String(http), LOKI_GRPC_PORT: String(grpc), ...environment },
    `${url}/ready`,
    join(folder, "loki.log"),
  );
  await loki.start();
  return { loki, url };
}

/** Options of {@link collectorIn}. */
export interface CollectorSettings {
  /** The file in place of the one that we ship. */
  readonly config?: string;
  /** Where a Prometheus is or will be. The Collector then takes metrics too. */
  readonly prometheusUrl?: string;
}

/** A Collector in front of a Loki, with the configuration that we ship or another file. */
export async function collectorIn(
  folder: string,
  path: string,
  lokiUrl: string,
  { config = "collector-config.yaml", prometheusUrl }: CollectorSettings = {},
): Promise<{ readonly collector: Running; readonly url: string; readonly metricsUrl: string }> {
  const [http, grpc, health, metrics] = await freePorts(4);
  const forMetrics =
    prometheusUrl === undefined ? [] : ["--config", "deploy/collector-metrics.yaml"];
  const collector = new Running(
    path,
    ["--config", config, ...forMetrics],
    {
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${http}`,
      OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      OTELCOL_HEALTH: `127.0.0.1:${health}`,
      OTELCOL_METRICS_PORT: String(metrics),
      OTELCOL_STORAGE: join(folder, "queue"),
      OTELCOL_RAW_FILE: join(folder, RAW_FILE),
      LOKI_OTLP_ENDPOINT: `${lokiUrl}/otlp`,
      PROMETHEUS_OTLP_ENDPOINT: `${prometheusUrl}/api/v1/otlp`,
    },
    `http://127.0.0.1:${health}`,
    join(folder, "collector.log"),
  );
  await collector.start();
  return {
    collector,
    url: `http://127.0.0.1:${http}/v1/logs`,
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
  };
}

/**
 * A Prometheus with the configuration that we ship, except that it finds the Collector on this
 * machine and asks it more often.
 */
export async function prometheusIn(
  folder: string,
  path: string,
  url: string,
  collectorMetricsUrl: string,
): Promise<Running> {
  const shipped = readFileSync(join(ROOT, "deploy/prometheus.yaml"), "utf8");
  const config = join(folder, "prometheus.yaml");
  writeFileSync(
    config,
    shipped
      .replace("scrape_interval: 15s", "scrape_interval: 1s")
      .replace("collector:8888", new URL(collectorMetricsUrl).host),
  );
  const prometheus = new Running(
    path,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "prometheus")}`,
      "--web.enable-otlp-receiver",
      `--web.listen-address=${new URL(url).host}`,
    ],
    {},
    `${url}/-/ready`,
    join(folder, "prometheus.log"),
  );
  await prometheus.start();
  return prometheus;
}

/** A Collector that writes the auditor's file. */
export interface CollectorWithFile {
  readonly url: string;
  /** The requests that it wrote, each as JSON. */
  requests(): string[];
  /** Stops it, and removes its files. */
  stop(): Promise<void>;
}

/** Starts a Collector that writes the auditor's file, and has no Loki. */
export async function collectorWithFile(path: string): Promise<CollectorWithFile> {
  const folder = mkdtempSync(join(tmpdir(), "quorumlog-e2e-"));
  const config = join(folder, "collector.yaml");
  writeFileSync(config, withRawFile(readFileSync(join(ROOT, "collector-config.yaml"), "utf8")));
  const [nobody] = await freePorts(1);
  const { collector, url } = await collectorIn(folder, path, `http://127.0.0.1:${nobody}`, {
    config,
  });
  const requests = (): string[] =>
    readFileSync(join(folder, RAW_FILE), "utf8").split("\n").slice(0, -1); // whole lines only
  const stop = async (): Promise<void> => {
    await collector.stop();
    rmSync(folder, { recursive: true });
  };
  return { url, requests, stop };
}

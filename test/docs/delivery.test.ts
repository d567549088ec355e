import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { METRIC_CONVENTIONS } from "../../scripts/conventions.ts";
import { exportFailure, type FailureKind } from "../../src/delivery/export-error.js";
import * as delivery from "../../src/delivery/index.js";
import { DELIVERY_READERS } from "../../src/delivery/options.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { Backend } from "../fixtures/backend.js";
import { LONG } from "../fixtures/long-runs.js";
import { PROGRAMS } from "../fixtures/program-folder.js";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(resolve(ROOT, "docs/delivery.md"), "utf8");

/** The rows of the first table under a heading, cell by cell, without its head. */
function rowsOf(heading: string): string[][] {
  const lines = section(heading).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|---"));
  const length = lines.slice(start + 1).findIndex((line) => !line.startsWith("|"));
  return lines
    .slice(start + 1, start + 1 + length)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

function section(heading: string): string {
  const found = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  return found ?? expect.fail(`no section "${heading}"`);
}

/** The port of the discard service, where nothing listens. */
const DEAD_URL = "http://127.0.0.1:9/v1/logs";

const name = (cell = ""): string => cell.replaceAll("`", "");

describe("docs/delivery.md", () => {
  test("lists all options with their defaults", () => {
    const defaults = new Map(
      rowsOf("Options").map(([option, value]) => [name(option), name(value)]),
    );
    expect([...defaults.keys()]).toEqual(Object.keys(DELIVERY_READERS));
    const constants: Record<string, number | string> = {
      name: `"${delivery.DEFAULT_MIRROR_NAME}"`,
      maxBatchSize: delivery.DEFAULT_MAX_BATCH_SIZE,
      delayMillis: delivery.DEFAULT_DELAY_MILLIS,
      maxPending: delivery.DEFAULT_MAX_PENDING,
      exportTimeoutMillis: delivery.DEFAULT_EXPORT_TIMEOUT_MILLIS,
      shutdownTimeoutMillis: delivery.DEFAULT_SHUTDOWN_TIMEOUT_MILLIS,
      initialBackoffMillis: delivery.DEFAULT_INITIAL_BACKOFF_MILLIS,
      maxBackoffMillis: delivery.DEFAULT_MAX_BACKOFF_MILLIS,
    };
    for (const [option, value] of Object.entries(constants))
      expect(defaults.get(option)?.replaceAll(" ", ""), option).toBe(String(value));
  });

  test("lists the options of OTLP, and the variable of each", () => {
    const rows = rowsOf("Over OTLP/HTTP").map(
      ([option, end]) => [name(option), name(end)] as const,
    );
    const report = readFileSync(resolve(ROOT, "api/otlp.api.md"), "utf8");
    const [, own = ""] = /interface OtlpMirrorOptions .*?\{\n(.*?)\n\}/s.exec(report) ?? [];
    const options = Array.from(own.matchAll(/readonly (\w+)\?:/g), ([, option]) => option);
    expect(rows.map(([option]) => option).sort()).toEqual(options.sort());
    const ends = rows.map(([, end]) => end).filter((end) => end !== "");
    expect(ends).toHaveLength(8);
    for (const variable of ends.flatMap((end) => [end, `LOGS_${end}`])) {
      const field = `OTEL_EXPORTER_OTLP_${variable}`;
      vi.stubEnv(field, "x"); // wrong for each of them
      expect(() => otlpMirror()).toThrow(expect.objectContaining({ field }));
      vi.unstubAllEnvs();
    }
  });

  test("sorts statuses and gRPC codes as the delivery does", () => {
    const kinds = new Map<number, FailureKind>();
    for (const [kind, which = ""] of rowsOf("What counts as which failure")) {
      for (const [status] of which.matchAll(/\b[345]\d\d\b/g))
        kinds.set(Number(status), kind as FailureKind);
      for (const [, codes = ""] of which.matchAll(/gRPC ([\d, ]+)/g))
        for (const code of codes.match(/\d+/g) ?? []) kinds.set(Number(code), kind as FailureKind);
    }
    expect(kinds.size).toBeGreaterThan(25);
    for (const [status, kind] of kinds)
      expect(exportFailure({ code: status }).kind, `${status}`).toBe(kind);
    expect(exportFailure({ rejectedLogRecords: 1 }).kind).toBe("partial");
  });

  test("lists all metrics", () => {
    const metrics = rowsOf("Metrics").map(([metric]) => name(metric));
    expect(metrics).toEqual(METRIC_CONVENTIONS.map((convention) => convention.name));
  });
});

describe("a process that gets SIGTERM", () => {
  /** Runs this as a program that logs once, and gets SIGTERM before anything was delivered. */
  async function terminated(
    code: string,
    url: string,
  ): Promise<{ code: number | null; stderr: string }> {
    const log =
      'audit.logNodeRemoved({ did: "did:pqaid:eve" }); setInterval(() => {}, 1000); ' +
      'process.kill(process.pid, "SIGTERM");';
    return run(`${code}\n${log}`, url);
  }

  async function run(code: string, url: string): Promise<{ code: number | null; stderr: string }> {
    writeFileSync(resolve(folder, "sigterm.ts"), code);
    const child = spawn(
      process.execPath,
      ["--experimental-strip-types", "--disable-warning=ExperimentalWarning", "sigterm.ts"],
      {
        cwd: folder,
        env: { ...process.env, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: url },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const stderr = text(child.stderr);
    const [exitCode] = await once(child, "exit");
    return { code: exitCode, stderr: await stderr };
  }

  let backend: Backend;
  beforeAll(async () => {
    backend = await Backend.start();
  });
  beforeEach(() => backend.startAnew());
  afterAll(() => backend[Symbol.asyncDispose]());

  const folder = resolve(PROGRAMS, "delivery");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const recipe = /^```ts\n(.*?)^```$/ms.exec(section("A process that ends"))?.[1] ?? "";
  const withoutHandler = recipe.slice(0, recipe.indexOf("process.once"));
  const withJournal = recipe.replace("({ mirrors", '({ journal: "governance.db", mirrors');

  test("delivers what is pending, by the recipe of docs/delivery.md", async () => {
    expect(await terminated(recipe, backend.url)).toEqual({ code: 0, stderr: "" });
    expect((await backend.state()).uids).toHaveLength(1);
  });

  test.runIf(LONG)("loses it without that, and says nothing", async () => {
    expect(await terminated(withoutHandler, backend.url)).toEqual({ code: null, stderr: "" });
    expect((await backend.state()).uids).toHaveLength(0);
  });

  test("ends soon if a journal has it, says so in one line, and delivers it later", async () => {
    // the program takes the time, since its start may take long on a busy machine
    const timed = `${withJournal}
      process.once("SIGTERM", () => {
        const start = performance.now();
        process.once("exit", () => writeFileSync("seconds", String((performance.now() - start) / 1000)));
      });`;
    const { code, stderr } = await terminated(
      `import { writeFileSync } from "node:fs";\n${timed}`,
      DEAD_URL,
    );
    expect(code).toBe(0);
    const variable = (line: string): string =>
      line.replaceAll(/127\.0\.0\.1:\d+/g, "HOST").replace(/Millis":\d+/, 'Millis":N');
    expect(variable(stderr)).toBe(variable(shownLine()));
    const seconds = Number(readFileSync(resolve(folder, "seconds"), "utf8"));
    expect(seconds).toBeLessThan(15); // 2 s on an idle machine; the recipe allows 20 s
    const next = await run(`${withJournal}\nawait audit.shutdown();`, backend.url);
    expect(next).toEqual({ code: 0, stderr: "" });
    expect((await backend.state()).uids).toHaveLength(1);
  });

  test("exits with 1 if memory alone has it", async () => {
    const hasty = recipe.replace("20_000", "200");
    const { code, stderr } = await terminated(hasty, DEAD_URL);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^shutdown: otlp: 1 pending, 0 rejected; last: .*"pending":1/);
  });

  function shownLine(): string {
    const shown = /^```text\n(.*?)^```$/ms.exec(section("A process that ends"))?.[1];
    return shown ?? expect.fail("no output is shown");
  }
});

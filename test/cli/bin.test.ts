import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { childWith } from "../fixtures/child.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, rowOf } from "../fixtures/journal.js";
import { appendLong, journalOf } from "../fixtures/journals.js";
import { inLongRuns } from "../fixtures/long-runs.js";
import { newKey } from "../fixtures/signed-notes.js";

const BIN = resolve(import.meta.dirname, "../../dist/quorumlog.cjs");

const { PATH, NODE_COMPILE_CACHE } = process.env;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
function ended(program: string, ...argv: string[]): Promise<Ended> {
  const { promise, resolve: done } = Promise.withResolvers<Ended>();
  const options = {
    env: { PATH, NODE_COMPILE_CACHE, NODE: process.execPath, BIN },
    maxBuffer: 64_000_000,
  };
  const child = execFile(program, argv, options, (_error, stdout, stderr) => {
    done({ code: child.exitCode, stdout, stderr });
  });
  return promise;
}

const installed = (...argv: string[]): Promise<Ended> => ended(process.execPath, BIN, ...argv);
const shell = (line: string): Promise<Ended> =>
  ended("bash", "--norc", "-o", "pipefail", "-c", line);

describe("the installed command", () => {
  test("runs, and says by its exit code how it went", async () => {
    const path = journalOf([{}, {}]);
    expect((await installed("query", path)).stdout.split("\n")).toHaveLength(4);
    expect(await installed("query")).toMatchObject({ code: 2, stdout: "" });
    expect(await installed("stats", `${path}.missing`)).toMatchObject({ code: 3, stdout: "" });
    // writes a log, so it makes things of OpenTelemetry's classes
    expect(await installed("demo", newPath(), "--json")).toMatchObject({ code: 0, stderr: "" });
  });

  test("ends quietly when the reader of its pipe does", async () => {
    const path = newPath();
    appendLong(openJournal(path), 100);
    for (const command of [
      "query --all",
      "export --format json",
      ...inLongRuns("query --all --json", "export --format ndjson"),
    ]) {
      const [name, ...flags] = command.split(" ");
      const line = `"$NODE" "$BIN" ${name} ${path} ${flags.join(" ")} | head -1`;
      const { code, stdout, stderr } = await shell(line);
      expect({ code, stderr, lines: stdout.match(/\n/g)?.length }, command).toEqual({
        code: 0,
        stderr: "",
        lines: 1,
      });
    }
  });

  test.runIf(process.platform === "linux")(
    "tail -f ends when its reader does, though no entry comes",
    async () => {
      const path = newPath();
      appendLong(openJournal(path), 3);
      const { code, stdout, stderr } = await shell(`"$NODE" "$BIN" tail -f ${path} | head -1`);
      expect({ code, stderr, lines: stdout.match(/\n/g)?.length }).toEqual({
        code: 0,
        stderr: "",
        lines: 1,
      });
    },
  );

  test("says what is wrong when stdout is full", async () => {
    const { code, stderr } = await shell(`"$NODE" "$BIN" query ${journalOf([{}])} > /dev/full`);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("ENOSPC") });
  });
});

test("an export is verified and judged without being held in memory", async () => {
  const file = `${newPath()}.ndjson`;
  const details = { text: "x".repeat(20_480) };
  const output = openSync(file, "w");
  for (let sequence = 0; sequence < 2000; sequence++)
    writeSync(output, `${rowOf(sequence, { details }).line}\n`);
  closeSync(output);
  const { vkey } = newKey("quorumlog").verifierKey;
  const argv = ["--max-old-space-size=32", BIN, "verify", file, "--key", vkey, "--json"];
  const { code, stdout, stderr } = await ended(process.execPath, ...argv);
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringContaining("could not be verified"),
  });
  expect(JSON.parse(stdout)).toMatchObject({ entries: 2000, problems: [] });
  const checked = await ended(process.execPath, "--max-old-space-size=32", BIN, "check", file);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("after #1999") });
});

describe("the journal of a running app", () => {
  test("is read while another process writes, and resend names that", async () => {
    const path = newPath();
    const journal = openJournal(path);
    journal.outbox("otlp");
    journal.close();
    const { said } = await childWith(path, [rowOf(0), rowOf(1)]);
    expect(objectsOf((await quorumlog(["query", path, "--json"])).stdout)).toHaveLength(2);
    const stats = JSON.parse((await quorumlog(["stats", path, "--json"])).stdout);
    expect(stats).toMatchObject({ entries: 2, mirrors: { otlp: { pending: 2 } } });
    expect(
      (await quorumlog(["export", path, "--format", "ndjson"])).stdout.match(/\n/g),
    ).toHaveLength(2);
    const { code, stderr } = await quorumlog(["resend", path, "--mirror", "otlp"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`process ${said["pid"]} on `);
  });

  test("is followed until Ctrl-C", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 1);
    const child = spawn(process.execPath, [BIN, "tail", path, "-f", "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const sequences: unknown[] = [];
    for await (const line of createInterface(child.stdout)) {
      sequences.push(JSON.parse(line).sequence);
      if (sequences.length < 4) append(journal, 1);
      else child.kill("SIGINT");
    }
    if (child.exitCode === null) await once(child, "exit");
    expect({ sequences, code: child.exitCode }).toEqual({ sequences: [0, 1, 2, 3], code: 130 });
  });

  test("leaves nothing beside an export that a signal ends", async () => {
    const path = newPath();
    appendLong(openJournal(path), 500);
    const out = `${path}.json`;
    const drafts = (): string[] =>
      readdirSync(dirname(path)).filter((name) => name.includes(".json"));
    let code: unknown = 0;
    while (code === 0) {
      // again, if the export was done before the signal came
      rmSync(out, { force: true });
      const argv = [BIN, "export", path, "--format", "json", "--out", out];
      const child = spawn(process.execPath, argv);
      const exit = once(child, "exit");
      while (drafts().length === 0 && child.exitCode === null) await new Promise(setImmediate);
      child.kill("SIGTERM");
      [code] = await exit;
    }
    expect({ code, drafts: drafts() }).toEqual({ code: 143, drafts: [] });
  });
});

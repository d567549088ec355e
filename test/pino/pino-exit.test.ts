import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { cleanUp } from "../fixtures/cleanup.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { inLongRuns, LONG } from "../fixtures/long-runs.js";
import { recipeBlock, startProgram } from "../fixtures/program.js";
import { until } from "../fixtures/until.js";

afterEach(cleanUp);

const LOG_2000 = `for (let i = 0; i < 2000; i++) audit.logNodeRemoved({ did: "did:" + i });`;

/** A program with a log and a pino mirror over a destination. */
const program = (destination: string, rest: string): string => `
  import { once } from "node:events";
  import { GovernanceAuditLog } from "quorumlog";
  import { pinoMirror } from "quorumlog/pino";
  import pino from "pino";
  const destination = ${destination};
  const logger = pino({}, destination);
  const audit = new GovernanceAuditLog({
    mirrors: [pinoMirror(logger)],
    onError: (error) => console.error(error.message),
  });
  ${rest}
`;

const FILE = `pino.destination({ dest: "app.log" })`;
const BUFFERED = `pino.destination({ dest: "app.log", minLength: 4096 })`;
const WORKER = `pino.transport({ target: "pino/file", options: { destination: "app.log" } })`;
const WORKERS = `pino.transport({
  targets: [
    { target: "pino/file", options: { destination: "app.log" } },
    { target: "pino/file", options: { destination: "errors.log" }, level: "error" },
  ],
})`;

/** A transport whose stream never takes a line. */
const stuckTransport = (): string => {
  const file = join(temporaryFolder(), "stuck.mjs");
  writeFileSync(
    file,
    `import { Writable } from "node:stream";
     setInterval(() => {}, 1000);
     export default () => new Writable({ highWaterMark: 1, write() {} });`,
  );
  return `pino.transport({ target: ${JSON.stringify(file)} })`;
};

const CLEAN = { code: 0, signal: null, stdout: "", stderr: "" };

/** The numbers of the nodes in the lines of a program. */
const nodesIn = (lines: readonly string[]): number[] =>
  lines.map((line) => Number(JSON.parse(line).governance.actorDid.slice("did:".length)));

const ALL = Array.from({ length: 2000 }, (_, node) => node);

describe("every line reaches the file", () => {
  test.each([
    ["a worker", WORKER],
    ...inLongRuns(
      ["a file", FILE],
      ["a buffered file", BUFFERED],
      ["a worker with several targets", WORKERS],
    ),
  ])("of %s when the process has nothing else to do", async (_, destination) => {
    const { ended, lines } = startProgram(program(destination, LOG_2000));
    expect(await ended()).toEqual(CLEAN);
    expect(nodesIn(lines("app.log"))).toEqual(ALL);
  });

  test.each([
    ["a buffered file", BUFFERED],
    ...inLongRuns(
      ["a file", FILE],
      ["a worker", WORKER],
      ["a worker with several targets", WORKERS],
    ),
  ])("of %s when the app exits after its shutdown", async (_, destination) => {
    const rest = `${LOG_2000} await audit.shutdown(); process.exit();`;
    const { ended, lines } = startProgram(program(destination, rest));
    expect(await ended()).toEqual(CLEAN);
    expect(nodesIn(lines("app.log"))).toEqual(ALL);
  });

  test.each([["a worker", WORKER], ...inLongRuns(["a file", FILE], ["a buffered file", BUFFERED])])(
    "of %s when the app crashes, once the destination is ready",
    async (_, destination) => {
      const rest = `await once(destination, "ready"); ${LOG_2000} throw new Error("the app crashes");`;
      const { ended, lines } = startProgram(program(destination, rest));
      const { code, stderr } = await ended();
      expect(code).toBe(1);
      expect(stderr).toContain("the app crashes");
      expect(nodesIn(lines("app.log")).sort((a, b) => a - b)).toEqual(ALL);
    },
  );

  test.runIf(LONG)(
    "of a worker when more is written at once than its shared memory holds",
    async () => {
      const rest = `
      const details = { filler: "x".repeat(5000) };
      for (let i = 0; i < 1000; i++)
        audit.log({ operation: "policy_updated", actorDid: "did:" + i, details });
      await audit.flush();
      process.kill(process.pid, "SIGKILL");
    `;
      const { ended, lines } = startProgram(program(WORKER, rest));
      expect(await ended()).toMatchObject({ signal: "SIGKILL", stderr: "" });
      expect(nodesIn(lines("app.log"))).toEqual(ALL.slice(0, 1000));
    },
  );

  test("as docs/recipes/pino.md shows, when a process with a worker gets SIGTERM", async () => {
    const { ended, lines } = startProgram(
      `
      ${recipeBlock("pino.md", "SIGTERM")}
      ${LOG_2000}
      setInterval(() => {}, 1000);
      process.kill(process.pid, "SIGTERM");
    `,
      "mts",
    );
    expect(await ended()).toEqual(CLEAN);
    expect(nodesIn(lines("app.log"))).toEqual(ALL);
  });
});

describe("a process goes on", () => {
  test("when the reader of its standard output is gone, and learns of each lost record", async () => {
    const rest = `
      process.once("SIGUSR2", async () => {
        audit.logNodeRemoved({ did: "did:second" });
        await audit.flush().catch((error) => console.error("flush:", error.cause.message));
        audit.logNodeRemoved({ did: "did:third" });
        console.error(audit.length, "entries");
        process.exit(0);
      });
      setInterval(() => {}, 1000);
      audit.logNodeRemoved({ did: "did:first" }); // the signal comes as soon as this is read
    `;
    const { child, ended } = startProgram(program("pino.destination({ fd: 1 })", rest));
    await once(child.stdout, "data");
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.kill("SIGUSR2");
    const { code, stderr } = await ended();
    expect(stderr).toMatch(/^pino: .*EPIPE/);
    expect(stderr).toMatch(/\nflush: pino: the destination .*\n/);
    expect(stderr).toContain('the destination is closed; "node_removed did:third" was not written');
    expect(stderr).toContain("3 entries\n");
    expect(code).toBe(0);
  });

  test("when the worker of a transport dies, and learns of each lost record", async () => {
    const rest = `
      await once(destination, "ready");
      audit.logNodeRemoved({ did: "did:first" });
      await audit.flush();
      destination.worker.terminate();
      await new Promise((resolve) => destination.once("close", resolve));
      audit.logNodeRemoved({ did: "did:second" });
      logger.info("the app's own");
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      console.error(audit.length, "entries");
    `;
    const { ended, lines } = startProgram(program(WORKER, rest));
    const { code, stderr } = await ended();
    expect(stderr).toContain("pino: the worker thread exited\n");
    expect(stderr).toContain(
      'the destination is closed; "node_removed did:second" was not written',
    );
    expect(stderr).toContain("2 entries\n");
    expect(code).toBe(0);
    expect(lines("app.log")).toHaveLength(1);
  });

  test.runIf(LONG)(
    "when the worker of a transport never takes a line, and a flush keeps its deadline",
    async () => {
      const rest = `
      await once(destination, "ready");
      ${LOG_2000}
      await audit.flush({ timeoutMillis: 50 }).catch((error) => console.log(error.cause.message));
      ${LOG_2000}
      await audit.shutdown({ timeoutMillis: 50 }).catch((error) => console.log(error.cause.message));
      console.log(audit.length, "entries");
      process.kill(process.pid, "SIGKILL");
    `;
      const { ended } = startProgram(program(stuckTransport(), rest));
      const { stdout, stderr } = await ended();
      expect(stderr).toBe("");
      const late = "pino: the destination was not done in time\n";
      expect(stdout).toBe(`${late}${late}4000 entries\n`);
    },
  );

  test("while nobody reads its standard output, and writes all when somebody does", async () => {
    const rest = `
      ${LOG_2000} ${LOG_2000}
      await audit.flush({ timeoutMillis: 50 }).catch((error) => console.error(error.cause.message));
      console.error("goes on");
      await audit.shutdown();
      process.exit();
    `;
    const { stderr, ended } = startProgram(program("pino.destination({ fd: 1 })", rest));
    await until(() => stderr().endsWith("goes on\n"));
    const outcome = await ended();
    expect(outcome).toMatchObject({
      code: 0,
      stderr: "pino: the destination was not done in time\ngoes on\n",
    });
    expect(nodesIn(outcome.stdout.trimEnd().split("\n"))).toEqual([...ALL, ...ALL]);
  });
});

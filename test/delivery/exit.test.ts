import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Backend } from "../fixtures/backend.js";
import { PROGRAMS } from "../fixtures/program-folder.js";

/** Runs a program that uses the built package, and waits for its end. */
async function run(program: string, url: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: PROGRAMS,
    env: { ...process.env, URL_OF_BACKEND: url },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { stderr: await text(child.stderr), code: await exited };
}

const LOG_THREE = `
  import { GovernanceAuditLog } from "quorumlog";
  import { otlpMirror } from "quorumlog/otlp";
  const mirror = otlpMirror({ url: process.env.URL_OF_BACKEND });
  const audit = new GovernanceAuditLog({ mirrors: [mirror] });
  for (const did of ["a", "b", "c"]) audit.logNodeRemoved({ did });
`;

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
beforeEach(() => backend.startAnew());
afterAll(() => backend[Symbol.asyncDispose]());

describe("a process that ends with pending records", () => {
  test("delivers them when it has nothing else to do", async () => {
    expect(await run(LOG_THREE, backend.url)).toEqual({ code: 0, stderr: "" });
    expect((await backend.state()).uids).toHaveLength(3);
  });

  test("says how many are lost at process.exit", async () => {
    const { code, stderr } = await run(`${LOG_THREE} process.exit(0);`, backend.url);
    expect(code).toBe(0);
    expect(stderr).toBe("quorumlog: the process ends with 3 undelivered record(s) of otlp\n");
    expect((await backend.state()).uids).toHaveLength(0);
  });

  test("ends when its shutdown has, though a backend hangs", async () => {
    await backend.play({ play: "hang" });
    const shutDown = `
      const started = performance.now();
      await audit.shutdown({ timeoutMillis: 200 }).catch((error) => {
        console.error(error.message, JSON.stringify(error.ledger));
      });
      process.on("exit", () => console.error("after", Math.round(performance.now() - started)));
    `;
    const { code, stderr } = await run(`${LOG_THREE} ${shutDown}`, backend.url);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^shutdown: otlp: 3 pending, 0 rejected; last: no answer .*"pending":3/);
    // an attempt lasts 10 s, and a round of the exit guard 5 s
    expect(Number(/^after (\d+)$/m.exec(stderr)?.[1])).toBeLessThan(4000);
  });

  test("says too what the app's own exit handler records", async () => {
    const late = 'process.on("exit", () => audit.logNodeRemoved({ did: "d" }));';
    const { stderr } = await run(`${LOG_THREE} await audit.flush(); ${late}`, backend.url);
    expect(stderr).toBe("quorumlog: the process ends with 1 undelivered record(s) of otlp\n");
  });

  test("is not kept alive for ever by a backend that is down, and says so", async () => {
    await backend.play({ play: "status", status: 503 });
    const { code, stderr } = await run(LOG_THREE, backend.url);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ends with 3 undelivered record\(s\) of otlp\n$/);
  });
});

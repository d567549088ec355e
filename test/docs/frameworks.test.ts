import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Journal } from "quorumlog/journal";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Backend } from "../fixtures/backend.js";
import { LONG } from "../fixtures/long-runs.js";
import { programFolder } from "../fixtures/program-folder.js";

const ROOT = resolve(import.meta.dirname, "../..");
const FLAGS = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
const VOTE = {
  voteId: "v1",
  proposalId: "urn:pqc-gov-prop:7f3a",
  voterDid: "did:pqaid:bob",
  decision: "approve",
} as const;
const SIGNED = { vote: VOTE };

/** The modules of a page, each with the blocks that continue it. `under` is a heading. */
function modulesOf(page: string, under = ""): string[] {
  const markdown = readFileSync(resolve(ROOT, "docs/recipes", page), "utf8");
  const modules: string[] = [];
  for (const [, more, code = ""] of markdown
    .slice(markdown.indexOf(under))
    .matchAll(/^```ts( continue)?\n(.*?)^```$/gms))
    if (more === undefined) modules.push(code);
    else modules.push((modules.pop() ?? "") + code);
  return modules;
}

/** The request body that a page shows. */
function bodyOf(page: string): string {
  const markdown = readFileSync(resolve(ROOT, "docs/recipes", page), "utf8");
  return /^```json\n(.*?)^```$/ms.exec(markdown)?.[1] ?? expect.fail(`${page} shows no body`);
}

interface Running {
  readonly child: ChildProcess;
  readonly stderr: Promise<string>;
  /** The next line that the program says. */
  readonly line: () => Promise<string>;
}

function started(cwd: string, program: string, env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [...FLAGS, program], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    stderr: text(child.stderr),
    line: async () => String((await lines.next()).value),
  };
}

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
beforeEach(() => backend.startAnew());
afterAll(() => backend[Symbol.asyncDispose]());

const endpoint = (url: string) => ({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: url });

/** Posts a vote to the app. */
async function posted(origin: string, vote: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${origin}/votes`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(vote),
  });
  return { status: response.status, body: await response.json() };
}

test("docs/recipes/fastify.md records, refuses, and closes the log at SIGTERM", async () => {
  const cwd = programFolder();
  writeFileSync(join(cwd, "app.ts"), modulesOf("fastify.md").join());
  const app = started(cwd, "app.ts", { ...endpoint(backend.url), PORT: "0" });
  // its log says where it listens
  let said = "";
  let origin: string | undefined;
  while (origin === undefined) {
    const line = await app.line();
    if (line === "undefined") expect.fail(`the app has ended: ${await app.stderr}`);
    said += line;
    [, origin] = /listening at (http:\/\/[^"]+)/.exec(line) ?? [];
  }
  expect(await posted(origin, SIGNED)).toEqual({
    status: 201,
    body: { sequence: 0, leafHash: expect.stringMatching(/^[\da-f]{64}$/) },
  });
  expect(await posted(origin, { vote: { ...VOTE, voterDid: "" } })).toEqual({
    status: 400,
    body: { field: "vote.voterDid", message: expect.stringContaining("voterDid") },
  });
  app.child.kill("SIGTERM");
  expect(await once(app.child, "exit")).toEqual([0, null]);
  for (let line = await app.line(); line !== "undefined"; line = await app.line()) said += line;
  expect((await backend.state()).uids).toHaveLength(1);
  expect({ stderr: await app.stderr, errors: /"level":50/.exec(said) }).toEqual({
    stderr: "",
    errors: null,
  });
});

describe.each([
  {
    page: "aws-lambda.md",
    under: "",
    call: `
      const { statusCode, body } = await handler({ body: process.env["VOTE"] ?? "" });
      console.log(statusCode, body);`,
  },
  {
    page: "web-apps.md",
    under: "## Next.js",
    call: `
      const request = new Request("http://a", { method: "POST", body: process.env["VOTE"] ?? "" });
      const response = await POST(request);
      console.log(response.status, await response.text());`,
  },
])("the function in docs/recipes/$page", ({ page, under, call }) => {
  test("answers that the vote is recorded when the backend is down, and sends it later", async () => {
    await backend.play({ play: "status", status: 503 });
    const cwd = programFolder();
    const modules = modulesOf(page, under);
    const code = [...new Set([modules[0], modules.at(-1)])]
      .join("\n")
      .replace('import { audit } from "@/lib/audit";\n', "");
    // a message between the two calls, so that the backend can be up again
    const program = `let isUp = false;
      ${code.replace("timeoutMillis: 2000", "timeoutMillis: isUp ? 60_000 : 300")}
      const call = async () => {${call}
      };
      await call();
      isUp = true;
      process.stdin.once("data", () => void call().then(() => process.exit()));`;
    writeFileSync(join(cwd, "function.ts"), program);
    const child = spawn(process.execPath, [...FLAGS, "function.ts"], {
      cwd,
      env: { ...process.env, ...endpoint(backend.url), VOTE: bodyOf(page) },
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const stderr = text(child.stderr);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('201 {"sequence":0,"delivered":false}');
    await backend.play({ play: "healthy" });
    child.stdin.write("again\n");
    expect((await lines.next()).value).toBe('201 {"sequence":1,"delivered":true}');
    expect(await stderr).toMatch(/^flush: otlp: 1 pending, 0 rejected.* {"accepted":1.*}\n$/);
    expect(new Set((await backend.state()).uids).size).toBe(2); // one may arrive twice
  });
});

describe("docs/recipes/worker-threads.md", () => {
  test("records what a worker sends, and tells it what was refused", async () => {
    const cwd = programFolder();
    const [main = "", worker = ""] = modulesOf("worker-threads.md");
    writeFileSync(join(cwd, "main.ts"), main);
    const calls = `
      const vote = ${JSON.stringify(VOTE)} as const;
      const refused = logVoteCast({ vote: { ...vote, voterDid: "" } }).catch((error) => error);
      console.log(await logVoteCast({ vote }), await logVoteCast({ vote: { ...vote, voteId: "v2" } }));
      const error = await refused;
      console.log(error instanceof AuditError, error.code, error.field);
      parentPort?.close();`;
    writeFileSync(join(cwd, "worker.ts"), worker + calls);
    const app = started(cwd, "main.ts", {});
    expect([await app.line(), await app.line()]).toEqual([
      "0 1",
      "true invalid_entry vote.voterDid",
    ]);
    expect(await once(app.child, "exit")).toEqual([0, null]);
    expect(await app.stderr).toBe("");
    const journal = Journal.open(join(cwd, "governance.db"), { readOnly: true });
    expect(journal.entries().map(({ details }) => details["vote_id"])).toEqual(["v2", "v1"]);
    journal.close();
  });

  test.runIf(LONG)("is right: a second thread that opens the journal is refused", async () => {
    const cwd = programFolder();
    const program = `
      import { isMainThread, Worker } from "node:worker_threads";
      import { GovernanceAuditLog } from "quorumlog";
      const code = () => {
        try { new GovernanceAuditLog({ journal: "governance.db" }); return "opened"; }
        catch (error) { return (error as { code: string }).code; }
      };
      console.log(code());
      if (isMainThread) await new Promise((end) => new Worker(new URL(import.meta.url)).once("exit", end));`;
    writeFileSync(join(cwd, "main.ts"), program);
    const app = started(cwd, "main.ts", {});
    expect([await app.line(), await app.line()]).toEqual(["opened", "journal_failed"]);
  });
});

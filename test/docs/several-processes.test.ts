import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Journal } from "quorumlog/journal";
import { verify } from "quorumlog/verify";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { inLongRuns, LONG } from "../fixtures/long-runs.js";
import { PROGRAMS } from "../fixtures/program-folder.js";
import { until } from "../fixtures/until.js";

const ROOT = resolve(import.meta.dirname, "../..");
const FLAGS = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
const PAGE = readFileSync(resolve(ROOT, "docs/recipes/several-processes.md"), "utf8");
const [AUDIT = "", CLUSTER = ""] = Array.from(
  PAGE.matchAll(/^```ts\n(.*?)^```$/gms),
  ([, code = ""]) => code,
);
/** The command that makes keys and folders. */
const PREPARE = /^```sh\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? "";

/** How docs/delivery.md closes a log at SIGTERM. */
const [CLOSE = ""] =
  /^process\.once\("SIGTERM".*?^\}\);$/ms.exec(
    readFileSync(resolve(ROOT, "docs/delivery.md"), "utf8"),
  ) ?? [];

/** Logs an entry, and says its sequence. Closes the log at SIGTERM. */
const APP = `
import type { DeliveryError } from "quorumlog";
import { audit } from "./audit.ts";
${CLOSE}
const { sequence } = audit.logNodeRemoved({ did: "did:pqaid:eve" });
console.log(JSON.stringify({ logId: audit.logId, sequence, pid: process.pid }));
if (process.env.ENDS) process.kill(process.pid, "SIGTERM");
else setInterval(() => {}, 1000);
`;

interface Said {
  readonly logId: string;
  readonly sequence: number;
  readonly pid: number;
}

/** The page's commands ran in it. */
let origin = "";
beforeAll(() => {
  mkdirSync(PROGRAMS, { recursive: true });
  origin = mkdtempSync(join(PROGRAMS, "several-"));
  const command = PREPARE.replace(
    "npx quorumlog",
    `"${process.execPath}" ${ROOT}/dist/quorumlog.cjs`,
  );
  execFileSync("sh", ["-c", command], { cwd: origin, stdio: "pipe" });
});
afterAll(() => rmSync(origin, { recursive: true }));

/** A folder in which the page's commands ran. Programs in it find the package by its name. */
function prepared(): string {
  const folder = mkdtempSync(join(PROGRAMS, "several-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(origin, folder, { recursive: true });
  writeFileSync(join(folder, "audit.ts"), AUDIT);
  writeFileSync(join(folder, "app.ts"), APP);
  return folder;
}

function started(folder: string, program: string, env: Readonly<Record<string, string>>) {
  const { NODE_APP_INSTANCE: _, POD_NAME: __, AUDIT_INSTANCE: ___, ...own } = process.env;
  const child = spawn(process.execPath, [...FLAGS, program], {
    cwd: folder,
    // nothing listens there: what is pending stays in the journals
    env: { ...own, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://127.0.0.1:9/v1/logs", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** The lines that programs say, as they come. */
async function* linesOf({ stdout }: ChildProcess): AsyncGenerator<Said, void, undefined> {
  for await (const line of createInterface(stdout as NodeJS.ReadableStream)) yield JSON.parse(line);
}

function hasEnded(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

async function next(lines: AsyncGenerator<Said>): Promise<Said> {
  return (await lines.next()).value ?? expect.fail("the program said no more");
}

/** Checks the journal of an instance with its own key, and returns how many entries it has. */
async function verified(folder: string, instance: string): Promise<number> {
  const base = `acme.example-governance-${instance}.ed25519.vkey`;
  const vkey = readFileSync(join(folder, "keys", base), "utf8").trim();
  const path = join(folder, `data/governance-${instance}.db`);
  using journal = Object.assign(Journal.open(path, { readOnly: true }), {
    [Symbol.dispose]() {
      journal.close();
    },
  });
  const { verified: ok, problems } = await verify(journal.evidence(), { keys: [vkey] });
  expect({ ok, problems }).toEqual({ ok: true, problems: [] });
  expect(journal.logId).toBe(`acme.example/governance/${instance}`);
  return journal.length;
}

describe("docs/recipes/several-processes.md", () => {
  test("gives each worker of a cluster a log that verifies, and starts one again after a crash alone", async () => {
    const folder = prepared();
    writeFileSync(join(folder, "cluster.ts"), CLUSTER);
    const primary = started(folder, "cluster.ts", {});
    const errors = text(primary.stderr as NodeJS.ReadableStream);
    const lines = linesOf(primary);
    const [one, two] = [await next(lines), await next(lines)];
    expect([one.logId, two.logId].sort()).toEqual([
      "acme.example/governance/0",
      "acme.example/governance/1",
    ]);
    process.kill(two.pid, "SIGTERM");
    await until(() => hasEnded(two.pid));
    process.kill(one.pid, "SIGKILL");
    // a second later, as the other would be
    expect(await next(lines)).toMatchObject({ logId: one.logId, sequence: 1 });
    const exit = once(primary, "exit");
    primary.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect((await lines.next()).done).toBe(true);
    // nobody listens: each worker warns of that, and says that its entries are safe
    const warning = /^\(node:\d+\) .*ECONNREFUSED.*records are kept\n\(Use .*\n/gm;
    const safe = /^shutdown: otlp: .* safe in the journal for the next start, .*\n/gm;
    const said = (await errors).replaceAll(warning, "");
    expect(said.match(safe)).toHaveLength(2);
    expect(said.replaceAll(safe, "")).toBe("");
    const counts = await Promise.all(["0", "1"].map((instance) => verified(folder, instance)));
    expect(counts.sort()).toEqual([1, 2]);
  });

  test.each(inLongRuns("NODE_APP_INSTANCE", "POD_NAME"))(
    "takes the name from %s too",
    async (variable) => {
      const folder = prepared();
      const child = started(folder, "app.ts", { [variable]: "1", ENDS: "1" });
      expect(await next(linesOf(child))).toMatchObject({ logId: "acme.example/governance/1" });
      await once(child, "exit");
      expect(await verified(folder, "1")).toBe(1);
    },
  );

  test.runIf(LONG)("starts no process without a name", async () => {
    const folder = prepared();
    const child = started(folder, "app.ts", { ENDS: "1" });
    expect(await text(child.stderr as NodeJS.ReadableStream)).toContain("name this process");
  });

  test("is needed: one name for all is refused", async () => {
    const folder = prepared();
    // the journal keeps its own file
    const wrong = AUDIT.replace(/(logId: `.*\/).*`/, "$10`").replace(/-[^-]*(\.ed25519)/, "-0$1");
    expect(wrong).not.toBe(AUDIT);
    writeFileSync(join(folder, "audit.ts"), wrong);
    const first = started(folder, "app.ts", { AUDIT_INSTANCE: "0" });
    await next(linesOf(first));
    const second = started(folder, "app.ts", { AUDIT_INSTANCE: "1" });
    const said = await text(second.stderr as NodeJS.ReadableStream);
    expect(said).toContain("give each process its own log id, key and journal");
  });
});

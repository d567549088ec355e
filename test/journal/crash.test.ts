import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { Backend } from "../fixtures/backend.js";
import { PROGRAMS } from "../fixtures/program-folder.js";

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend[Symbol.asyncDispose]());

/** `npm run test:crash` sets more. */
const CRASHES = Number(process.env["CRASHES"] ?? 3);

/**
 * Starts the program, kills it after so many entries were said and a random moment more, and
 * returns what it said.
 */
async function crash(
  environment: { readonly JOURNAL: string; readonly BACKEND: string; readonly DURABILITY: string },
  entries: number,
): Promise<number[]> {
  const child = spawn(process.execPath, [join(PROGRAMS, "crash-program.js")], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const exited = once(child, "exit");
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.split("\n").length <= entries || child.killed) continue;
    setTimeout(() => child.kill("SIGKILL"), Math.random() * 20);
    entries = Number.POSITIVE_INFINITY;
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return said.split("\n").slice(0, -1).map(Number); // the last line may have been cut in two
}

test.each([
  ["commit", CRASHES],
  ["batch", Math.ceil(CRASHES / 8)],
])(
  "durability %s, %i crashes: every acknowledged entry is there, and reaches the backend",
  async (durability, crashes) => {
    const folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
    const file = join(folder, "governance.db");
    await backend.startAnew();
    try {
      const acknowledged: number[] = [];
      const environment = { JOURNAL: file, BACKEND: backend.url, DURABILITY: durability };
      for (let round = 0; round < crashes; round++)
        acknowledged.push(...(await crash(environment, Math.floor(Math.random() * 60))));
      expect(acknowledged.length).toBeGreaterThan(crashes);
      expect(
        acknowledged.filter((sequence, index) => acknowledged.indexOf(sequence) !== index),
      ).toEqual([]);

      const mirror = otlpMirror({ url: backend.url, backfill: true });
      const audit = new GovernanceAuditLog({ journal: file, mirrors: [mirror] });
      await audit.shutdown();
      const journal = Journal.open(file, { readOnly: true });
      const sequences = [...journal.lines()].map((line) => JSON.parse(line).seq);
      expect(sequences).toEqual(sequences.map((_, index) => index));
      for (const sequence of acknowledged) expect(sequence).toBeLessThan(sequences.length);
      const kept = new Set((await backend.state()).uids);
      const ids = [...journal.lines()].map((line) => JSON.parse(line).id);
      expect(ids.filter((id) => !kept.has(id))).toEqual([]);
      journal.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  CRASHES * 20_000, // only a program that hangs takes this long
);
